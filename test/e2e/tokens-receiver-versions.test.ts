/** One Token at the Receiver interface in several versions (docs/requirements.md: Data types; Enumerations): pushed in one, read and changed in another. */
import { describe, expect, test } from 'vitest';
import { describeStorages } from '../support/every-storage.ts';
import { optionalBody, since22, tokenBody } from '../support/http.ts';
import { later, newUid, receiverOn, success, unknown } from '../support/receiver.ts';

await describeStorages((_storage, openStorage) => {
  const { emspOf } = receiverOn(openStorage);

  describe('between versions', () => {
    const older = [
      ['2.1.1', 'APP_USER'],
      ['2.1.1', 'AD_HOC_USER'],
      ['2.1.1', 'EMAID'],
      ['2.1.1', 'LICENSE_PLATE'],
      ['2.2.1', 'EMAID'],
      ['2.2.1', 'LICENSE_PLATE'],
    ] as const;

    test.each(older)(
      '%s a Token of type %s is an OTHER, and keeps its type (ENUM-03, COO-18)',
      async (version, type) => {
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
      },
    );

    test.each(since22)(
      '2.1.1 without a type finds the only Token, of whatever type %s gave it (TOK-GET-05)',
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
      '%s a Token that is really of type OTHER goes first (ENUM-03)',
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
    ] as const)('%s a Token of type %s is no OTHER (ENUM-03)', async (version, type) => {
      const uid = newUid();
      await emspOf('2.3.0').put(uid, { type });
      expect(await emspOf(version).get(uid, '?type=OTHER')).toMatchObject(unknown(version));
    });

    test('2.1.1 gets ASCII, as long as it was (DT-04, TOK-OBJ-06)', async () => {
      const uid = newUid();
      await emspOf('2.3.0').put(uid, { issuer: 'Café Łódź ☕', visual_number: '😀é' });
      expect(await emspOf('2.1.1').data(uid)).toMatchObject({ issuer: 'Cafe ?odz ?', visual_number: '?e' });
    });

    test('2.1.1 gets no fraction of a second (DT-08)', async () => {
      const uid = newUid();
      await emspOf('2.3.0').put(uid, { last_updated: '2026-01-31T12:00:00.789Z' });
      expect(await emspOf('2.1.1').data(uid)).toMatchObject({ last_updated: '2026-01-31T12:00:00Z' });
      expect(await emspOf('2.1.1').patch(uid, { valid: false })).toMatchObject(success(200));
      expect(await emspOf('2.2.1').data(uid)).toMatchObject({ last_updated: '2026-01-31T12:00:00.789Z', valid: false });
    });

    test('2.1.1 the URL says whose Token it is (TOK-LIST-07)', async () => {
      const uid = newUid();
      await emspOf('2.1.1').put(uid, { country_code: 'XX', party_id: 'XXX', contract_id: 'ignored' });
      expect(await emspOf('2.3.0').data(uid)).toStrictEqual(tokenBody('2.3.0', { uid }));
    });
  });
});
