/** PUT at the Receiver interface (docs/requirements.md: Objects that the client owns; Receiver; Data types): what an eMSP may push, and what we keep of it. */
import { describe, expect, test } from 'vitest';
import { swapCase } from '../support/builders.ts';
import { describeStorages } from '../support/every-storage.ts';
import { invalid, optionalBody, tokenBody } from '../support/http.ts';
import { later, newUid, pathOf, receiverOn, success, unknown } from '../support/receiver.ts';

await describeStorages((_storage, openStorage, versions) => {
  const { emspOf, meetAtGet } = receiverOn(openStorage);

  describe.each(versions)('%s PUT', (version) => {
    const contract = version === '2.1.1' ? 'auth_id' : 'contract_id';

    test('a new Token is 201, a known one 200, without data (COO-01, COO-02, TOK-PUT-01, TOK-PUT-04, TRN-43)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      for (const http of [201, 200, 200]) {
        const answer = await emsp.put(uid);
        expect(answer).toMatchObject(success(http));
        expect(answer.envelope).not.toHaveProperty('data');
      }
    });

    test('GET returns the one Token, as an object, as it was sent (TOK-GET-01, TOK-PUT-02)', async () => {
      const emsp = emspOf(version);
      for (const overrides of [{}, optionalBody(version), { valid: false, whitelist: 'NEVER' }]) {
        const uid = newUid();
        await emsp.put(uid, overrides);
        const answer = await emsp.get(uid);
        expect(answer).toMatchObject(success(200));
        expect(answer.envelope.data).toStrictEqual(tokenBody(version, { uid, ...overrides }));
      }
    });

    test('what a PUT leaves out is gone (COO-03)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid, optionalBody(version));
      await emsp.put(uid);
      expect(await emsp.data(uid)).toStrictEqual(tokenBody(version, { uid }));
    });

    test('an optional field may be null or absent alike (TRN-24, TRN-25)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      const nulls = Object.fromEntries(Object.keys(optionalBody(version)).map((field) => [field, null]));
      await emsp.put(uid, optionalBody(version));
      expect(await emsp.put(uid, nulls)).toMatchObject(success(200));
      expect(await emsp.data(uid)).toStrictEqual(tokenBody(version, { uid }));
    });

    test('fields that OCPI does not know are no error, and are not kept (TRN-26)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      expect(await emsp.put(uid, { nltnm_colour: 'red', toString: 'x', constructor: {} })).toMatchObject(success(201));
      expect(await emsp.data(uid)).toStrictEqual(tokenBody(version, { uid }));
    });

    const wrongIds: Record<string, string>[] = [
      { uid: 'ANOTHER' },
      ...(version === '2.1.1' ? [] : [{ country_code: 'BE' }, { party_id: 'XXX' }]),
    ];
    test.each(wrongIds)(
      'URL and body must agree: %j is 2001 and stores nothing (COO-04, COO-05)',
      async (overrides) => {
        const emsp = emspOf(version);
        const uid = newUid();
        const answer = await emsp.put(uid, overrides);
        expect(answer).toMatchObject(invalid);
        const [[field, value]] = Object.entries(overrides) as [[string, string]];
        expect(answer.envelope.status_message).toMatch(new RegExp(`^${field} should be .* but was "${value}"$`));
        expect(await emsp.get(uid)).toMatchObject(unknown(version));

        await emsp.put(uid);
        expect(await emsp.put(uid, { ...overrides, valid: false })).toMatchObject(invalid);
        expect(await emsp.data(uid)).toStrictEqual(tokenBody(version, { uid }));
      },
    );

    test('ids compare without case, and come back as they were sent (DT-02, DT-03)', async () => {
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

    test('a PUT that arrives late is 2001 and changes nothing; the same again is fine (COO-17)', async () => {
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

    test('two Tokens with one uid and two types live side by side (TOK-OBJ-02)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      expect(await emsp.put(uid, { issuer: 'Card' })).toMatchObject(success(201));
      expect(await emsp.put(uid, { type: 'OTHER', issuer: 'Other' }, '?type=OTHER')).toMatchObject(success(201));
      expect(await emsp.put(uid, { type: 'OTHER', issuer: 'Other!' }, '?type=OTHER')).toMatchObject(success(200));
      expect(await emsp.data(uid)).toMatchObject({ type: 'RFID', issuer: 'Card' });
      expect(await emsp.data(uid, '?type=RFID')).toMatchObject({ type: 'RFID', issuer: 'Card' });
      expect(await emsp.data(uid, '?type=OTHER')).toMatchObject({ type: 'OTHER', issuer: 'Other!' });
    });

    test('?token_type= does what ?type= does (AUTH-03)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid);
      expect(await emsp.put(uid, { type: 'OTHER' }, '?token_type=OTHER')).toMatchObject(success(201));
      expect(await emsp.patch(uid, { ...later(1), valid: false }, '?token_type=OTHER')).toMatchObject(success(200));
      expect(await emsp.data(uid, '?token_type=OTHER')).toMatchObject({ type: 'OTHER', valid: false });
      expect(await emsp.data(uid)).toMatchObject({ type: 'RFID', valid: true });
    });

    test('without ?type= the body says the type; with it they must agree (TOK-PUT-03)', async () => {
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
      ['last_updated', '2026-01-31_12:00:00Z', /DateTime/],
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
      '%s %j is 2001, says what is wrong and stores nothing (TRN-28, TRN-41, TRN-45, TOK-OBJ-01, ENUM-01)',
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

    test('a message names every field that is wrong (TRN-45)', async () => {
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
      '%s %j is kept as it is (TOK-OBJ-01, TOK-OBJ-05, TRN-29, ENUM-02, ENUM-06, DT-01, DT-05)',
      async (field, value) => {
        const emsp = emspOf(version);
        const uid = field === 'uid' ? (value as string) : newUid();
        const query = field === 'type' ? `?type=${value as string}` : '';
        expect(await emsp.put(uid, { [field]: value }, query)).toMatchObject(success(201));
        expect(await emsp.data(uid, query)).toMatchObject({ [field]: value });
      },
    );

    test('a language may come in any case, and goes out in lower case (TOK-OBJ-04, DT-15)', async () => {
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
    ])('the DateTime %s goes out as %s (DT-06, DT-07, DT-08, DT-09)', async (given, returned) => {
      const emsp = emspOf(version);
      const uid = newUid();
      expect(await emsp.put(uid, { last_updated: given })).toMatchObject(success(201));
      expect(await emsp.data(uid)).toMatchObject({ last_updated: returned });
    });

    test('instants are compared in whole seconds, not their spelling (DT-09, COO-17)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid, { last_updated: '2026-01-31T12:00:00.5Z' });
      expect(await emsp.put(uid, { last_updated: '2026-01-31T11:59:59.99' })).toMatchObject(invalid);
      expect(await emsp.put(uid, { last_updated: '2026-01-31T12:00:00' })).toMatchObject(success(200));
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

    test('of concurrent PUTs in any order the newest stays (COO-17)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      const order = Array.from({ length: 20 }, (_, i) => (i * 7) % 20);
      meetAtGet(20);
      const answers = await Promise.all(order.map((i) => emsp.put(uid, { ...later(i), issuer: `I${i}` })));
      expect(answers.filter(({ http }) => http === 201)).toHaveLength(1);
      expect(await emsp.data(uid)).toMatchObject({ ...later(19), issuer: 'I19' });
    });
  });
});
