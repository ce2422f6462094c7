/** Real-time authorization at the Sender interface (docs/requirements.md: Sender): what a CPO that asks about one of our Tokens hears. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Token } from '../../lib/ocpi/token.ts';
import type { TokenSettings } from '../../lib/tokens/settings.ts';
import { accessToken, fullToken, ownToken, peer } from '../support/builders.ts';
import { describeStorages } from '../support/every-storage.ts';
import { invalid, optionalBody, type Platform, partner, startPlatform, tokenBody, us } from '../support/http.ts';
import { cpoOf, success } from '../support/sender.ts';

await describeStorages((_storage, openStorage, versions) => {
  describe('authorize', () => {
    let platform: Platform;
    let cards = 0;
    const hour = 3_600_000;
    const fromNow = (ms: number) => new Date(Date.now() + ms).toISOString();

    beforeAll(async () => {
      platform = await startPlatform(await openStorage());
    });
    afterAll(async () => {
      expect(platform.logged.join('')).not.toMatch(/DRIVER|cpo-token/);
      await platform.stop();
    });

    /** @returns the uid of a new Token of ours */
    async function card(settings: TokenSettings = {}, overrides: Partial<Token> = {}): Promise<string> {
      cards += 1;
      const { uid = `DRIVER${cards}` } = overrides;
      await platform.addRestricted(ownToken(us, { ...overrides, uid }), settings);
      return uid;
    }

    describe.each(versions)('%s', (version) => {
      const authorize = (uid: string, body?: unknown, query = '', headers = {}) =>
        cpoOf(platform, version)('POST', `/${encodeURIComponent(uid)}/authorize${query}`, body, headers);
      const unknown = { http: 404, envelope: { status_code: version === '2.1.1' ? 2000 : 2004 } };

      test('ALLOWED, with the complete Token and a reference (AUTH-01, AUTH-05, AUTH-12, AUTH-13, AUTH-15, AUTH-17)', async () => {
        const last_updated = '2026-01-31T12:00:00.000Z';
        cards += 1;
        const uid = `DRIVER${cards}`;
        await platform.addTokens(fullToken({ ...us, uid, last_updated }));
        const answer = await authorize(uid);
        expect(answer).toMatchObject(success);
        expect(answer.envelope.data).toStrictEqual(
          version === '2.1.1'
            ? { allowed: 'ALLOWED' }
            : {
                allowed: 'ALLOWED',
                token: tokenBody(version, { ...us, ...optionalBody(version), uid }),
                authorization_reference: expect.stringMatching(/^[\x21-\x7e]{1,36}$/),
              },
        );
      });

      test.each([
        ['BLOCKED', { blocked: true }, {}],
        ['BLOCKED', {}, { valid: false }],
        ['EXPIRED', { expiresAt: fromNow(-hour) }, {}],
        ['NO_CREDIT', { hasNoCredit: true }, {}],
        ['NOT_ALLOWED', { allowedLocations: [{ location_id: 'ELSEWHERE' }] }, {}],
        ['ALLOWED', { expiresAt: fromNow(hour) }, {}],
        ['ALLOWED', {}, { whitelist: 'NEVER' }],
      ] as [string, TokenSettings, Partial<Token>][])(
        '%s for %j %j is 1000 with the Token (AUTH-12, AUTH-13, AUTH-14)',
        async (allowed, settings, overrides) => {
          const uid = await card(settings, overrides);
          const answer = await authorize(uid, { location_id: 'LOC1' });
          expect(answer).toMatchObject({ ...success, envelope: { status_code: 1000, data: { allowed } } });
          const data = answer.envelope.data as Record<string, unknown>;
          if (version === '2.1.1') expect(data).not.toHaveProperty('token');
          else
            expect(data.token).toMatchObject(
              tokenBody(version, { ...us, uid, ...overrides, last_updated: expect.any(String) }),
            );
          expect(data.location).toEqual(allowed === 'ALLOWED' ? { location_id: 'LOC1' } : undefined);
          expect('authorization_reference' in data).toBe(allowed === 'ALLOWED' && version !== '2.1.1');
        },
      );

      test('an unknown Token is 404 without data (AUTH-10, AUTH-11, ENV-04)', async () => {
        for (const body of [undefined, { location_id: 'LOC1' }]) {
          const answer = await authorize('DRIVER-NOT', body);
          expect(answer).toMatchObject(unknown);
          expect(answer.envelope).not.toHaveProperty('data');
        }
      });

      test.each<[string, TokenSettings]>([
        ['where the location decides', { needsLocation: true }],
        ['where only some are allowed', { allowedLocations: [{ location_id: 'LOC1' }] }],
      ])('without a location, %s, is 2002; with it there is an answer (AUTH-09)', async (_what, settings) => {
        const uid = await card(settings);
        for (const body of [undefined, '', ' \n']) {
          const answer = await authorize(uid, body);
          expect(answer).toMatchObject({ http: 200, envelope: { status_code: 2002 } });
          expect(answer.envelope).not.toHaveProperty('data');
        }
        expect(await authorize(uid, { location_id: 'LOC1' })).toMatchObject({
          envelope: { data: { allowed: 'ALLOWED' } },
        });
      });

      test('a location that we do not know is no reason to refuse (AUTH-08)', async () => {
        const location = { location_id: 'NOBODY-KNOWS', evse_uids: ['E1'] };
        expect(await authorize(await card(), location)).toMatchObject({
          envelope: { data: { allowed: 'ALLOWED', location } },
        });
      });

      const some = [{ location_id: 'LOC1', evse_uids: ['E1', 'E2'] }];
      test.each([
        [
          'those that are permitted',
          some,
          { location_id: 'LOC1', evse_uids: ['E1', 'E3'] },
          { location_id: 'LOC1', evse_uids: ['E1'] },
        ],
        ['none of those', some, { location_id: 'LOC1', evse_uids: ['E3'] }, undefined],
        [
          'none means the whole location',
          some,
          { location_id: 'LOC1' },
          { location_id: 'LOC1', evse_uids: ['E1', 'E2'] },
        ],
        [
          'an empty list too',
          some,
          { location_id: 'LOC1', evse_uids: [] },
          { location_id: 'LOC1', evse_uids: ['E1', 'E2'] },
        ],
        ['null too', some, { location_id: 'LOC1', evse_uids: null }, { location_id: 'LOC1', evse_uids: ['E1', 'E2'] }],
        [
          'compared without case, returned as sent',
          some,
          { location_id: 'loc1', evse_uids: ['e1'] },
          { location_id: 'loc1', evse_uids: ['e1'] },
        ],
        [
          'all of a location',
          [{ location_id: 'LOC1' }],
          { location_id: 'LOC1', evse_uids: ['E9'] },
          { location_id: 'LOC1', evse_uids: ['E9'] },
        ],
        ['another location', some, { location_id: 'LOC2', evse_uids: ['E1'] }, undefined],
      ])('EVSEs: %s (AUTH-06, AUTH-14, TRN-24, DT-02)', async (_what, allowedLocations, asked, location) => {
        const answer = await authorize(await card({ allowedLocations }), asked);
        const data = answer.envelope.data as Record<string, unknown>;
        expect(data.allowed).toBe(location ? 'ALLOWED' : 'NOT_ALLOWED');
        expect(data.location).toEqual(location);
      });

      test('connectors are 2.1.1’s alone (AUTH-06, TRN-26)', async () => {
        const asked = { location_id: 'LOC1', evse_uids: ['E1'], connector_ids: ['1', '2'], nltnm_floor: 3 };
        const { connector_ids, nltnm_floor: _, ...rest } = asked;
        const { envelope } = await authorize(await card(), asked);
        expect((envelope.data as Record<string, unknown>).location).toEqual(
          version === '2.1.1' ? { ...rest, connector_ids } : rest,
        );
      });

      test('?type= or ?token_type= says which Token, and RFID is the default (AUTH-02, AUTH-03, AUTH-04, TOK-GET-03)', async () => {
        const uid = await card({}, { issuer: 'Card' });
        await platform.addTokens(ownToken(us, { uid, type: 'OTHER', issuer: 'Other', valid: false }));
        for (const [query, allowed] of [
          ['', 'ALLOWED'],
          ['?type=', 'ALLOWED'],
          ['?type=RFID', 'ALLOWED'],
          ['?type=OTHER', 'BLOCKED'],
          ['?token_type=OTHER', 'BLOCKED'],
        ] as const) {
          expect((await authorize(uid, undefined, query)).envelope.data).toMatchObject({ allowed });
        }
        const other = await card({}, { uid: `${uid}-OTHER`, type: 'OTHER' });
        expect(await authorize(other, undefined, '?type=RFID')).toMatchObject(unknown);
        // 2.1.1 leaves the default open, so there the only Token will do (TOK-GET-05).
        expect(await authorize(other)).toMatchObject(version === '2.1.1' ? success : unknown);
      });

      test.each(['rfid', 'EMAID', 'XYZ'])(
        '?type=%s is 2001; in 2.3.0 just another type (ENUM-01, ENUM-02)',
        async (type) => {
          expect(await authorize(await card(), undefined, `?type=${type}`)).toMatchObject(
            version === '2.3.0' ? unknown : invalid,
          );
        },
      );

      test('a type that the version cannot name is its OTHER (ENUM-03)', async () => {
        const uid = await card(undefined, { type: 'EMAID' });
        const data = {
          allowed: 'ALLOWED',
          ...(version !== '2.1.1' && { token: { type: version === '2.2.1' ? 'OTHER' : 'EMAID' } }),
        };
        const query = version === '2.3.0' ? '?type=EMAID' : '?type=OTHER';
        expect(await authorize(uid, undefined, query)).toMatchObject({
          ...success,
          envelope: { status_code: 1000, data },
        });
      });

      test('the uid compares without case, and comes back as it is stored (DT-02, DT-03)', async () => {
        const uid = await card(undefined, { uid: `DRIVER-aB-${version}` });
        const { envelope } = await authorize(uid.toLowerCase());
        expect(envelope.data).toMatchObject({ allowed: 'ALLOWED', ...(version !== '2.1.1' && { token: { uid } }) });
      });

      test.each([
        [[], /should be an object/],
        ['"LOC1"', /should be an object/],
        [{ evse_uids: ['E1'] }, /^location_id .* is missing$/],
        [{ location_id: '' }, /^location_id/],
        [{ location_id: 5 }, /^location_id .* was 5$/],
        [{ location_id: 'l'.repeat(version === '2.1.1' ? 40 : 37) }, /^location_id/],
        [{ location_id: 'LOC1', evse_uids: 'E1' }, /^evse_uids should be a list of at most 1000, but was "E1"$/],
        [{ location_id: 'LOC1', evse_uids: [5] }, /^evse_uids\.0 .* was 5$/],
        [{ location_id: 'LOC1', evse_uids: ['e'.repeat(version === '2.1.1' ? 40 : 37)] }, /^evse_uids\.0/],
      ])('the body %j is 2001 (TRN-41, TRN-45)', async (body, message) => {
        const answer = await authorize(await card(), body);
        expect(answer).toMatchObject(invalid);
        expect(answer.envelope.status_message).toMatch(message);
      });

      test('ids of a location are as long as they may be (TOK-OBJ-01)', async () => {
        const max = version === '2.1.1' ? 39 : 36;
        const location = { location_id: 'l'.repeat(max), evse_uids: ['e'.repeat(max)] };
        expect(await authorize(await card(), location)).toMatchObject({ envelope: { data: { location } } });
      });

      test.each(['{', 'nonsense', '{"location_id":'])('the body %s is 400 (TRN-40)', async (body) => {
        expect(await authorize(await card(), body)).toMatchObject({ http: 400, envelope: { status_code: 2001 } });
      });

      test.each([
        '{}/authorize/',
        '/{}//authorize//',
        'NL/LMS/{}/authorize',
        '/nl//lms/{}/authorize/',
        'NL%2FLMS%2F{}%2Fauthorize',
      ])('is at /%s too (AUTH-01, TRN-31)', async (path) => {
        const uid = await card();
        const answer = await cpoOf(platform, version)('POST', `/${path.replace('{}', uid)}`);
        expect(answer).toMatchObject({ ...success, envelope: { data: { allowed: 'ALLOWED' } } });
      });

      test.each(['{}', '{}/', '{}/AUTHORIZE', 'authorize', '{}/authorize/now'])(
        'is not at /%s (AUTH-01)',
        async (path) => {
          const uid = await card();
          const answer = await cpoOf(platform, version)('POST', `/${path.replace('{}', uid)}`);
          expect(answer).toMatchObject({ http: 404, envelope: { status_code: 2000 } });
        },
      );

      test('the owner in front of the uid must be one of us (AUTH-01)', async () => {
        const uid = await card();
        expect(await authorize(`DE/DMS/${uid}`)).toMatchObject(unknown);
      });

      test('a uid may hold every printable ASCII character (TRN-31, DT-01)', async () => {
        const prefix = `DRIVER-${version}`;
        const uids = Array.from({ length: 95 }, (_, i) => `${prefix}${String.fromCharCode(32 + i)}x`)
          .filter((uid) => !/[?a-z]x$/.test(uid))
          .concat(`${prefix}/authorize`, `${prefix}//y`, `${prefix}%2F`, `DE/DMS/${prefix}`, `a b+c/${version}`);
        for (const uid of uids) await card(undefined, { uid });
        const answers = await Promise.all(
          uids.map(async (uid) => ({ uid, code: (await authorize(uid)).envelope.status_code })),
        );
        expect(answers.filter(({ code }) => code !== 1000)).toEqual([]);
      });

      test('a uid of 37 characters is 2001 (TOK-GET-02)', async () => {
        expect(await authorize('u'.repeat(37))).toMatchObject(invalid);
      });

      test('a hub may ask as well (TRN-30, RTE-11)', async () => {
        const id = `hub-${version}`;
        const roles = [{ role: 'HUB', country_code: 'XX', party_id: 'HUB' }] as const;
        await platform.add(peer({ id, roles: [...roles], tokensWeGave: [accessToken(id)] }));
        const uid = await card();
        const { sender } = partner(platform.url, version, id);
        expect(await sender('POST', `/${uid}/authorize`)).toMatchObject(success);
        expect(await sender('GET', '')).toMatchObject(success);
      });
    });
  });
});
