/** Tokens: update. */
import { describe, expect, it } from 'vitest';
import type { Token } from '../../../lib/ocpi/token.ts';
import {
  addressOf,
  cpoCall,
  emspCall,
  fullToken,
  optionalFields,
  ownCreation,
  ownToken,
  ownUpdate,
  receivedUpdate,
  token,
} from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { outcomeOf } from '../support.ts';
import { crawl, createOwn, read, readOwn, receive, tokensOf, uidsOf, updateOwn } from './support.ts';

export function updateContract(opened: () => OpenedStorage): void {
  describe('tokens: update', () => {
    it('replaces the Token: optional fields that are left out vanish (COO-03)', async () => {
      const { tokens, ours } = tokensOf(opened());
      await receive(tokens, fullToken());
      await createOwn(tokens, [fullToken(ours)]);

      const { revision } = await read(tokens, addressOf(token()));
      await tokens.update(receivedUpdate(token({ valid: false }), revision));
      expect((await read(tokens, addressOf(token()))).data).toStrictEqual(token({ valid: false }));

      await updateOwn(tokens, ownToken(ours, { valid: false }));
      expect((await readOwn(tokens, ownToken(ours))).data).toStrictEqual(ownToken(ours, { valid: false }));
      expect(await crawl(tokens, ours)).toStrictEqual([ownToken(ours, { valid: false })]);
    });

    it.each(Object.keys(optionalFields) as (keyof typeof optionalFields)[])(
      'adds and drops %s alone (COO-03)',
      async (field) => {
        const { tokens, ours } = tokensOf(opened());
        const { [field]: dropped, ...rest } = fullToken(ours);
        await createOwn(tokens, [rest as Token]);
        await updateOwn(tokens, { ...rest, [field]: dropped } as Token);
        expect((await readOwn(tokens, ownToken(ours))).data).toStrictEqual(fullToken(ours));
        await updateOwn(tokens, rest as Token);
        expect((await readOwn(tokens, ownToken(ours))).data).toStrictEqual(rest);
      },
    );

    it('replaces energy_contract as a whole (COO-14)', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, fullToken());
      const { revision } = await read(tokens, addressOf(token()));
      const data = fullToken({ energy_contract: { supplier_name: 'Another' } });
      await tokens.update(receivedUpdate(data, revision));
      expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
    });

    it('never creates', async () => {
      const { tokens, ours } = tokensOf(opened());
      await receive(tokens, token({ uid: 'there' }));
      const { revision } = await read(tokens, addressOf(token({ uid: 'there' })));

      for (const absent of [token({ uid: 'absent' }), token({ uid: 'there', type: 'OTHER' })]) {
        const update = tokens.update(receivedUpdate(absent, revision));
        expect(await outcomeOf(update)).toBe('conflict');
        expect(await tokens.get(cpoCall(addressOf(absent)))).toBeUndefined();
      }
      const own = ownToken(ours, { uid: 'there' });
      expect(await outcomeOf(tokens.update(ownUpdate(own, revision)))).toBe('conflict');
      expect(await tokens.get(emspCall({ id: own.uid }))).toBeUndefined();
      expect(await crawl(tokens, ours)).toEqual([]);
    });

    it('refuses a revision that has passed, even if the Token is the same again', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, [ownToken(ours)]);
      const { revision: first } = await readOwn(tokens, ownToken(ours));
      await updateOwn(tokens, ownToken(ours, { issuer: 'updated' }));
      const { revision: second } = await readOwn(tokens, ownToken(ours));
      await updateOwn(tokens, ownToken(ours));

      for (const revision of [first, second]) {
        const data = ownToken(ours, { issuer: 'too late' });
        expect(await outcomeOf(tokens.update(ownUpdate(data, revision)))).toBe('conflict');
      }
      const { data, revision: third } = await readOwn(tokens, ownToken(ours));
      expect(data).toStrictEqual(ownToken(ours));
      expect(new Set([first, second, third]).size).toBe(3);
    });

    it('has a new revision after each write, also one that changes nothing, and none after a read', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token());
      const { revision } = await read(tokens, addressOf(token()));
      expect((await read(tokens, addressOf(token()))).revision).toBe(revision);
      await tokens.update(receivedUpdate(token(), revision));
      expect((await read(tokens, addressOf(token()))).revision).not.toBe(revision);
    });

    it("refuses another Token's revision", async () => {
      const { tokens } = tokensOf(opened());
      const [a, b] = [token({ uid: 'A' }), token({ uid: 'B' })];
      await receive(tokens, a);
      await receive(tokens, b);
      const { revision } = await read(tokens, addressOf(a));
      expect(await outcomeOf(tokens.update(receivedUpdate(b, revision)))).toBe('conflict');
    });

    it('finds the Token in any letter case and keeps the new spelling (DT-02)', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, [ownToken(ours, { uid: 'ABC' }), ownToken(ours, { uid: 'DEF' })]);
      await receive(tokens, token({ uid: 'ABC' }));

      const { revision } = await readOwn(tokens, ownToken(ours, { uid: 'ABC' }));
      const data = ownToken(ours, { uid: 'abc' });
      await tokens.update({ ...ownUpdate(data, revision), id: 'aBc' });
      expect((await readOwn(tokens, ownToken(ours, { uid: 'ABC' }))).data).toStrictEqual(data);
      expect(uidsOf(await crawl(tokens, ours))).toEqual(['abc', 'DEF']);
      expect(await outcomeOf(tokens.create(ownCreation(ownToken(ours, { uid: 'ABC' }))))).toBe('already-exists');

      const received = await read(tokens, addressOf(token({ uid: 'ABC' })));
      const respelt = token({ country_code: 'de', party_id: 'dms', uid: 'abc' });
      await tokens.update(receivedUpdate(respelt, received.revision));
      expect((await read(tokens, addressOf(token({ uid: 'ABC' })))).data).toStrictEqual(respelt);
    });

    it('changes that Token only', async () => {
      const { tokens, ours } = tokensOf(opened());
      const others = [token({ type: 'OTHER' }), token({ uid: 'another' }), token({ party_id: 'XXX' })];
      for (const data of [token(), ...others]) await receive(tokens, data);
      await createOwn(tokens, [ownToken(ours)]);

      const { revision } = await read(tokens, addressOf(token()));
      await tokens.update(receivedUpdate(token({ issuer: 'updated' }), revision));
      for (const data of others) expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
      expect((await readOwn(tokens, ownToken(ours))).data).toStrictEqual(ownToken(ours));
    });
  });
}
