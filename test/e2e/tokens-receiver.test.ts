/** The Receiver interface (requirements 1.8, 2.3, 2.6, 2.7, 3): what an eMSP that pushes its Tokens sees of us. */
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { VersionNumber } from '../../lib/ocpi/versions.ts';
import { accessToken, peer, swapCase } from '../support/builders.ts';
import {
  type Answer,
  optionalBody,
  type Platform,
  partner,
  startPlatform,
  startStorages,
  tokenBody,
} from '../support/http.ts';
import { cpoToken, emspToken } from '../support/runtime.ts';

const database = await startStorages();
afterAll(() => database.stop());

const since22 = ['2.2.1', '2.3.0'] as const;
const hubToken = 'hub-token';
const otherToken = 'other-emsp-token';

let platform: Platform;
let uids = 0;
const newUid = () => {
  uids += 1;
  return `DRIVER${uids}`;
};

const pathOf = (uid: string, owner = 'DE/DMS') => `/${owner}/${encodeURIComponent(uid)}`;
const success = (http: number) => ({ http, envelope: { status_code: 1000 } });
const unknown = (version: string) => ({ http: 404, envelope: { status_code: version === '2.1.1' ? 2000 : 2004 } });
const invalid = { http: 200, envelope: { status_code: 2001 } };

/** What the eMSP DE DMS does, with the same Token every time unless it says otherwise. */
const emspOf = (version: VersionNumber, secret = emspToken) => {
  const { receiver } = partner(platform.url, version, secret);
  return {
    put: (uid: string, overrides: Record<string, unknown> = {}, query = ''): Promise<Answer> =>
      receiver('PUT', `${pathOf(uid)}${query}`, tokenBody(version, { uid, ...overrides })),
    patch: (uid: string, changes: Record<string, unknown>, query = '') =>
      receiver('PATCH', `${pathOf(uid)}${query}`, changes),
    get: (uid: string, query = '') => receiver('GET', `${pathOf(uid)}${query}`),
    data: async (uid: string, query = '') => (await receiver('GET', `${pathOf(uid)}${query}`)).envelope.data,
    receiver,
  };
};

const later = (seconds: number) => ({
  last_updated: new Date(Date.UTC(2026, 0, 31, 12, 0, seconds)).toISOString().replace('.000', ''),
});

/** The next reads of this many requests wait for each other, so that all of them start from the same. */
function meetAtGet(count: number): void {
  const { tokens } = platform.runtime.backend;
  const get = tokens.get.bind(tokens);
  const all = Promise.withResolvers<void>();
  let here = 0;
  vi.spyOn(tokens, 'get').mockImplementation(async (call) => {
    const stored = await get(call);
    here += 1;
    if (here === count) all.resolve();
    await all.promise;
    return stored;
  });
}
afterEach(() => void vi.restoreAllMocks());

if (database.missing) describe.skip(`DynamoDB: ${database.missing}`);

describe.each(database.storages)('on %s', (_storage, openStorage, versions) => {
  beforeAll(async () => {
    platform = await startPlatform({ storage: await openStorage() });
    await platform.add(
      peer({
        id: 'be-oth',
        roles: [{ role: 'EMSP', country_code: 'BE', party_id: 'OTH' }],
        tokensWeGave: [accessToken(otherToken)],
      }),
      peer({
        id: 'hub',
        roles: [{ role: 'HUB', country_code: 'XX', party_id: 'HUB' }],
        tokensWeGave: [accessToken(hubToken)],
        settings: { hubParties: [{ country_code: 'DE', party_id: 'DMS' }] },
      }),
    );
  });
  afterAll(async () => {
    expect(platform.logged.join('')).not.toMatch(/DRIVER|emsp-token|hub-token/);
    await platform.stop();
  });

  describe.each(versions)('%s PUT', (version) => {
    const contract = version === '2.1.1' ? 'auth_id' : 'contract_id';

    test('COO-01 COO-02 TOK-PUT-01 TOK-PUT-04 TRN-43 a new Token is 201, a known one 200, without data', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      for (const http of [201, 200, 200]) {
        const answer = await emsp.put(uid);
        expect(answer).toMatchObject(success(http));
        expect(answer.envelope).not.toHaveProperty('data');
      }
    });

    test('TOK-GET-01 TOK-PUT-02 GET returns the one Token, as an object, as it was sent', async () => {
      const emsp = emspOf(version);
      for (const overrides of [{}, optionalBody(version), { valid: false, whitelist: 'NEVER' }]) {
        const uid = newUid();
        await emsp.put(uid, overrides);
        const answer = await emsp.get(uid);
        expect(answer).toMatchObject(success(200));
        expect(answer.envelope.data).toStrictEqual(tokenBody(version, { uid, ...overrides }));
      }
    });

    test('COO-03 what a PUT leaves out is gone', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid, optionalBody(version));
      await emsp.put(uid);
      expect(await emsp.data(uid)).toStrictEqual(tokenBody(version, { uid }));
    });

    test('TRN-24 TRN-25 an optional field may be null or absent alike', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      const nulls = Object.fromEntries(Object.keys(optionalBody(version)).map((field) => [field, null]));
      await emsp.put(uid, optionalBody(version));
      expect(await emsp.put(uid, nulls)).toMatchObject(success(200));
      expect(await emsp.data(uid)).toStrictEqual(tokenBody(version, { uid }));
    });

    test('TRN-26 fields that OCPI does not know are no error, and are not kept', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      expect(await emsp.put(uid, { nltnm_colour: 'red', toString: 'x', constructor: {} })).toMatchObject(success(201));
      expect(await emsp.data(uid)).toStrictEqual(tokenBody(version, { uid }));
    });

    const wrongIds: [string, Record<string, unknown>][] = [
      ['COO-04', { uid: 'ANOTHER' }],
      ...(version === '2.1.1'
        ? []
        : ([
            ['COO-05', { country_code: 'BE' }],
            ['COO-05', { party_id: 'XXX' }],
          ] as [string, Record<string, unknown>][])),
    ];
    test.each(wrongIds)('%s URL and body must agree: %j is 2001 and stores nothing', async (_id, overrides) => {
      const emsp = emspOf(version);
      const uid = newUid();
      const answer = await emsp.put(uid, overrides);
      expect(answer).toMatchObject(invalid);
      const [[field, value]] = Object.entries(overrides) as [[string, unknown]];
      expect(answer.envelope.status_message).toMatch(new RegExp(`^${field} should be .* but was "${String(value)}"$`));
      expect(await emsp.get(uid)).toMatchObject(unknown(version));

      await emsp.put(uid);
      expect(await emsp.put(uid, { ...overrides, valid: false })).toMatchObject(invalid);
      expect(await emsp.data(uid)).toStrictEqual(tokenBody(version, { uid }));
    });

    test('DT-02 DT-03 ids compare without case, and come back as they were sent', async () => {
      const emsp = emspOf(version);
      const uid = `${newUid()}aB`;
      const shouting = swapCase(uid);
      const owner = version === '2.1.1' ? {} : { country_code: 'De', party_id: 'dMs' };
      const body = tokenBody(version, { uid, ...owner, [contract]: 'De-dMs-c1' });
      expect(await emsp.receiver('PUT', pathOf(shouting, 'dE/Dms'), body)).toMatchObject(success(201));
      for (const spelling of [uid, shouting]) expect(await emsp.data(spelling)).toStrictEqual(body);
      expect((await emsp.receiver('GET', pathOf(uid, 'de/dms'))).envelope.data).toStrictEqual(body);
      expect(await emsp.put(shouting)).toMatchObject(success(200));
      expect(await emsp.data(uid)).toMatchObject({ uid: shouting });
    });

    test('COO-17 a PUT that arrives late is 2001 and changes nothing; the same again is fine', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid, { ...later(10), valid: false });
      const answer = await emsp.put(uid, later(9));
      expect(answer).toMatchObject(invalid);
      expect(answer.envelope.status_message).toMatch(/^last_updated should not be before 2026-01-31T12:00:10/);
      expect(await emsp.data(uid)).toMatchObject({ valid: false });
      expect(await emsp.put(uid, { ...later(10), valid: false })).toMatchObject(success(200));
      expect(await emsp.put(uid, later(11))).toMatchObject(success(200));
      expect(await emsp.data(uid)).toMatchObject({ valid: true });
    });

    test('TOK-OBJ-02 two Tokens with one uid and two types live side by side', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      expect(await emsp.put(uid, { issuer: 'Card' })).toMatchObject(success(201));
      expect(await emsp.put(uid, { type: 'OTHER', issuer: 'Other' }, '?type=OTHER')).toMatchObject(success(201));
      expect(await emsp.put(uid, { type: 'OTHER', issuer: 'Other!' }, '?type=OTHER')).toMatchObject(success(200));
      expect(await emsp.data(uid)).toMatchObject({ type: 'RFID', issuer: 'Card' });
      expect(await emsp.data(uid, '?type=RFID')).toMatchObject({ type: 'RFID', issuer: 'Card' });
      expect(await emsp.data(uid, '?type=OTHER')).toMatchObject({ type: 'OTHER', issuer: 'Other!' });
    });

    test('AUTH-03 ?token_type= does what ?type= does', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid);
      expect(await emsp.put(uid, { type: 'OTHER' }, '?token_type=OTHER')).toMatchObject(success(201));
      expect(await emsp.patch(uid, { ...later(1), valid: false }, '?token_type=OTHER')).toMatchObject(success(200));
      expect(await emsp.data(uid, '?token_type=OTHER')).toMatchObject({ type: 'OTHER', valid: false });
      expect(await emsp.data(uid)).toMatchObject({ type: 'RFID', valid: true });
    });

    test('TOK-PUT-03 without ?type= the body says the type; with it they must agree', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      expect(await emsp.put(uid, { type: 'OTHER' })).toMatchObject(success(201));
      expect(await emsp.data(uid, '?type=OTHER')).toMatchObject({ type: 'OTHER' });
      expect(await emsp.get(uid, '?type=RFID')).toMatchObject(unknown(version));
      for (const [type, query] of [
        ['RFID', '?type=OTHER'],
        ['OTHER', '?type=RFID'],
      ] as const) {
        const answer = await emsp.put(uid, { type }, query);
        expect(answer).toMatchObject(invalid);
        expect(answer.envelope.status_message).toMatch(/^type should be/);
      }
      expect(await emsp.get(uid, '?type=RFID')).toMatchObject(unknown(version));
      expect(await emsp.put(newUid(), {}, '?type=')).toMatchObject(success(201));
    });

    const bad: [field: string, value: unknown, what: RegExp][] = [
      ...['uid', 'type', contract, 'issuer', 'valid', 'whitelist', 'last_updated'].map(
        (field): [string, unknown, RegExp] => [field, undefined, /is missing$/],
      ),
      ['uid', 'u'.repeat(37), /1 to 36/],
      ['uid', '', /1 to 36 .* was ""$/],
      ['uid', 5, /was 5$/],
      [contract, 'C'.repeat(37), /1 to 36/],
      [contract, 'Ä', /printable ASCII .* was "Ä"$/],
      [contract, 'a\tb', /printable ASCII/],
      [contract, 'a\nb', /printable ASCII/],
      ['issuer', 'i'.repeat(65), /at most 64/],
      ['issuer', 'bell\u0007', /control characters/],
      ['issuer', null, /was null$/],
      ['visual_number', 'v'.repeat(65), /at most 64/],
      ['visual_number', 12, /was 12$/],
      ['valid', 'true', /true or false, but was "true"$/],
      ['valid', 1, /was 1$/],
      ['valid', null, /was null$/],
      ['whitelist', 'always', /one of ALWAYS, ALLOWED, ALLOWED_OFFLINE, NEVER, but was "always"$/],
      ['whitelist', 'SOMETIMES', /was "SOMETIMES"$/],
      ['language', 'nld', /two-letter/],
      ['language', 'n1', /two-letter/],
      ['last_updated', 'yesterday', /DateTime .* was "yesterday"$/],
      ['last_updated', '2026-01-31', /DateTime/],
      ['last_updated', '2026-01-31 12:00:00Z', /DateTime/],
      ['last_updated', '2026-02-30T12:00:00Z', /DateTime/],
      ['last_updated', '2026-01-31T25:00:00Z', /DateTime/],
      ['last_updated', '2026-01-31T12:00Z', /DateTime/],
      ['last_updated', '2026-01-31T12:00:00+02:00', /DateTime .* was "2026-01-31T12:00:00\+02:00"$/],
      ['last_updated', 1769860800, /was 1769860800$/],
    ];
    const badSince22: typeof bad = [
      ['country_code', undefined, /is missing$/],
      ['country_code', 'DEU', /1 to 2 .* was "DEU"$/],
      ['party_id', undefined, /is missing$/],
      ['party_id', 'DMSX', /1 to 3/],
      ['group_id', 'g'.repeat(37), /1 to 36/],
      ['group_id', 'ü', /printable ASCII/],
      ['default_profile_type', 'green', /one of CHEAP, FAST, GREEN, REGULAR, but was "green"$/],
      ['energy_contract', 'Windkraft', /an object, but was "Windkraft"$/],
      ['energy_contract', {}, /^energy_contract\.supplier_name .* is missing$/],
      ['energy_contract', { supplier_name: 's'.repeat(65) }, /^energy_contract\.supplier_name .* at most 64/],
      ['energy_contract', { supplier_name: 's', contract_id: 5 }, /^energy_contract\.contract_id .* was 5$/],
      ['energy_contract', { supplier_name: 's', contract_id: 'c'.repeat(65) }, /^energy_contract\.contract_id/],
    ];
    const closedTypes: typeof bad = [
      ['type', 'rfid', /RFID, but was "rfid"$/],
      ['type', 'EMAID', /was "EMAID"$/],
    ];
    if (version === '2.1.1') bad.push(['type', 'APP_USER', /was "APP_USER"$/]);
    else bad.push(...badSince22);
    if (version === '2.3.0') bad.push(['type', 't'.repeat(37), /1 to 36/]);
    else bad.push(...closedTypes);
    test.each(bad)(
      'TRN-28 TRN-41 TRN-45 TOK-OBJ-01 ENUM-01 %s %j is 2001, says what is wrong and stores nothing',
      async (field, value, what) => {
        const emsp = emspOf(version);
        const uid = newUid();
        const stored = newUid();
        await emsp.put(stored);
        for (const target of [uid, stored]) {
          const answer = await emsp.put(target, { ...later(1), [field]: value });
          expect(answer).toMatchObject(invalid);
          expect(answer.envelope.status_message).toMatch(new RegExp(`^${field}\\b.* should be `));
          expect(answer.envelope.status_message).toMatch(what);
        }
        expect(await emsp.get(uid)).toMatchObject(unknown(version));
        expect(await emsp.data(stored)).toStrictEqual(tokenBody(version, { uid: stored }));

        if (value === undefined) return;
        const patch = await emsp.patch(stored, { ...later(1), [field]: value });
        expect(patch).toMatchObject(invalid);
        expect(patch.envelope.status_message).toMatch(what);
        expect(await emsp.data(stored)).toStrictEqual(tokenBody(version, { uid: stored }));
      },
    );

    test('TRN-45 a message names every field that is wrong', async () => {
      const { envelope } = await emspOf(version).put(newUid(), { valid: 'yes', whitelist: 'no', issuer: 5 });
      expect(envelope.status_message?.split('; ').map((each) => each.split(' ')[0])).toEqual([
        'issuer',
        'valid',
        'whitelist',
      ]);
    });

    const wide = version === '2.1.1' ? 'w' : '😀';
    const eachOf = (field: string, ...values: string[]) => values.map((value): [string, unknown] => [field, value]);
    const good: [field: string, value: unknown][] = [
      ['uid', newUid().padEnd(36, 'u')],
      [contract, '~'.repeat(36)],
      ['issuer', ''],
      ['issuer', wide.repeat(64)],
      ['visual_number', wide.repeat(64)],
      ...eachOf('whitelist', 'ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER'),
      ...eachOf('type', 'RFID', 'OTHER'),
    ];
    const goodSince22: typeof good = [
      ...eachOf('issuer', '#NA', 'Ærø ☕ 日本'),
      ['group_id', 'g'.repeat(36)],
      ['energy_contract', { supplier_name: wide.repeat(64) }],
      ['energy_contract', { supplier_name: 'S', contract_id: wide.repeat(64) }],
      ...eachOf('default_profile_type', 'CHEAP', 'FAST', 'GREEN', 'REGULAR'),
      ...eachOf('type', 'APP_USER', 'AD_HOC_USER'),
    ];
    if (version !== '2.1.1') good.push(...goodSince22);
    if (version === '2.3.0') good.push(...eachOf('type', 'EMAID', 'LICENSE_PLATE', 'rfid', 't'.repeat(36)));
    test.each(good)(
      'TOK-OBJ-01 TOK-OBJ-05 TRN-29 ENUM-02 ENUM-06 DT-01 DT-05 %s %j is kept as it is',
      async (field, value) => {
        const emsp = emspOf(version);
        const uid = field === 'uid' ? (value as string) : newUid();
        const query = field === 'type' ? `?type=${value as string}` : '';
        expect(await emsp.put(uid, { [field]: value }, query)).toMatchObject(success(201));
        expect(await emsp.data(uid, query)).toMatchObject({ [field]: value });
      },
    );

    test('TOK-OBJ-04 DT-15 a language may come in any case, and goes out in lower case', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      expect(await emsp.put(uid, { language: 'Nl' })).toMatchObject(success(201));
      expect(await emsp.data(uid)).toMatchObject({ language: 'nl' });
    });

    const whole = '2026-01-31T12:00:00Z';
    const fraction = (digits: string) => (version === '2.1.1' ? whole : `2026-01-31T12:00:00.${digits}Z`);
    test.each([
      [whole, whole],
      ['2026-01-31T12:00:00', whole],
      ['2026-01-31T12:00:00+00:00', whole],
      ['2026-01-31T12:00:00.000Z', whole],
      ['2026-01-31T12:00:00.2Z', fraction('200')],
      ['2026-01-31T12:00:00.123', fraction('123')],
      ['2026-01-31T12:00:00.123456Z', fraction('123')],
    ])('DT-06 DT-07 DT-08 DT-09 the DateTime %s goes out as %s', async (given, returned) => {
      const emsp = emspOf(version);
      const uid = newUid();
      expect(await emsp.put(uid, { last_updated: given })).toMatchObject(success(201));
      expect(await emsp.data(uid)).toMatchObject({ last_updated: returned });
    });

    test('DT-09 COO-17 instants are compared, not their spelling', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid, { last_updated: '2026-01-31T12:00:00.5Z' });
      expect(await emsp.put(uid, { last_updated: '2026-01-31T12:00:00.49' })).toMatchObject(invalid);
      expect(await emsp.put(uid, { last_updated: '2026-01-31T12:00:00.500+00:00' })).toMatchObject(success(200));
      expect(await emsp.put(uid, { last_updated: '2026-01-31T12:00:01' })).toMatchObject(success(200));
    });

    test('20 concurrent PUTs of one new Token create it once', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      meetAtGet(20);
      const answers = await Promise.all(Array.from({ length: 20 }, () => emsp.put(uid)));
      expect(answers.map(({ http }) => http).toSorted((a, b) => a - b)).toEqual([
        ...Array.from({ length: 19 }, () => 200),
        201,
      ]);
      expect(await emsp.data(uid)).toStrictEqual(tokenBody(version, { uid }));
    });

    test('COO-17 of concurrent PUTs in any order the newest stays', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      const order = Array.from({ length: 20 }, (_, i) => (i * 7) % 20);
      meetAtGet(20);
      const answers = await Promise.all(order.map((i) => emsp.put(uid, { ...later(i), issuer: `I${i}` })));
      expect(answers.filter(({ http }) => http === 201)).toHaveLength(1);
      expect(await emsp.data(uid)).toMatchObject({ ...later(19), issuer: 'I19' });
    });
  });

  describe.each(versions)('%s PATCH', (version) => {
    const contract = version === '2.1.1' ? 'auth_id' : 'contract_id';
    const full: Record<string, unknown> = { ...tokenBody(version), ...optionalBody(version) };
    const changes: Record<string, unknown> = {
      [contract]: 'DE-DMS-CHANGED',
      issuer: 'Changed',
      valid: false,
      whitelist: 'NEVER',
      visual_number: 'changed',
      language: 'de',
      ...(version !== '2.1.1' && {
        group_id: 'CHANGED',
        default_profile_type: 'FAST',
        energy_contract: { supplier_name: 'Changed' },
      }),
    };
    const fields = Object.keys(changes);
    const optionals = Object.keys(optionalBody(version));

    /** A new Token with every field. */
    const stored = async (overrides: Record<string, unknown> = {}, query = '') => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid, { ...optionalBody(version), ...overrides }, query);
      return { ...emsp, uid };
    };

    test.each(fields)('TOK-PATCH-01 COO-09 a PATCH of %s changes that and nothing else', async (field) => {
      const { uid, patch, data } = await stored();
      const answer = await patch(uid, { [field]: changes[field], ...later(1) });
      expect(answer).toMatchObject(success(200));
      expect(answer.envelope).not.toHaveProperty('data');
      expect(await data(uid)).toStrictEqual({ ...full, uid, [field]: changes[field], ...later(1) });
    });

    test('COO-10 PATCH without last_updated is 2001 and changes nothing; in 2.1.1 it is fine', async () => {
      const { uid, patch, data } = await stored();
      const answer = await patch(uid, { valid: false });
      if (version === '2.1.1') {
        expect(answer).toMatchObject(success(200));
        expect(await data(uid)).toStrictEqual({ ...full, uid, valid: false });
      } else {
        expect(answer).toMatchObject(invalid);
        expect(answer.envelope.status_message).toMatch(/^last_updated .* is missing$/);
        expect(await data(uid)).toStrictEqual({ ...full, uid });
      }
    });

    test('COO-11 COO-12 PATCH of an unknown Token is 404 and creates none', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      const { uid: _, ...complete } = tokenBody(version);
      expect(await emsp.patch(uid, complete)).toMatchObject(unknown(version));
      expect(await emsp.patch(uid, { valid: false, ...later(1) })).toMatchObject(unknown(version));
      expect(await emsp.get(uid)).toMatchObject(unknown(version));
    });

    test.each(optionals)('COO-13 null clears %s', async (field) => {
      const { uid, patch, data } = await stored();
      expect(await patch(uid, { [field]: null, ...later(1) })).toMatchObject(success(200));
      const { [field]: _, ...rest }: Record<string, unknown> = { ...full, uid, ...later(1) };
      expect(await data(uid)).toStrictEqual(rest);
    });

    const required = [
      'uid',
      'type',
      contract,
      'issuer',
      'valid',
      'whitelist',
      'last_updated',
      ...(version === '2.1.1' ? [] : ['country_code', 'party_id']),
    ];
    test.each(required)('COO-13 null in %s is 2001 and changes nothing', async (field) => {
      const { uid, patch, data } = await stored();
      const answer = await patch(uid, { language: null, ...later(1), [field]: null });
      expect(answer).toMatchObject(invalid);
      expect(answer.envelope.status_message).toMatch(new RegExp(`^${field}\\b`));
      expect(await data(uid)).toStrictEqual({ ...full, uid });
    });

    test('COO-14 energy_contract is replaced as a whole', async () => {
      const { uid, patch, data } = await stored();
      await patch(uid, { energy_contract: { supplier_name: 'New' }, ...later(1) });
      expect(await data(uid)).toStrictEqual({
        ...full,
        uid,
        ...later(1),
        ...(version !== '2.1.1' && { energy_contract: { supplier_name: 'New' } }),
      });
      const answer = await patch(uid, { energy_contract: { contract_id: 'only' }, ...later(2) });
      expect(answer).toMatchObject(version === '2.1.1' ? success(200) : invalid);
    });

    const identity: Record<string, string> =
      version === '2.1.1' ? { type: 'RFID' } : { type: 'RFID', country_code: 'de', party_id: 'Dms' };
    test('COO-15 a PATCH may repeat what identifies the Token, in any case', async () => {
      const { uid, patch, data } = await stored();
      expect(await patch(uid, { ...identity, uid: uid.toLowerCase(), valid: false, ...later(1) })).toMatchObject(
        success(200),
      );
      expect(await data(uid)).toStrictEqual({ ...full, uid, valid: false, ...later(1) });
    });

    test.each([
      ['uid', 'ANOTHER'],
      ['type', 'OTHER'],
      ...(version === '2.1.1'
        ? []
        : [
            ['country_code', 'BE'],
            ['party_id', 'XXX'],
          ]),
    ])('COO-15 %s %s is not the Token’s: 2001, and nothing changes', async (field = '', value = '') => {
      const { uid, patch, data } = await stored();
      const answer = await patch(uid, { [field]: value, valid: false, ...later(1) }, '?type=RFID');
      expect(answer).toMatchObject(invalid);
      expect(answer.envelope.status_message).toMatch(new RegExp(`^${field} should be .* but was "${value}"$`));
      expect(await data(uid)).toStrictEqual({ ...full, uid });
    });

    test('COO-16 one wrong field, and none of the others is changed', async () => {
      const { uid, patch, data } = await stored();
      expect(await patch(uid, { ...changes, ...later(1), whitelist: 'SOMETIMES' })).toMatchObject(invalid);
      expect(await data(uid)).toStrictEqual({ ...full, uid });
    });

    test('COO-17 a PATCH that arrives late is 2001 and changes nothing; one of the same instant is fine', async () => {
      const { uid, patch, data } = await stored(later(10));
      const answer = await patch(uid, { valid: false, ...later(9) });
      expect(answer).toMatchObject(invalid);
      expect(answer.envelope.status_message).toMatch(/^last_updated should not be before 2026-01-31T12:00:10/);
      expect(await data(uid)).toStrictEqual({ ...full, uid, ...later(10) });
      expect(await patch(uid, { valid: false, ...later(10) })).toMatchObject(success(200));
      expect(await data(uid)).toMatchObject({ valid: false, ...later(10) });
    });

    test('TRN-26 fields that OCPI does not know are no error', async () => {
      const { uid, patch, data } = await stored();
      expect(await patch(uid, { nltnm_colour: 'red', ...later(1) })).toMatchObject(success(200));
      expect(await data(uid)).toStrictEqual({ ...full, uid, ...later(1) });
    });

    test('TOK-PATCH-02 ?type= says which Token', async () => {
      const { uid, put, patch, data } = await stored();
      await put(uid, { type: 'OTHER' });
      expect(await patch(uid, { valid: false, ...later(1) }, '?type=OTHER')).toMatchObject(success(200));
      expect(await data(uid, '?type=OTHER')).toMatchObject({ valid: false });
      expect(await data(uid, '?type=RFID')).toMatchObject({ valid: true });
    });

    test('TOK-PATCH-03 else the body does, else it is the RFID Token, else the only one', async () => {
      const { uid, put, patch, data } = await stored();
      await put(uid, { type: 'OTHER' });
      await patch(uid, { type: 'OTHER', issuer: 'By the body', ...later(1) });
      await patch(uid, { issuer: 'By default', ...later(1) });
      expect(await data(uid, '?type=OTHER')).toMatchObject({ issuer: 'By the body' });
      expect(await data(uid, '?type=RFID')).toMatchObject({ issuer: 'By default' });

      const only = await stored({ type: 'OTHER' });
      expect(await only.patch(only.uid, { valid: false, ...later(1) }, '?type=RFID')).toMatchObject(unknown(version));
      expect(await only.patch(only.uid, { valid: false, ...later(1) })).toMatchObject(success(200));
      expect(await only.data(only.uid, '?type=OTHER')).toMatchObject({ type: 'OTHER', valid: false });
    });

    test('20 concurrent PATCHes of different fields lose none', async () => {
      const { uid, patch, data } = await stored();
      const patches = Array.from({ length: 20 }, (_, i) => fields[i % fields.length] ?? '');
      meetAtGet(20);
      const answers = await Promise.all(patches.map((field) => patch(uid, { [field]: changes[field], ...later(1) })));
      for (const answer of answers) expect(answer).toMatchObject(success(200));
      expect(await data(uid)).toStrictEqual({ ...full, uid, ...changes, ...later(1) });
    });
  });

  describe.each(versions)('%s GET', (version) => {
    test('TRN-42 TOK-GET-04 of a Token that is not there is 404', async () => {
      const answer = await emspOf(version).get(newUid());
      expect(answer).toMatchObject(unknown(version));
      expect(answer.envelope).not.toHaveProperty('data');
    });

    test.each(['GET', 'PUT', 'PATCH'])('TOK-GET-02 %s of a uid of 37 characters is 2001', async (method) => {
      const uid = 'u'.repeat(37);
      const answer = await emspOf(version).receiver(method, pathOf(uid), tokenBody(version, { uid }));
      expect(answer).toMatchObject(invalid);
    });

    test('TOK-GET-03 TOK-GET-05 without ?type= means RFID; in 2.1.1 also the only Token', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid, { type: 'OTHER' });
      expect(await emsp.get(uid)).toMatchObject(version === '2.1.1' ? success(200) : unknown(version));
      expect(await emsp.get(uid, '?type=OTHER')).toMatchObject(success(200));
      await emsp.put(uid);
      expect(await emsp.data(uid)).toMatchObject({ type: 'RFID' });
    });

    const wrongTypes = version === '2.3.0' ? ['t'.repeat(37), 'a%0Ab'] : ['rfid', 'EMAID', 'RFID,OTHER', 'toString'];
    test.each(wrongTypes)('ENUM-01 ?type=%s is 2001', async (type) => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid);
      for (const answer of [
        await emsp.get(uid, `?type=${type}`),
        await emsp.put(uid, {}, `?type=${type}`),
        await emsp.patch(uid, later(1), `?type=${type}`),
      ]) {
        expect(answer).toMatchObject(invalid);
        expect(answer.envelope.status_message).toMatch(/^type should be/);
      }
    });
  });

  describe.each(versions)('%s paths', (version) => {
    test.each([
      '/DE/DMS/UID/',
      '//DE/DMS/UID',
      '//DE//DMS///UID//',
      '/DE%2FDMS%2FUID',
      '/DE/DMS%2fUID%2F',
      '/%44E/DMS/%55ID',
    ])('TRN-31 %s is the same Token as /DE/DMS/UID', async (template) => {
      const emsp = emspOf(version);
      const uid = newUid();
      const path = template.replace('UID', uid).replace('%55ID', uid);
      expect(await emsp.receiver('PUT', path, tokenBody(version, { uid }))).toMatchObject(success(201));
      expect(await emsp.data(uid)).toMatchObject({ uid });
      expect(await emsp.receiver('PATCH', path, { valid: false, ...later(1) })).toMatchObject(success(200));
      expect((await emsp.receiver('GET', path)).envelope.data).toMatchObject({ uid, valid: false });
      expect((await emsp.receiver('GET', `${path}?type=RFID`)).envelope.data).toMatchObject({ uid });
    });

    // A `?` cannot be in a uid: an HTTP API cuts the path where decoding brings one up. A slash at either end reads as one too many.
    const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter((each) => each !== '?');
    const uidsOf = (prefix: string) => [
      ...characters.map((each) => `${prefix}a${each}b`),
      ...characters.filter((each) => each !== '/').flatMap((each) => [`${each}${prefix}1`, `${prefix}2${each}`]),
      ...['//', '%2F', '%41', '%zz', '%', '%%', '../', './', '+%2B ', '"\\', '{}', ';a=b', '&type=OTHER', '##'].map(
        (each) => `${prefix}3${each}x`,
      ),
    ];
    test('TRN-31 DT-01 a uid may hold every printable ASCII character', async () => {
      const emsp = emspOf(version);
      const uids = uidsOf(`DRIVER${version}`);
      // Letters differ by case alone, which is no difference.
      const distinct = [...new Map(uids.map((uid) => [uid.toUpperCase(), uid])).values()];
      const created = await Promise.all(distinct.map(async (uid) => ({ uid, http: (await emsp.put(uid)).http })));
      expect(created.filter(({ http }) => http !== 201)).toEqual([]);
      const read = await Promise.all(
        distinct.map(async (uid) => ((await emsp.data(uid)) as { uid: string } | undefined)?.uid),
      );
      expect(read).toEqual(distinct);
    });

    test('TRN-31 what may stand in a path as it is need not be encoded', async () => {
      const emsp = emspOf(version);
      for (const character of "-._~!$&'()*+,;=:@") {
        const uid = `${newUid()}${character}1`;
        expect(await emsp.receiver('PUT', `/DE/DMS/${uid}`, tokenBody(version, { uid }))).toMatchObject(success(201));
        expect(await emsp.data(uid)).toMatchObject({ uid });
      }
    });

    test('TRN-31 a %3F ends the path, as behind the gateway, so URL and body disagree', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      expect(await emsp.put(`${uid}?x`)).toMatchObject(invalid);
      expect(await emsp.get(uid)).toMatchObject(unknown(version));
    });
  });

  describe.each(versions)('%s ownership', (version) => {
    test('COO-06 RTE-16 another party’s Token is 404 to all, and stays as it is', async () => {
      const owner = emspOf(version);
      const uid = newUid();
      await owner.put(uid);
      for (const secret of [otherToken, cpoToken]) {
        const stranger = emspOf(version, secret);
        for (const answer of [
          await stranger.get(uid),
          await stranger.put(uid, { valid: false, ...later(1) }),
          await stranger.patch(uid, { valid: false, ...later(1) }),
          await stranger.patch(uid, {}),
        ]) {
          expect(answer).toMatchObject({ http: 404, envelope: { status_code: 2000 } });
          expect(answer.envelope).not.toHaveProperty('data');
        }
      }
      expect(await owner.data(uid)).toStrictEqual(tokenBody(version, { uid }));
    });

    test.each([
      ['a party that nobody announced', emspToken, 'DE/XXX'],
      ['the same party of another country', emspToken, 'NL/DMS'],
      ['a party of ours', emspToken, 'NL/LMS'],
      ['a peer’s own party that is a CPO', cpoToken, 'FR/DCP'],
      ['a hub’s own party', hubToken, 'XX/HUB'],
      ['a party that a hub may not speak for', hubToken, 'BE/OTH'],
      ['a country code of three letters', emspToken, 'DEU/DMS'],
    ])('COO-06 TOK-GET-02 %s is 404', async (_what, secret, owner) => {
      const { receiver } = partner(platform.url, version, secret);
      const uid = newUid();
      const [country_code, party_id] = owner.split('/');
      const body = tokenBody(version, { uid, ...(version !== '2.1.1' && { country_code, party_id }) });
      expect(await receiver('PUT', pathOf(uid, owner), body)).toMatchObject({
        http: 404,
        envelope: { status_code: 2000 },
      });
    });

    test('COO-07 a hub speaks for the parties that it may speak for', async () => {
      const hub = emspOf(version, hubToken);
      const uid = newUid();
      expect(await hub.put(uid)).toMatchObject(success(201));
      expect(await emspOf(version).data(uid)).toMatchObject({ uid });
    });

    test('DT-14 a party id may be shorter than three characters', async () => {
      const id = `short-${version}`;
      const party = { country_code: 'DE', party_id: 'X' };
      await platform.add(peer({ id, roles: [{ role: 'EMSP', ...party }], tokensWeGave: [accessToken(id)] }));
      const uid = newUid();
      const body = tokenBody(version, { uid, ...(version !== '2.1.1' && party) });
      const { receiver } = partner(platform.url, version, id);
      expect(await receiver('PUT', pathOf(uid, 'DE/X'), body)).toMatchObject(success(201));
    });

    test('TOK-OBJ-02 two eMSPs may have the same uid', async () => {
      const uid = newUid();
      const other = partner(platform.url, version, otherToken).receiver;
      const owner = version === '2.1.1' ? {} : { country_code: 'BE', party_id: 'OTH' };
      const body = tokenBody(version, { uid, ...owner, issuer: 'Other' });
      expect(await emspOf(version).put(uid)).toMatchObject(success(201));
      expect(await other('PUT', pathOf(uid, 'BE/OTH'), body)).toMatchObject(success(201));
      expect(await emspOf(version).data(uid)).toStrictEqual(tokenBody(version, { uid }));
      expect((await other('GET', pathOf(uid, 'BE/OTH'))).envelope.data).toStrictEqual(body);
    });
  });

  describe('between versions', () => {
    const older = [
      ['2.1.1', 'APP_USER'],
      ['2.1.1', 'AD_HOC_USER'],
      ['2.1.1', 'EMAID'],
      ['2.1.1', 'LICENSE_PLATE'],
      ['2.2.1', 'EMAID'],
      ['2.2.1', 'LICENSE_PLATE'],
    ] as const;

    test.each(older)('%s ENUM-03 COO-18 a Token of type %s is an OTHER, and keeps its type', async (version, type) => {
      const newest = emspOf('2.3.0');
      const emsp = emspOf(version);
      const uid = newUid();
      const query = `?type=${type}`;
      await newest.put(uid, { type, ...optionalBody('2.3.0') }, query);

      const asOther = { ...tokenBody(version), ...optionalBody(version), uid, type: 'OTHER' };
      expect(await emsp.data(uid, '?type=OTHER')).toStrictEqual(asOther);
      expect(await emsp.get(uid, '?type=RFID')).toMatchObject(unknown(version));

      expect(await emsp.patch(uid, { type: 'OTHER', valid: false, ...later(1) }, '?type=OTHER')).toMatchObject(
        success(200),
      );
      expect(await newest.data(uid, query)).toMatchObject({ type, valid: false, group_id: 'DF000-2001-8999' });
      expect(await newest.get(uid, '?type=OTHER')).toMatchObject(unknown('2.3.0'));

      expect(await emsp.put(uid, { type: 'OTHER', ...later(2) })).toMatchObject(success(200));
      expect(await newest.data(uid, query)).toStrictEqual(tokenBody('2.3.0', { uid, type, ...later(2) }));
    });

    test.each(since22)(
      '2.1.1 TOK-GET-05 without a type finds the only Token, of whatever type %s gave it',
      async (version) => {
        const uid = newUid();
        await emspOf(version).put(uid, { type: 'APP_USER' });
        const emsp = emspOf('2.1.1');
        expect(await emsp.data(uid)).toMatchObject({ type: 'OTHER' });
        expect(await emsp.patch(uid, { valid: false })).toMatchObject(success(200));
        expect(await emspOf(version).data(uid, '?type=APP_USER')).toMatchObject({ type: 'APP_USER', valid: false });
        await emspOf(version).put(uid, { type: 'AD_HOC_USER' });
        expect(await emsp.get(uid)).toMatchObject(unknown('2.1.1'));
        await emspOf(version).put(uid);
        expect(await emsp.data(uid)).toMatchObject({ type: 'RFID' });
      },
    );

    test.each(['2.1.1', '2.2.1'] as const)(
      '%s ENUM-03 a Token that is really of type OTHER goes first',
      async (version) => {
        const newest = emspOf('2.3.0');
        const uid = newUid();
        await newest.put(uid, { type: 'EMAID', issuer: 'Emaid' });
        await newest.put(uid, { type: 'OTHER', issuer: 'Other' });
        expect(await emspOf(version).data(uid, '?type=OTHER')).toMatchObject({ issuer: 'Other' });
      },
    );

    test.each([
      ['2.1.1', 'RFID'],
      ['2.2.1', 'RFID'],
      ['2.2.1', 'APP_USER'],
    ] as const)('%s ENUM-03 a Token of type %s is no OTHER', async (version, type) => {
      const uid = newUid();
      await emspOf('2.3.0').put(uid, { type });
      expect(await emspOf(version).get(uid, '?type=OTHER')).toMatchObject(unknown(version));
    });

    test('2.1.1 DT-04 TOK-OBJ-06 gets ASCII, as long as it was', async () => {
      const uid = newUid();
      await emspOf('2.3.0').put(uid, { issuer: 'Café Łódź ☕', visual_number: '😀é' });
      expect(await emspOf('2.1.1').data(uid)).toMatchObject({ issuer: 'Cafe ?odz ?', visual_number: '?e' });
    });

    test('2.1.1 DT-08 gets no fraction of a second', async () => {
      const uid = newUid();
      await emspOf('2.3.0').put(uid, { last_updated: '2026-01-31T12:00:00.789Z' });
      expect(await emspOf('2.1.1').data(uid)).toMatchObject({ last_updated: '2026-01-31T12:00:00Z' });
      expect(await emspOf('2.1.1').patch(uid, { valid: false })).toMatchObject(success(200));
      expect(await emspOf('2.2.1').data(uid)).toMatchObject({ last_updated: '2026-01-31T12:00:00.789Z', valid: false });
    });

    test('2.1.1 TOK-LIST-07 the URL says whose Token it is', async () => {
      const uid = newUid();
      await emspOf('2.1.1').put(uid, { country_code: 'XX', party_id: 'XXX', contract_id: 'ignored' });
      expect(await emspOf('2.3.0').data(uid)).toStrictEqual(tokenBody('2.3.0', { uid }));
    });
  });
});
