/** Tokens: delete, by which an owner erases. */
import { describe, expect, it } from 'vitest';
import type { TokensStorage } from '../../../lib/crud/crud.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import {
  addressOf,
  cpoCall,
  emspCall,
  ownToken,
  ownUpdate,
  receivedUpdate,
  swapCase,
  token,
} from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { oneWinnerOf, outcomeOf, outcomesOf, racers } from '../support.ts';
import {
  crawl,
  crawlReceived,
  createOwn,
  expectPage,
  listPage,
  read,
  readOwn,
  receive,
  replaceOwn,
  series,
  tokensOf,
  uidsOf,
  updateOwn,
} from './support.ts';

const erase = (tokens: TokensStorage, data: Token, revision: string) =>
  tokens.delete(cpoCall({ ...addressOf(data), revision }));

export function deleteContract(opened: () => OpenedStorage): void {
  describe('tokens: delete of a received one', () => {
    it('leaves nothing of it, and all others', async () => {
      const { tokens, ours } = tokensOf(opened());
      const others = [token({ type: 'OTHER' }), token({ uid: 'another' }), token({ party_id: 'XXX' })];
      for (const data of [token(), ...others]) await receive(tokens, data);
      await createOwn(tokens, [ownToken(ours)]);

      await erase(tokens, token(), (await read(tokens, addressOf(token()))).revision);
      expect(await tokens.get(cpoCall(addressOf(token())))).toBeUndefined();
      expect(await crawlReceived(tokens)).toHaveLength(3);
      expect(uidsOf((await crawlReceived(tokens, { id: token().uid })).map(({ data }) => data))).toHaveLength(2);
      for (const data of others) expect((await read(tokens, addressOf(data))).data).toStrictEqual(data);
      expect((await readOwn(tokens, ownToken(ours))).data).toStrictEqual(ownToken(ours));
    });

    it('finds it in any letter case', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token({ uid: 'aBc' }));
      const { revision } = await read(tokens, addressOf(token({ uid: 'aBc' })));
      await erase(tokens, token({ uid: swapCase('aBc'), country_code: 'de', party_id: 'dms' }), revision);
      expect(await crawlReceived(tokens)).toEqual([]);
    });

    it('refuses a revision that has passed, and what is not there', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token());
      const { revision } = await read(tokens, addressOf(token()));
      await tokens.update(receivedUpdate(token({ issuer: 'updated' }), revision));
      const absent = [token({ uid: 'absent' }), token({ type: 'OTHER' }), token({ party_id: 'XXX' })];
      for (const data of [token(), ...absent]) expect(await outcomeOf(erase(tokens, data, revision))).toBe('conflict');
      expect((await read(tokens, addressOf(token()))).data.issuer).toBe('updated');
    });

    it('frees its identity, which then has another revision', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token());
      const { revision } = await read(tokens, addressOf(token()));
      await erase(tokens, token(), revision);
      expect(await outcomeOf(tokens.update(receivedUpdate(token(), revision)))).toBe('conflict');
      await receive(tokens, token({ issuer: 'again' }));
      expect(await outcomeOf(erase(tokens, token(), revision))).toBe('conflict');
      const found = await crawlReceived(tokens, { id: token().uid });
      expect(found.map(({ data }) => data.issuer)).toEqual(['again']);
    });

    it('makes the Token that is left the only one with that uid (TOK-GET-05)', async () => {
      const { tokens } = tokensOf(opened());
      const { token_type: _, ...address } = addressOf(token());
      for (const type of ['APP_USER', 'OTHER']) await receive(tokens, token({ type }));
      expect(await tokens.get(cpoCall(address))).toBeUndefined();
      const { revision } = await read(tokens, addressOf(token({ type: 'OTHER' })));
      await erase(tokens, token({ type: 'OTHER' }), revision);
      expect((await read(tokens, address)).data.type).toBe('APP_USER');
    });

    it('deletes once, or updates once, of twenty who try both', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token());
      const { revision } = await read(tokens, addressOf(token()));
      const tries = racers.map((index) =>
        index % 2 === 0
          ? erase(tokens, token(), revision)
          : tokens.update(receivedUpdate(token({ issuer: `issuer ${index}` }), revision)),
      );
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'conflict'));
    });
  });

  describe('tokens: delete of an own one', () => {
    const nobody = { valid: false, issuer: 'erased', contract_id: 'erased' };

    it('puts another in its place of the list, and counts as many as before (LIST-11, TOK-FLOW-02)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const all = series(ours, 5);
      await createOwn(tokens, all);
      const data = ownToken(ours, { ...nobody, uid: 'random', last_updated: '2026-06-01T00:00:00.000Z' });
      await replaceOwn(tokens, all[2] as Token, { data, settings: { blocked: true } });

      const expected = all.with(2, data);
      for (const limit of [1, 2, 5, 10]) expect(await crawl(tokens, ours, {}, limit)).toStrictEqual(expected);
      for (const offset of [0, 2, 3]) {
        expectPage(await listPage(tokens, ours, {}, offset, 2), expected, offset, 2);
      }
      const stored = await readOwn(tokens, data);
      expect(stored).toStrictEqual({ data, settings: { blocked: true }, revision: stored.revision });
    });

    it('leaves nothing under the old uid, and frees it', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 2));
      const { revision } = await readOwn(tokens, ownToken(ours, { uid: 'T0' }));
      await replaceOwn(tokens, ownToken(ours, { uid: 'T0' }), { data: ownToken(ours, { ...nobody, uid: 'new' }) });
      expect(await tokens.get(emspCall({ id: 'T0', token_type: 'RFID' }))).toBeUndefined();
      expect(await tokens.get(emspCall({ id: 'T0' }))).toBeUndefined();
      expect((await readOwn(tokens, ownToken(ours, { uid: 'new' }))).revision).not.toBe(revision);

      await createOwn(tokens, [ownToken(ours, { uid: 'T0' })]);
      expect(uidsOf(await crawl(tokens, ours))).toEqual(['new', 'T1', 'T0']);
    });

    it('is found by its new dates, in the same place, and no longer by the old ones (LIST-03)', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 4));
      const last_updated = '2026-06-01T00:00:00.000Z';
      await updateOwn(tokens, ownToken(ours, { uid: 'T3', last_updated }));
      const data = ownToken(ours, { ...nobody, uid: 'new', last_updated });
      await replaceOwn(tokens, ownToken(ours, { uid: 'T1' }), { data });
      expect(uidsOf(await crawl(tokens, ours, { date_from: last_updated }))).toEqual(['new', 'T3']);
      expect(uidsOf(await crawl(tokens, ours, { date_to: last_updated }))).toEqual(['T0', 'T2']);
    });

    it('may change the type alone, or nothing of the identity', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 2));
      await replaceOwn(tokens, ownToken(ours, { uid: 'T0' }), { data: ownToken(ours, { uid: 'T0', type: 'OTHER' }) });
      expect(await tokens.get(emspCall({ id: 'T0', token_type: 'RFID' }))).toBeUndefined();
      expect((await tokens.get(emspCall({ id: 'T0' })))?.data.type).toBe('OTHER');

      const same = ownToken(ours, { ...nobody, uid: 't1' });
      await replaceOwn(tokens, ownToken(ours, { uid: 'T1' }), { data: same });
      expect((await readOwn(tokens, same)).data).toStrictEqual(same);
      expect(uidsOf(await crawl(tokens, ours))).toEqual(['T0', 't1']);
    });

    it('can be updated and replaced again', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 3));
      await replaceOwn(tokens, ownToken(ours, { uid: 'T1' }), { data: ownToken(ours, { uid: 'new' }) });
      await updateOwn(tokens, ownToken(ours, { uid: 'new', issuer: 'updated' }));
      await replaceOwn(tokens, ownToken(ours, { uid: 'new' }), { data: ownToken(ours, { uid: 'newer' }) });
      expect(uidsOf(await crawl(tokens, ours))).toEqual(['T0', 'newer', 'T2']);
    });

    it('refuses an identity in use, and changes nothing', async () => {
      const { tokens, ours, other } = tokensOf(opened());
      await createOwn(tokens, [...series(ours, 2), ownToken(other, { uid: 'theirs' })]);
      for (const uid of ['t1', 'theirs']) {
        const data = ownToken(ours, { ...nobody, uid });
        const replacement = replaceOwn(tokens, ownToken(ours, { uid: 'T0' }), { data });
        expect(await outcomeOf(replacement)).toBe('already-exists');
      }
      expect(await crawl(tokens, ours)).toStrictEqual(series(ours, 2));
      for (const data of series(ours, 2)) expect((await readOwn(tokens, data)).data).toStrictEqual(data);
    });

    it('refuses a revision that has passed, and what is not there', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 1));
      const [old] = series(ours, 1) as [Token];
      const { revision } = await readOwn(tokens, old);
      await updateOwn(tokens, old);
      const data = ownToken(ours, { uid: 'new' });
      for (const gone of [old, ownToken(ours, { uid: 'absent' }), { ...old, type: 'OTHER' }]) {
        expect(await outcomeOf(tokens.delete({ ...ownUpdate(gone, revision), data }))).toBe('conflict');
      }
      expect(await tokens.get(emspCall({ id: 'new' }))).toBeUndefined();
      expect(await crawl(tokens, ours)).toStrictEqual([old]);
    });

    it('replaces once, of twenty who try', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 2));
      const [old] = series(ours, 1) as [Token];
      const { revision } = await readOwn(tokens, old);
      const tries = racers.map((index) =>
        tokens.delete({ ...ownUpdate(old, revision), data: ownToken(ours, { uid: `new ${index}` }) }),
      );
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'conflict'));
      const [first, second, ...rest] = uidsOf(await crawl(tokens, ours));
      expect(first).toMatch(/^new /);
      expect(second).toBe('T1');
      expect(rest).toEqual([]);
      const left = await Promise.all(racers.map((index) => tokens.get(emspCall({ id: `new ${index}` }))));
      expect(left.filter((stored) => stored !== undefined)).toHaveLength(1);
    });
  });
}
