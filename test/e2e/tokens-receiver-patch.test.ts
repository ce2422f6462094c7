/** PATCH at the Receiver interface (docs/requirements.md: Objects that the client owns; Receiver): what changes, and what stays. */
import { describe, expect, test } from 'vitest';
import { describeStorages } from '../support/every-storage.ts';
import { invalid, optionalBody, tokenBody } from '../support/http.ts';
import { later, newUid, receiverOn, success, unknown } from '../support/receiver.ts';

await describeStorages((_storage, openStorage, versions) => {
  const { emspOf, meetAtGet } = receiverOn(openStorage);

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

    test.each(fields)('a PATCH of %s changes that and nothing else (TOK-PATCH-01, COO-09)', async (field) => {
      const { uid, patch, data } = await stored();
      const answer = await patch(uid, { [field]: changes[field], ...later(1) });
      expect(answer).toMatchObject(success(200));
      expect(answer.envelope).not.toHaveProperty('data');
      expect(await data(uid)).toStrictEqual({ ...full, uid, [field]: changes[field], ...later(1) });
    });

    test('PATCH without last_updated is 2001 and changes nothing; in 2.1.1 it is fine (COO-10)', async () => {
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

    test('PATCH of an unknown Token is 404 and creates none (COO-11, COO-12)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      const { uid: _, ...complete } = tokenBody(version);
      expect(await emsp.patch(uid, complete)).toMatchObject(unknown(version));
      expect(await emsp.patch(uid, { valid: false, ...later(1) })).toMatchObject(unknown(version));
      expect(await emsp.get(uid)).toMatchObject(unknown(version));
    });

    test.each(optionals)('null clears %s (COO-13)', async (field) => {
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
    test.each(required)('null in %s is 2001 and changes nothing (COO-13)', async (field) => {
      const { uid, patch, data } = await stored();
      const answer = await patch(uid, { language: null, ...later(1), [field]: null });
      expect(answer).toMatchObject(invalid);
      expect(answer.envelope.status_message).toMatch(new RegExp(`^${field}\\b`));
      expect(await data(uid)).toStrictEqual({ ...full, uid });
    });

    test('energy_contract is replaced as a whole (COO-14)', async () => {
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
    test('a PATCH may repeat what identifies the Token, in any case (COO-15)', async () => {
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
    ])('%s %s is not the Token’s: 2001, and nothing changes (COO-15)', async (field = '', value = '') => {
      const { uid, patch, data } = await stored();
      const answer = await patch(uid, { [field]: value, valid: false, ...later(1) }, '?type=RFID');
      expect(answer).toMatchObject(invalid);
      expect(answer.envelope.status_message).toMatch(new RegExp(`^${field} should be .* but was "${value}"$`));
      expect(await data(uid)).toStrictEqual({ ...full, uid });
    });

    test('one wrong field, and none of the others is changed (COO-16)', async () => {
      const { uid, patch, data } = await stored();
      expect(await patch(uid, { ...changes, ...later(1), whitelist: 'SOMETIMES' })).toMatchObject(invalid);
      expect(await data(uid)).toStrictEqual({ ...full, uid });
    });

    test('a PATCH that arrives late is 2001 and changes nothing; one of the same instant is fine (COO-17)', async () => {
      const { uid, patch, data } = await stored(later(10));
      const answer = await patch(uid, { valid: false, ...later(9) });
      expect(answer).toMatchObject(invalid);
      expect(answer.envelope.status_message).toMatch(/^last_updated should not be before 2026-01-31T12:00:10/);
      expect(await data(uid)).toStrictEqual({ ...full, uid, ...later(10) });
      expect(await patch(uid, { valid: false, ...later(10) })).toMatchObject(success(200));
      expect(await data(uid)).toMatchObject({ valid: false, ...later(10) });
    });

    test('fields that OCPI does not know are no error (TRN-26)', async () => {
      const { uid, patch, data } = await stored();
      expect(await patch(uid, { nltnm_colour: 'red', ...later(1) })).toMatchObject(success(200));
      expect(await data(uid)).toStrictEqual({ ...full, uid, ...later(1) });
    });

    test('?type= says which Token (TOK-PATCH-02)', async () => {
      const { uid, put, patch, data } = await stored();
      await put(uid, { type: 'OTHER' });
      expect(await patch(uid, { valid: false, ...later(1) }, '?type=OTHER')).toMatchObject(success(200));
      expect(await data(uid, '?type=OTHER')).toMatchObject({ valid: false });
      expect(await data(uid, '?type=RFID')).toMatchObject({ valid: true });
    });

    test('else the body does, else it is the RFID Token, else the only one (TOK-PATCH-03)', async () => {
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
});
