/** Whose Tokens an eMSP or a hub may push and read at the Receiver interface (docs/requirements.md: Objects that the client owns). */
import { describe, expect, test } from 'vitest';
import { accessToken, peer } from '../support/builders.ts';
import { describeStorages } from '../support/every-storage.ts';
import { tokenBody } from '../support/http.ts';
import { hubToken, later, newUid, otherToken, pathOf, receiverOn, success } from '../support/receiver.ts';
import { cpoToken, emspToken } from '../support/runtime.ts';

await describeStorages((_storage, openStorage, versions) => {
  const { add, emspOf } = receiverOn(openStorage);

  describe.each(versions)('%s ownership', (version) => {
    test('another party’s Token is 404 to all, and stays as it is (COO-06, RTE-16)', async () => {
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
    ])('%s is 404 (COO-06, TOK-GET-02)', async (_what, secret, owner) => {
      const { receiver } = emspOf(version, secret);
      const uid = newUid();
      const [country_code, party_id] = owner.split('/');
      const body = tokenBody(version, { uid, ...(version !== '2.1.1' && { country_code, party_id }) });
      expect(await receiver('PUT', pathOf(uid, owner), body)).toMatchObject({
        http: 404,
        envelope: { status_code: 2000 },
      });
    });

    test('a hub speaks for the parties that it may speak for (COO-07)', async () => {
      const hub = emspOf(version, hubToken);
      const uid = newUid();
      expect(await hub.put(uid)).toMatchObject(success(201));
      expect(await emspOf(version).data(uid)).toMatchObject({ uid });
    });

    test('a party id may be shorter than three characters (DT-14)', async () => {
      const id = `short-${version}`;
      const party = { country_code: 'DE', party_id: 'X' };
      await add(peer({ id, roles: [{ role: 'EMSP', ...party }], tokensWeGave: [accessToken(id)] }));
      const uid = newUid();
      const body = tokenBody(version, { uid, ...(version !== '2.1.1' && party) });
      const { receiver } = emspOf(version, id);
      expect(await receiver('PUT', pathOf(uid, 'DE/X'), body)).toMatchObject(success(201));
    });

    test('two eMSPs may have the same uid (TOK-OBJ-02)', async () => {
      const uid = newUid();
      const other = emspOf(version, otherToken).receiver;
      const owner = version === '2.1.1' ? {} : { country_code: 'BE', party_id: 'OTH' };
      const body = tokenBody(version, { uid, ...owner, issuer: 'Other' });
      expect(await emspOf(version).put(uid)).toMatchObject(success(201));
      expect(await other('PUT', pathOf(uid, 'BE/OTH'), body)).toMatchObject(success(201));
      expect(await emspOf(version).data(uid)).toStrictEqual(tokenBody(version, { uid }));
      expect((await other('GET', pathOf(uid, 'BE/OTH'))).envelope.data).toStrictEqual(body);
    });
  });
});
