/** GET at the Receiver interface, and the URLs of all its methods (docs/requirements.md: Receiver; Transport and format): which Token is meant. */
import { describe, expect, test } from 'vitest';
import { describeStorages } from '../support/every-storage.ts';
import { invalid, tokenBody } from '../support/http.ts';
import { later, newUid, pathOf, receiverOn, success, unknown } from '../support/receiver.ts';

await describeStorages((_storage, openStorage, versions) => {
  const { emspOf } = receiverOn(openStorage);

  describe.each(versions)('%s GET', (version) => {
    test('of a Token that is not there is 404 (TRN-42, TOK-GET-04)', async () => {
      const answer = await emspOf(version).get(newUid());
      expect(answer).toMatchObject(unknown(version));
      expect(answer.envelope).not.toHaveProperty('data');
    });

    test.each(['GET', 'PUT', 'PATCH'])('%s of a uid of 37 characters is 2001 (TOK-GET-02)', async (method) => {
      const uid = 'u'.repeat(37);
      const answer = await emspOf(version).receiver(method, pathOf(uid), tokenBody(version, { uid }));
      expect(answer).toMatchObject(invalid);
    });

    test('without ?type= means RFID; in 2.1.1 also the only Token (TOK-GET-03, TOK-GET-05)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      await emsp.put(uid, { type: 'OTHER' });
      expect(await emsp.get(uid)).toMatchObject(version === '2.1.1' ? success(200) : unknown(version));
      expect(await emsp.get(uid, '?type=OTHER')).toMatchObject(success(200));
      await emsp.put(uid);
      expect(await emsp.data(uid)).toMatchObject({ type: 'RFID' });
    });

    const wrongTypes = version === '2.3.0' ? ['t'.repeat(37), 'a%0Ab'] : ['rfid', 'EMAID', 'RFID,OTHER', 'toString'];
    test.each(wrongTypes)('?type=%s is 2001 (ENUM-01)', async (type) => {
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
    ])('%s is the same Token as /DE/DMS/UID (TRN-31)', async (template) => {
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
    test('a uid may hold every printable ASCII character (TRN-31, DT-01)', async () => {
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

    test('what may stand in a path as it is need not be encoded (TRN-31)', async () => {
      const emsp = emspOf(version);
      for (const character of "-._~!$&'()*+,;=:@") {
        const uid = `${newUid()}${character}1`;
        expect(await emsp.receiver('PUT', `/DE/DMS/${uid}`, tokenBody(version, { uid }))).toMatchObject(success(201));
        expect(await emsp.data(uid)).toMatchObject({ uid });
      }
    });

    test('a %3F ends the path, as behind the gateway, so URL and body disagree (TRN-31)', async () => {
      const emsp = emspOf(version);
      const uid = newUid();
      expect(await emsp.put(`${uid}?x`)).toMatchObject(invalid);
      expect(await emsp.get(uid)).toMatchObject(unknown(version));
    });
  });
});
