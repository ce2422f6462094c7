/** The Sender interface (requirements 1.7, 2.4, 2.5): what a CPO that pages through our Tokens, and asks about one of them, sees of us. */
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { AuthorizationSettings } from '../../lib/authorization.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import type { VersionNumber } from '../../lib/ocpi/versions.ts';
import { accessToken, emspCall, fullToken, ownToken, peer } from '../support/builders.ts';
import {
  type Answer,
  optionalBody,
  type Platform,
  partner,
  type Storage,
  startPlatform,
  startStorages,
  tokenBody,
} from '../support/http.ts';
import { cpoToken } from '../support/runtime.ts';

const database = await startStorages();
afterAll(() => database.stop());
if (database.missing) describe.skip(`DynamoDB: ${database.missing}`);

const since22 = ['2.2.1', '2.3.0'] as const;
const us = { country_code: 'NL', party_id: 'LMS' };
const belgians = { country_code: 'BE', party_id: 'LMS' };
const success = { http: 200, envelope: { status_code: 1000 } };
const invalid = { http: 200, envelope: { status_code: 2001 } };

const cpoOf = (platform: Platform, version: VersionNumber) => partner(platform.url, version, cpoToken).sender;

const uidsIn = ({ envelope }: Answer) => (envelope.data as { uid: string }[]).map(({ uid }) => uid);

/** Where Link leads, without the origin that only the outside world knows. */
const nextOf = ({ headers }: Answer): string | undefined => {
  const [, target] = /^<(.+)>; rel="next"$/.exec(String(headers.link)) ?? [];
  return target && /\/tokens(.*)$/.exec(target)?.[1];
};

/** All pages, as a client that only follows Link gets them. */
async function crawl(ask: (path: string) => Promise<Answer>, path: string): Promise<Answer[]> {
  const pages: Answer[] = [];
  for (
    let next: string | undefined = path;
    next !== undefined && pages.length < 100;
    next = nextOf(pages.at(-1) as Answer)
  ) {
    pages.push(await ask(next));
  }
  return pages;
}

const atHour = (hour: number) => new Date(Date.UTC(2026, 0, 1, hour)).toISOString();
const onWire = (instant: string) => instant.replace('.000Z', 'Z');

describe.each(database.storages)('on %s', (storageName, openStorage, versions) => {
  describe('list', () => {
    const publicUrl = 'https://roaming.example.com/our/base';
    // Created in this order, so a list in order of last_updated would be another one.
    const hours = [5, 1, 9, 3, 7, 0, 8, 2, 6, 4];
    const own = hours.map((hour, i) =>
      ownToken(us, {
        uid: `DRIVER${i}`,
        type: i % 4 === 1 ? 'OTHER' : 'RFID',
        valid: i % 3 !== 0,
        last_updated: atHour(hour),
      }),
    );
    const uids = own.map(({ uid }) => uid);
    let platform: Platform;
    beforeAll(async () => {
      const config = { publicUrl, pageSize: { default: 4, max: 6 } };
      platform = await startPlatform({ storage: await openStorage(), config });
      await platform.addTokens(...own);
    });
    afterAll(async () => {
      expect(platform.logged.join('')).not.toMatch(/DRIVER|cpo-token/);
      await platform.stop();
    });

    describe.each(versions)('%s', (version) => {
      const list = (path: string) => cpoOf(platform, version)('GET', path);

      test('TOK-LIST-01 TOK-LIST-02 TOK-LIST-03 LIST-11 has all Tokens, valid or not, oldest creation first', async () => {
        const pages = await crawl(list, '');
        const expected = own.map(({ uid, type, valid, last_updated }) =>
          tokenBody(version, { ...(version !== '2.1.1' && us), uid, type, valid, last_updated: onWire(last_updated) }),
        );
        expect(pages.flatMap(({ envelope }) => envelope.data)).toStrictEqual(expected);
      });

      test('LIST-01 LIST-02 LIST-07 LIST-08 LIST-09 a page says how many there are, and how many it can hold', async () => {
        const page = await list('');
        expect(page).toMatchObject({ ...success, headers: { 'x-total-count': '10', 'x-limit': '4' } });
        expect(uidsIn(page)).toEqual(uids.slice(0, 4));
      });

      test.each([
        ['?offset=0', 0, 4, 4],
        ['?offset=3', 3, 7, 4],
        ['?offset=8', 8, 10, 4],
        ['?limit=1', 0, 1, 1],
        ['?limit=6', 0, 6, 6],
        ['?limit=7', 0, 6, 6],
        ['?limit=2000', 0, 6, 6],
        ['?offset=5&limit=5', 5, 10, 5],
        ['?offset=5&limit=4', 5, 9, 4],
        ['?limit=&offset=&date_from=&date_to=', 0, 4, 4],
      ])(
        'LIST-02 LIST-05 LIST-06 LIST-08 LIST-09 LIST-10 LIST-20 %s is %i to %i of a limit of %i',
        async (query, from, to, limit) => {
          const page = await list(query);
          expect(uidsIn(page)).toEqual(uids.slice(from, to));
          expect(page.headers).toMatchObject({ 'x-total-count': '10', 'x-limit': String(limit) });
          if (to === 10) expect(page.headers).not.toHaveProperty('link');
          else
            expect(page.headers.link).toBe(
              `<${publicUrl}/ocpi/emsp/${version}/tokens/?offset=${to}&limit=${limit}>; rel="next"`,
            );
        },
      );

      test.each(['?offset=10', '?offset=11&limit=2', '?offset=999999999'])(
        'LIST-15 ENV-06 %s is an empty last page',
        async (query) => {
          const page = await list(query);
          expect(page).toMatchObject({ ...success, headers: { 'x-total-count': '10' } });
          expect(page.envelope.data).toStrictEqual([]);
          expect(page.headers).toHaveProperty('x-limit');
          expect(page.headers).not.toHaveProperty('link');
        },
      );

      test('LIST-05 LIST-06 Link leads through all Tokens, each once, with counts on every page', async () => {
        for (const limit of [1, 3, 5, 10]) {
          const pages = await crawl(list, `?limit=${limit}`);
          expect(pages.flatMap(uidsIn)).toEqual(uids);
          expect(pages).toHaveLength(Math.ceil(uids.length / Math.min(limit, 6)));
          for (const { headers } of pages) {
            expect(headers).toMatchObject({ 'x-total-count': '10', 'x-limit': String(Math.min(limit, 6)) });
          }
        }
      });

      test.each([
        ['?offset=-1', 'offset', '-1'],
        ['?offset=two', 'offset', 'two'],
        ['?offset=1.5', 'offset', '1.5'],
        ['?limit=0', 'limit', '0'],
        ['?limit=-5', 'limit', '-5'],
        ['?limit=1.5', 'limit', '1.5'],
        ['?limit=1e1', 'limit', '1e1'],
        ['?limit=0x5', 'limit', '0x5'],
        ['?limit=%205', 'limit', ' 5'],
        ['?limit=+5', 'limit', ' 5'],
        ['?limit=Infinity', 'limit', 'Infinity'],
        ['?limit=4&limit=5', 'limit', '4,5'],
        ['?date_from=yesterday', 'date_from', 'yesterday'],
        ['?date_from=2026-01-01', 'date_from', '2026-01-01'],
        ['?date_to=2026-02-30T00:00:00Z', 'date_to', '2026-02-30T00:00:00Z'],
        ['?date_to=2026-01-01T00:00:00%2B02:00', 'date_to', '2026-01-01T00:00:00+02:00'],
        ['?date_from=1767225600', 'date_from', '1767225600'],
      ])('LIST-14 LIST-15 %s is 2001', async (query, name, value) => {
        const answer = await list(query);
        expect(answer).toMatchObject(invalid);
        expect(answer.envelope).not.toHaveProperty('data');
        expect(answer.envelope.status_message).toMatch(new RegExp(`^${name} should be `));
        expect(answer.envelope.status_message).toContain(`but was "${value}"`);
      });

      /** The Tokens updated in these hours, in order of creation. */
      const within = (from: number, to: number) =>
        own.filter((_, i) => from <= (hours[i] ?? 0) && (hours[i] ?? 0) < to).map(({ uid }) => uid);
      test.each([
        ['date_from is inclusive', `?date_from=${atHour(3)}`, 3, 99],
        ['date_to is exclusive', `?date_to=${atHour(3)}`, -99, 3],
        ['both', `?date_from=${atHour(3)}&date_to=${atHour(8)}`, 3, 8],
        ['a millisecond after', `?date_from=2026-01-01T03:00:00.001Z`, 4, 99],
        ['a millisecond after the last', `?date_to=2026-01-01T03:00:00.001Z`, -99, 4],
        ['DT-10 without Z', `?date_from=2026-01-01T03:00:00`, 3, 99],
        ['DT-10 percent-encoded', `?date_from=2026-01-01T03%3A00%3A00Z&date_to=2026-01-01T08%3a00%3a00.000Z`, 3, 8],
        ['before all', `?date_from=2020-01-01T00:00:00Z`, 0, 99],
        ['the whole span', `?date_from=${atHour(0)}&date_to=${atHour(10)}`, 0, 10],
        ['after all', `?date_from=${atHour(10)}`, 10, 99],
        ['LIST-15 from is to', `?date_from=${atHour(3)}&date_to=${atHour(3)}`, 3, 3],
        ['LIST-15 from is after to', `?date_from=${atHour(8)}&date_to=${atHour(3)}`, 8, 3],
      ])('LIST-03 LIST-04 LIST-07 LIST-11 date filters: %s', async (_what, query, from, to) => {
        const expected = within(from, to);
        const pages = await crawl(list, `${query}&limit=3`);
        expect(pages.flatMap(uidsIn)).toEqual(expected);
        expect(pages).toHaveLength(Math.max(Math.ceil(expected.length / 3), 1));
        for (const page of pages) {
          expect(page).toMatchObject({
            ...success,
            headers: { 'x-total-count': String(expected.length), 'x-limit': '3' },
          });
        }
      });

      test('LIST-03 the next interval starts where the one before ended', async () => {
        const instants = [0, 3, 8, 10].map(atHour);
        const intervals = instants.slice(1).map((to, i) => `?date_from=${instants[i]}&date_to=${to}&limit=6`);
        const seen = await Promise.all(intervals.map(async (query) => (await crawl(list, query)).flatMap(uidsIn)));
        expect(seen.flat().toSorted()).toEqual(uids);
      });

      test('LIST-05 Link repeats every filter', async () => {
        const filters = { date_from: '2026-01-01T01:00:00', date_to: '2026-01-01T09:00:00.500Z' };
        const page = await list(`?${new URLSearchParams({ ...filters, offset: '1', limit: '2' }).toString()}`);
        const [, target = ''] = /^<(.+)>/.exec(String(page.headers.link)) ?? [];
        expect(target.startsWith(`${publicUrl}/ocpi/emsp/${version}/tokens`)).toBe(true);
        expect(Object.fromEntries(new URL(target).searchParams)).toEqual({ ...filters, offset: '3', limit: '2' });
      });

      test.each(['', '/', '//', '/?limit=4'])('TRN-31 the list is at tokens%s too', async (path) => {
        expect(uidsIn(await list(path))).toEqual(uids.slice(0, 4));
      });

      test.each(['/DRIVER0', '/NL/LMS/DRIVER0'])(
        'TRN-42 the Sender has no single Token: tokens%s is 404',
        async (path) => {
          expect(await list(path)).toMatchObject({ http: 404, envelope: { status_code: 2000 } });
        },
      );
    });
  });

  test.each(versions)('%s LIST-01 LIST-10 a page has 100 Tokens by default, and 1000 at most', async (version) => {
    const platform = await startPlatform({ storage: await openStorage() });
    expect((await cpoOf(platform, version)('GET', '')).headers).toMatchObject({
      'x-limit': '100',
      'x-total-count': '0',
    });
    expect((await cpoOf(platform, version)('GET', '?limit=5000')).headers).toMatchObject({ 'x-limit': '1000' });
    expect((await cpoOf(platform, version)('GET', '')).envelope.data).toStrictEqual([]);
    await platform.stop();
  });

  describe('several parties of ours', () => {
    let platform: Platform;
    beforeAll(async () => {
      const parties = 'EMSP NL LMS, EMSP BE LMS, EMSP DE NEW';
      platform = await startPlatform({ storage: await openStorage(), parties });
      for (let i = 0; i < 4; i += 1) {
        await platform.addTokens(ownToken(belgians, { uid: `BE${i}` }), ownToken(us, { uid: `NL${i}` }));
      }
    });
    afterAll(() => platform.stop());
    const dutch = ['NL0', 'NL1', 'NL2', 'NL3'];
    const belgian = ['BE0', 'BE1', 'BE2', 'BE3'];

    const to = ({ country_code, party_id }: typeof us) => ({
      'OCPI-to-country-code': country_code,
      'OCPI-to-party-id': party_id,
    });

    test.each(since22)(
      '%s TOK-LIST-06 RTE-15 all of them, one party after the other, each Token with its owner',
      async (version) => {
        const pages = await crawl((path) => cpoOf(platform, version)('GET', path), '?limit=3');
        expect(pages.flatMap(uidsIn)).toEqual([...dutch, ...belgian]);
        for (const { headers } of pages) expect(headers).toMatchObject({ 'x-total-count': '8' });
        const owners = pages.flatMap(({ envelope }) =>
          (envelope.data as Token[]).map(({ country_code }) => country_code),
        );
        expect(owners).toEqual([...dutch.map(() => 'NL'), ...belgian.map(() => 'BE')]);
      },
    );

    test('2.1.1 CRED-01 TOK-LIST-07 only the first one’s, because a Token names no owner', async () => {
      const pages = await crawl((path) => cpoOf(platform, '2.1.1')('GET', path), '?limit=3');
      expect(pages.flatMap(uidsIn)).toEqual(dutch);
      for (const { headers } of pages) expect(headers).not.toHaveProperty('ocpi-from-party-id');
      expect(await cpoOf(platform, '2.1.1')('POST', '/NL0/authorize')).toMatchObject(success);
      expect(await cpoOf(platform, '2.1.1')('POST', '/BE0/authorize')).toMatchObject({ http: 404 });
    });

    test.each(since22)('%s AUTH-10 a Token of another party than OCPI-to names is unknown', async (version) => {
      const ask = cpoOf(platform, version);
      expect(await ask('POST', '/BE0/authorize', undefined, to(belgians))).toMatchObject(success);
      expect(await ask('POST', '/BE0/authorize', undefined, to(us))).toMatchObject({ http: 404 });
    });

    test.each(since22)('%s TOK-LIST-06 RTE-01 RTE-15 or those of the party that OCPI-to names', async (version) => {
      const ask = (party: typeof us) => (path: string) => cpoOf(platform, version)('GET', path, undefined, to(party));
      for (const [party, expected] of [
        [us, dutch],
        [{ country_code: 'be', party_id: 'lms' }, belgian],
        [{ country_code: 'DE', party_id: 'NEW' }, []],
      ] as const) {
        const pages = await crawl(ask(party), '?limit=3');
        expect(pages.flatMap(uidsIn)).toEqual(expected);
        for (const { headers } of pages) expect(headers).toMatchObject({ 'x-total-count': String(expected.length) });
      }
      expect(await ask({ country_code: 'NL', party_id: 'XXX' })('')).toMatchObject(invalid);
    });

    test.each(since22)('%s AUTH-01 real-time authorization finds the Tokens of all of them', async (version) => {
      for (const uid of ['NL0', 'BE0']) {
        expect(await cpoOf(platform, version)('POST', `/${uid}/authorize`)).toMatchObject(success);
      }
    });

    test.each(since22)('%s RTE-15 who answers is left open, if it could be several', async (version) => {
      const from = { 'OCPI-from-country-code': 'FR', 'OCPI-from-party-id': 'DCP' };
      const { headers } = await cpoOf(platform, version)('GET', '', undefined, from);
      expect(headers).toMatchObject({ 'ocpi-to-country-code': 'FR', 'ocpi-to-party-id': 'DCP' });
      expect(headers).not.toHaveProperty('ocpi-from-country-code');
    });
  });

  /** Brings a Token up to date, as a company's own systems do. */
  async function touch({ runtime }: Platform, uid: string, last_updated: string): Promise<void> {
    const { tokens } = runtime.backend;
    const stored = await tokens.get(emspCall({ id: uid, token_type: 'RFID' }));
    if (!stored) throw new Error(`There is no ${uid}`);
    const data = { ...stored.data, last_updated };
    await tokens.update(emspCall({ ...us, id: uid, token_type: 'RFID', data, revision: stored.revision }));
  }

  describe('while Tokens are created and updated', () => {
    const change = fc.oneof(fc.constant('create' as const), fc.nat(20));
    const scenario = fc.record({
      count: fc.integer({ min: 1, max: 9 }),
      limit: fc.integer({ min: 1, max: 4 }),
      changes: fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 8 }),
    });

    /**
     * Crawls with changes while each page is out, and counts the pages that are due.
     * @returns the uids seen, those there at the start, and those there in the end
     */
    async function crawlThrough(
      { count, limit, changes }: { count: number; limit: number; changes: ('create' | number)[][] },
      query: string,
    ) {
      const storage: Storage = await openStorage();
      const platform = await startPlatform({ storage });
      const all: string[] = [];
      let hour = 0;
      const create = async () => {
        const uid = `T${all.length}`;
        hour += 1;
        all.push(uid);
        await platform.addTokens(ownToken(us, { uid, last_updated: atHour(hour) }));
      };
      for (let i = 0; i < count; i += 1) await create();
      const atStart = [...all];

      const seen: string[] = [];
      const left = [...changes];
      const pages = await crawl(async (path) => {
        const change = async () => {
          for (const what of left.shift() ?? []) {
            hour += 1;
            if (what === 'create') await create();
            else await touch(platform, atStart[what % count] ?? '', atHour(hour));
          }
        };
        const [page] = await Promise.all([cpoOf(platform, '2.2.1')('GET', path), change()]);
        return page;
      }, `?limit=${limit}${query}`);
      for (const page of pages) {
        expect(page).toMatchObject(success);
        seen.push(...uidsIn(page));
      }
      await platform.stop();
      return { seen, atStart, all, pages };
    }

    const runs = { seed: 20_260_131, numRuns: storageName === 'memory' ? 50 : 15 };

    test('LIST-11 LIST-12 a crawl sees every Token once, in order of creation, and new ones at the end', async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (what) => {
          const { seen, atStart, all, pages } = await crawlThrough(what, '');
          expect(seen.slice(0, atStart.length)).toEqual(atStart);
          expect(seen).toEqual(all.slice(0, seen.length));
          const totals = pages.map(({ headers }) => Number(headers['x-total-count']));
          expect(totals).toEqual(totals.toSorted((a, b) => a - b));
        }),
        runs,
      );
    });

    test('LIST-03 LIST-11 a crawl from a date on misses no Token that was in it at the start', async () => {
      await fc.assert(
        fc.asyncProperty(scenario, fc.integer({ min: 1, max: 9 }), async (what, from) => {
          const { seen, atStart } = await crawlThrough(what, `&date_from=${atHour(from)}`);
          expect(atStart.slice(from - 1).filter((uid) => !seen.includes(uid))).toEqual([]);
        }),
        runs,
      );
    });
  });

  describe('authorize', () => {
    let platform: Platform;
    let storage: Storage;
    let cards = 0;
    const hour = 3_600_000;
    const fromNow = (ms: number) => new Date(Date.now() + ms).toISOString();

    beforeAll(async () => {
      storage = await openStorage();
      platform = await startPlatform({ storage });
    });
    afterAll(async () => {
      expect(platform.logged.join('')).not.toMatch(/DRIVER|cpo-token/);
      await platform.stop();
    });

    /** @returns the uid of a new Token of ours */
    async function card(settings?: AuthorizationSettings, overrides: Partial<Token> = {}): Promise<string> {
      cards += 1;
      const { uid = `DRIVER${cards}` } = overrides;
      await platform.addTokens(ownToken(us, { ...overrides, uid }));
      if (settings) await storage.restrict(uid, settings);
      return uid;
    }

    describe.each(versions)('%s', (version) => {
      const authorize = (uid: string, body?: unknown, query = '', headers = {}) =>
        cpoOf(platform, version)('POST', `/${encodeURIComponent(uid)}/authorize${query}`, body, headers);
      const unknown = { http: 404, envelope: { status_code: version === '2.1.1' ? 2000 : 2004 } };

      test('AUTH-01 AUTH-05 AUTH-12 AUTH-13 AUTH-15 AUTH-17 ALLOWED, with the complete Token and a reference', async () => {
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
      ] as [string, AuthorizationSettings, Partial<Token>][])(
        'AUTH-12 AUTH-13 AUTH-14 %s for %j %j is 1000 with the Token',
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

      test('AUTH-10 AUTH-11 ENV-04 an unknown Token is 404 without data', async () => {
        for (const body of [undefined, { location_id: 'LOC1' }]) {
          const answer = await authorize('DRIVER-NOT', body);
          expect(answer).toMatchObject(unknown);
          expect(answer.envelope).not.toHaveProperty('data');
        }
      });

      test.each<[string, AuthorizationSettings]>([
        ['where the location decides', { needsLocation: true }],
        ['where only some are allowed', { allowedLocations: [{ location_id: 'LOC1' }] }],
      ])('AUTH-09 without a location, %s, is 2002; with it there is an answer', async (_what, settings) => {
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

      test('AUTH-08 a location that we do not know is no reason to refuse', async () => {
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
      ])('AUTH-06 AUTH-14 TRN-24 DT-02 EVSEs: %s', async (_what, allowedLocations, asked, location) => {
        const answer = await authorize(await card({ allowedLocations }), asked);
        const data = answer.envelope.data as Record<string, unknown>;
        expect(data.allowed).toBe(location ? 'ALLOWED' : 'NOT_ALLOWED');
        expect(data.location).toEqual(location);
      });

      test('AUTH-06 TRN-26 connectors are 2.1.1’s alone', async () => {
        const asked = { location_id: 'LOC1', evse_uids: ['E1'], connector_ids: ['1', '2'], nltnm_floor: 3 };
        const { connector_ids, nltnm_floor: _, ...rest } = asked;
        const { envelope } = await authorize(await card(), asked);
        expect((envelope.data as Record<string, unknown>).location).toEqual(
          version === '2.1.1' ? { ...rest, connector_ids } : rest,
        );
      });

      test('AUTH-02 AUTH-03 AUTH-04 TOK-GET-03 ?type= or ?token_type= says which Token, and RFID is the default', async () => {
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
        'ENUM-01 ENUM-02 ?type=%s is 2001; in 2.3.0 just another type',
        async (type) => {
          expect(await authorize(await card(), undefined, `?type=${type}`)).toMatchObject(
            version === '2.3.0' ? unknown : invalid,
          );
        },
      );

      test('ENUM-03 a type that the version cannot name is its OTHER', async () => {
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

      test('DT-02 DT-03 the uid compares without case, and comes back as it is stored', async () => {
        const uid = await card(undefined, { uid: `DRIVER-aB-${version}` });
        const { envelope } = await authorize(uid.toLowerCase());
        expect(envelope.data).toMatchObject({ allowed: 'ALLOWED', ...(version !== '2.1.1' && { token: { uid } }) });
      });

      test.each([
        [[], /should be an object/],
        ['"LOC1"', /should be an object/],
        ['null', /should be an object/],
        [{}, /^location_id .* is missing$/],
        [{ location_id: '' }, /^location_id/],
        [{ location_id: 5 }, /^location_id .* was 5$/],
        [{ location_id: 'l'.repeat(version === '2.1.1' ? 40 : 37) }, /^location_id/],
        [{ location_id: 'LOC1', evse_uids: 'E1' }, /^evse_uids should be a list of at most 1000, but was "E1"$/],
        [{ location_id: 'LOC1', evse_uids: [5] }, /^evse_uids\.0 .* was 5$/],
        [{ location_id: 'LOC1', evse_uids: ['e'.repeat(version === '2.1.1' ? 40 : 37)] }, /^evse_uids\.0/],
      ])('TRN-41 TRN-45 the body %j is 2001', async (body, message) => {
        const answer = await authorize(await card(), body);
        expect(answer).toMatchObject(invalid);
        expect(answer.envelope.status_message).toMatch(message);
      });

      test('TOK-OBJ-01 ids of a location are as long as they may be', async () => {
        const max = version === '2.1.1' ? 39 : 36;
        const location = { location_id: 'l'.repeat(max), evse_uids: ['e'.repeat(max)] };
        expect(await authorize(await card(), location)).toMatchObject({ envelope: { data: { location } } });
      });

      test.each(['{', 'nonsense', '{"location_id":'])('TRN-40 the body %s is 400', async (body) => {
        expect(await authorize(await card(), body)).toMatchObject({ http: 400, envelope: { status_code: 2001 } });
      });

      test.each([
        '{}/authorize/',
        '/{}//authorize//',
        'NL/LMS/{}/authorize',
        '/nl//lms/{}/authorize/',
        'NL%2FLMS%2F{}%2Fauthorize',
      ])('AUTH-01 TRN-31 is at /%s too', async (path) => {
        const uid = await card();
        const answer = await cpoOf(platform, version)('POST', `/${path.replace('{}', uid)}`);
        expect(answer).toMatchObject({ ...success, envelope: { data: { allowed: 'ALLOWED' } } });
      });

      test.each(['{}', '{}/', '{}/AUTHORIZE', 'authorize', '{}/authorize/now'])(
        'AUTH-01 is not at /%s',
        async (path) => {
          const uid = await card();
          const answer = await cpoOf(platform, version)('POST', `/${path.replace('{}', uid)}`);
          expect(answer).toMatchObject({ http: 404, envelope: { status_code: 2000 } });
        },
      );

      test('AUTH-01 the owner in front of the uid must be one of us', async () => {
        const uid = await card();
        expect(await authorize(`DE/DMS/${uid}`)).toMatchObject(unknown);
      });

      test('TRN-31 DT-01 a uid may hold every printable ASCII character', async () => {
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

      test('TOK-GET-02 a uid of 37 characters is 2001', async () => {
        expect(await authorize('u'.repeat(37))).toMatchObject(invalid);
      });

      test('TRN-30 RTE-11 a hub may ask as well', async () => {
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
