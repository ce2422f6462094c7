/** Tokens: get and create. */
import { describe, expect, it } from 'vitest';
import type { Token } from '../../../lib/ocpi/token.ts';
import {
  addressOf,
  cpoCall,
  emspCall,
  foreignParty,
  fullToken,
  ownCreation,
  ownToken,
  swapCase,
  token,
} from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { outcomeOf, spoil } from '../support.ts';
import { crawl, createOwn, dataOf, listPage, read, readOwn, receive, tokensOf, uidsOf, updateOwn } from './support.ts';

export function createContract(opened: () => OpenedStorage): void {
  describe('tokens: get and create', () => {
    it('gives back every field as it was sent, for both roles (TOK-GET-01)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const received = fullToken({
        issuer: 'Łódź 電気 🔌',
        visual_number: '',
        last_updated: '2026-01-31T12:00:00.123Z',
      });
      const own = fullToken({ ...ours, valid: false, energy_contract: { supplier_name: '' } });
      await receive(tokens, received);
      await createOwn(tokens, [own]);

      expect((await read(tokens, addressOf(received))).data).toStrictEqual(received);
      expect((await readOwn(tokens, own)).data).toStrictEqual(own);
    });

    it('has no optional field that was not sent', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token());
      expect((await read(tokens, addressOf(token()))).data).toStrictEqual(token());
    });

    it('knows nothing of a Token that is not there (TOK-GET-04)', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token());
      const address = addressOf(token());

      expect(await tokens.get(cpoCall({ ...address, id: 'another' }))).toBeUndefined();
      expect(await tokens.get(cpoCall({ ...address, token_type: 'OTHER' }))).toBeUndefined();
      expect(await tokens.get(cpoCall({ ...address, country_code: 'FR' }))).toBeUndefined();
      expect(await tokens.get(cpoCall({ ...address, party_id: 'XXX' }))).toBeUndefined();
      expect(await tokens.get(emspCall({ id: address.id, token_type: 'RFID' }))).toBeUndefined();
      expect(await tokens.get(emspCall({ id: address.id }))).toBeUndefined();
    });

    it('finds ids in any letter case and returns the spelling received (DT-02)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const received = token({ country_code: 'dE', party_id: 'dMs', uid: 'aB/c#1', contract_id: 'de-Dms-c1' });
      const own = ownToken(ours, { uid: 'aB/c#2' });
      await receive(tokens, received);
      await createOwn(tokens, [own]);

      for (const spell of [swapCase, (text: string) => text.toUpperCase(), (text: string) => text.toLowerCase()]) {
        const address = {
          country_code: spell(received.country_code),
          party_id: spell(received.party_id),
          id: spell(received.uid),
        };
        expect((await read(tokens, address)).data).toStrictEqual(received);
        expect((await read(tokens, { ...address, token_type: 'RFID' })).data).toStrictEqual(received);
        expect((await tokens.get(emspCall({ id: spell(own.uid) })))?.data).toStrictEqual(own);
      }
      expect(await outcomeOf(receive(tokens, { ...received, uid: 'Ab/C#1', party_id: 'DmS' }))).toBe('already-exists');
    });

    it('keeps two Tokens with one uid and different types side by side (TOK-OBJ-02)', async () => {
      const { tokens, ours } = tokensOf(opened());
      for (const type of ['RFID', 'APP_USER', 'OTHER', 'rfid']) {
        await receive(tokens, token({ type, issuer: `received ${type}` }));
        await createOwn(tokens, [ownToken(ours, { type, issuer: `own ${type}` })]);
      }
      for (const type of ['RFID', 'APP_USER', 'OTHER', 'rfid']) {
        const received = await read(tokens, { ...addressOf(token()), token_type: type });
        expect(received.data).toStrictEqual(token({ type, issuer: `received ${type}` }));
        const own = await readOwn(tokens, ownToken(ours, { type }));
        expect(own.data).toStrictEqual(ownToken(ours, { type, issuer: `own ${type}` }));
      }
      expect(await tokens.get(cpoCall({ ...addressOf(token()), token_type: 'Rfid' }))).toBeUndefined();
    });

    it('reads an absent type as RFID, else as the only Token with that uid (TOK-GET-05, TOK-PATCH-03)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const { token_type: _, ...address } = addressOf(token());
      const received = async () => (await tokens.get(cpoCall(address)))?.data.type;
      const own = async () => (await tokens.get(emspCall({ id: token().uid })))?.data.type;
      const seen = async () => [await received(), await own()];
      const add = async (type: string) => {
        await receive(tokens, token({ type }));
        await createOwn(tokens, [ownToken(ours, { type })]);
      };

      expect(await seen()).toEqual([undefined, undefined]);
      await add('APP_USER');
      expect(await seen()).toEqual(['APP_USER', 'APP_USER']);
      await add('rfid');
      expect(await seen()).toEqual([undefined, undefined]);
      await add('RFID');
      expect(await seen()).toEqual(['RFID', 'RFID']);
    });

    it('looks for the only Token among those of the same owner and exactly that uid (TOK-GET-05)', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token({ uid: 'A', type: 'APP_USER' }));
      await receive(tokens, token({ uid: 'A1', type: 'OTHER' }));
      await receive(tokens, token({ uid: 'A', type: 'RFID', party_id: 'XXX' }));
      expect((await read(tokens, { ...foreignParty, id: 'a' })).data.type).toBe('APP_USER');
    });

    it('has the owner in the identity of a received Token (TOK-OBJ-02)', async () => {
      const { tokens } = tokensOf(opened());
      const owners = [
        { country_code: 'DE', party_id: 'DMS' },
        { country_code: 'DE', party_id: 'DMX' },
        { country_code: 'AT', party_id: 'DMS' },
      ];
      for (const owner of owners) await receive(tokens, token({ ...owner, issuer: JSON.stringify(owner) }));
      for (const owner of owners) {
        const stored = await read(tokens, addressOf(token(owner)));
        expect(stored.data).toStrictEqual(token({ ...owner, issuer: JSON.stringify(owner) }));
      }
    });

    it('identifies an own Token by uid and type, whichever own party it belongs to (TOK-OBJ-02)', async () => {
      const { tokens, ours: first, other: second } = tokensOf(opened());
      await createOwn(tokens, [ownToken(first)]);
      expect(await outcomeOf(tokens.create(ownCreation(ownToken(second))))).toBe('already-exists');
      expect(await crawl(tokens, first)).toStrictEqual([ownToken(first)]);
      expect(await crawl(tokens, second)).toEqual([]);
    });

    it('does not mix the roles, even for the same party, uid and type', async () => {
      const { tokens, ours } = tokensOf(opened());
      await receive(tokens, ownToken(ours, { issuer: 'received' }));
      expect(await tokens.get(emspCall({ id: token().uid }))).toBeUndefined();
      expect(await crawl(tokens, ours)).toEqual([]);

      await createOwn(tokens, [ownToken(ours, { issuer: 'own' })]);
      expect((await read(tokens, addressOf(ownToken(ours)))).data.issuer).toBe('received');
      expect((await readOwn(tokens, ownToken(ours))).data.issuer).toBe('own');
      expect((await crawl(tokens, ours)).map(({ issuer }) => issuer)).toEqual(['own']);
    });

    it.each(['#', '/', '|', ':', '.', '%', '\\', '"', ',', ' ', '_', '-', '~', '%00'])(
      'tells Tokens apart whose ids contain %j (DT-01)',
      async (separator) => {
        const { tokens } = tokensOf(opened());
        const alike = [
          token({ country_code: 'N', party_id: `L${separator}A`.slice(0, 3), uid: 'B' }),
          token({ country_code: `N${separator}`.slice(0, 2), party_id: 'L', uid: `A${separator}B` }),
          token({ country_code: 'N', party_id: 'L', uid: `A${separator}B` }),
          token({ country_code: 'N', party_id: 'L', uid: 'A', type: `B${separator}RFID` }),
          token({ country_code: 'N', party_id: 'L', uid: 'B', type: `RFID${separator}A` }),
          token({ country_code: 'N', party_id: 'L', uid: `A${separator}B`, type: 'OTHER' }),
          token({ country_code: 'N', party_id: 'L', uid: `A${separator}B${separator}OTHER` }),
          token({ country_code: 'N', party_id: 'L', uid: `${separator}A${separator}B` }),
          token({ country_code: 'N', party_id: 'L', uid: `A${separator}B${separator}` }),
        ].map((data, index) => ({ ...data, issuer: `issuer ${index}` }));

        for (const data of alike) await receive(tokens, data);
        for (const data of alike) expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
      },
    );

    it('tells Tokens apart whose ids read the same one after the other (DT-01)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const alike = [
        token({ country_code: 'NL', party_id: 'A', uid: 'AB' }),
        token({ country_code: 'N', party_id: 'LA', uid: 'AB' }),
        token({ country_code: 'N', party_id: 'LAA', uid: 'B' }),
        token({ country_code: 'N', party_id: 'LA', uid: 'A', type: 'BRFID' }),
        token({ country_code: 'N', party_id: 'LA', uid: 'ABRF', type: 'ID' }),
        token({ country_code: 'N', party_id: 'LA', uid: 'B', type: 'RFIDA' }),
      ];
      const own = [
        ownToken(ours, { uid: 'AB', type: 'C' }),
        ownToken(ours, { uid: 'A', type: 'BC' }),
        ownToken(ours, { uid: 'B', type: 'CA' }),
      ];
      for (const data of alike) await receive(tokens, data);
      await createOwn(tokens, own);
      for (const data of alike) expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
      for (const data of own) expect((await readOwn(tokens, data)).data).toStrictEqual(data);
      expect(await crawl(tokens, ours)).toStrictEqual(own);
    });

    it('is not confused by uids and types that JavaScript knows', async () => {
      const { tokens, ours } = tokensOf(opened());
      for (const name of ['__proto__', 'constructor', 'toString']) {
        expect(await tokens.get(cpoCall({ ...foreignParty, id: name, token_type: name }))).toBeUndefined();
        await receive(tokens, token({ uid: name, type: name }));
        await createOwn(tokens, [ownToken(ours, { uid: name, type: name })]);
        expect((await read(tokens, { ...foreignParty, id: name })).data.uid).toBe(name);
      }
      expect(uidsOf(await crawl(tokens, ours))).toEqual(['__proto__', 'constructor', 'toString']);
    });

    it('takes ids of the full length (TOK-GET-02)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const longest = { uid: '~'.repeat(36), type: 'T'.repeat(36), contract_id: 'c'.repeat(36) };
      const texts = { issuer: '😀'.repeat(64), visual_number: '日'.repeat(64), group_id: 'g'.repeat(36) };
      const data = fullToken({ ...longest, ...texts });
      await receive(tokens, data);
      await createOwn(tokens, [{ ...data, ...ours }]);
      expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
      expect(await crawl(tokens, ours)).toStrictEqual([{ ...data, ...ours }]);
    });

    it('create never overwrites', async () => {
      const { tokens, ours } = tokensOf(opened());
      await receive(tokens, token());
      await createOwn(tokens, [ownToken(ours)]);
      const before = await read(tokens, addressOf(token()));

      expect(await outcomeOf(receive(tokens, token({ issuer: 'another' })))).toBe('already-exists');
      expect(await read(tokens, addressOf(token()))).toStrictEqual(before);

      const again = tokens.create(ownCreation(ownToken(ours, { issuer: 'another' })));
      expect(await outcomeOf(again)).toBe('already-exists');
      expect(await crawl(tokens, ours)).toStrictEqual([ownToken(ours)]);
    });

    it('shares no object with its caller', async () => {
      const { tokens, ours } = tokensOf(opened());
      const given = fullToken(ours);
      await createOwn(tokens, [given]);
      const change = (data: Token) => {
        if (data.energy_contract) data.energy_contract.supplier_name = 'spoilt';
        data.issuer = 'spoilt';
      };

      spoil(given, change);
      spoil((await readOwn(tokens, given)).data, change);
      for (const data of dataOf(await listPage(tokens, ours, {}, 0, 10))) spoil(data, change);
      expect((await readOwn(tokens, given)).data).toStrictEqual(fullToken(ours));

      const update = fullToken({ ...ours, issuer: 'updated' });
      await updateOwn(tokens, update);
      spoil(update, change);
      expect((await readOwn(tokens, given)).data).toStrictEqual(fullToken({ ...ours, issuer: 'updated' }));
    });
  });
}
