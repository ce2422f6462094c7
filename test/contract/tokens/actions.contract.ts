/** Tokens: the optional actions, which do nothing that the plain calls could not, many at once. */
import { describe, expect, it } from 'vitest';
import {
  maxTokensAtOnce,
  type TokenActions,
  type TokensStorage,
  type TokenWrite,
  type WriteOutcome,
} from '../../../lib/crud/crud.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import type { PartyId } from '../../../lib/ocpi/versions.ts';
import type { TokenSettings } from '../../../lib/tokens/settings.ts';
import { addressOf, cpoCall, emspCall, fullToken, ownToken, swapCase, token } from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { racers } from '../support.ts';
import { crawl, createOwn, readOwn, receive, series, tokensOf, uidsOf, updateOwn } from './support.ts';

type Skip = (reason: string) => never;

function reader({ actions }: TokensStorage, skip: Skip) {
  const read: TokenActions['ReadTokens'] =
    actions?.ReadTokens ?? skip('this storage leaves ReadTokens to the plain calls of the core');
  return (...named: { id: string; token_type: string }[]) =>
    read(emspCall({ action: 'ReadTokens' as const, data: named }));
}

function receivedReader({ actions }: TokensStorage, skip: Skip) {
  const read: TokenActions['ReadTokens'] =
    actions?.ReadTokens ?? skip('this storage leaves ReadTokens to the plain calls of the core');
  return (...named: (PartyId & { id: string; token_type: string })[]) =>
    read(cpoCall({ action: 'ReadTokens' as const, data: named }));
}

function writer({ actions }: TokensStorage, skip: Skip) {
  const write: TokenActions['WriteTokens'] =
    actions?.WriteTokens ?? skip('this storage leaves WriteTokens to the plain calls of the core');
  return (...writes: TokenWrite[]) => write(emspCall({ action: 'WriteTokens' as const, data: writes }));
}

const creating = (data: Token, settings: TokenSettings = {}): TokenWrite => ({ data, settings });

/** A write over what is there. */
const updating = async (tokens: TokensStorage, data: Token, settings: TokenSettings = {}): Promise<TokenWrite> => ({
  data,
  settings,
  revision: (await readOwn(tokens, data)).revision,
});

const named = ({ uid, type }: Token) => ({ id: uid, token_type: type });
const allDone = (count: number): WriteOutcome[] => Array.from({ length: count }, () => 'done');

export function actionsContract(opened: () => OpenedStorage): void {
  describe('tokens: ReadTokens', () => {
    it('answers each as get does with a type, in the order of the question', async ({ skip }) => {
      const { tokens, ours, other } = tokensOf(opened());
      const read = reader(tokens, skip);
      const all = [ownToken(ours, { uid: 'aB' }), ownToken(other, { uid: 'C', type: 'APP_USER' }), fullToken(ours)];
      await createOwn(tokens, all);
      await updateOwn(tokens, all[2] as Token, { hasNoCredit: true });
      await receive(tokens, ownToken(ours, { uid: 'received' }));
      const stored = await Promise.all(all.map((data) => readOwn(tokens, data)));

      expect(await read()).toEqual([]);
      const answer = await read(
        { id: 'C', token_type: 'RFID' },
        named(all[2] as Token),
        { id: swapCase('aB'), token_type: 'RFID' },
        { id: 'received', token_type: 'RFID' },
        named(all[1] as Token),
      );
      expect(answer).toStrictEqual([undefined, stored[2], stored[0], undefined, stored[1]]);
    });

    it('answers received ones too, by their owners', async ({ skip }) => {
      const { tokens, ours } = tokensOf(opened());
      const read = receivedReader(tokens, skip);
      const other = { country_code: 'FR', party_id: 'XXX' };
      const all = [token({ uid: 'aB' }), token({ uid: 'aB', ...other }), fullToken({ uid: 'C', type: 'APP_USER' })];
      for (const data of all) await receive(tokens, data);
      await createOwn(tokens, [ownToken(ours, { uid: 'own' })]);

      const answer = await read(
        addressOf(all[2] as Token),
        addressOf({ ...(all[1] as Token), uid: swapCase('aB'), country_code: 'fr' }),
        addressOf(ownToken(ours, { uid: 'own' })),
        addressOf({ ...(all[0] as Token), type: 'OTHER' }),
        addressOf(all[0] as Token),
      );
      const stored = await Promise.all([2, 1, 0].map((index) => tokens.get(cpoCall(addressOf(all[index] as Token)))));
      expect(answer).toStrictEqual([stored[0], stored[1], undefined, undefined, stored[2]]);
      expect(answer[0]).toMatchObject({ data: all[2], arrived_at: expect.any(String) });
    });

    it(`reads ${maxTokensAtOnce} at once`, async ({ skip }) => {
      const { tokens, ours } = tokensOf(opened());
      const read = reader(tokens, skip);
      const all = series(ours, maxTokensAtOnce);
      await createOwn(tokens, all);
      const reversed = all.toReversed();
      expect((await read(...reversed.map(named))).map((stored) => stored?.data)).toStrictEqual(reversed);
    });
  });

  describe('tokens: WriteTokens', () => {
    it('creates in the order in which they stand, behind what is there (LIST-11)', async ({ skip }) => {
      const { tokens, ours } = tokensOf(opened());
      const write = writer(tokens, skip);
      await createOwn(tokens, series(ours, 2, 'before'));
      const all = ['m', 'z', 'a', '0'].map((uid) => ownToken(ours, { uid }));
      expect(await write()).toEqual([]);
      expect(await write(...all.map((data) => creating(data, { blocked: true })))).toEqual(allDone(4));
      await createOwn(tokens, [ownToken(ours, { uid: 'behind' })]);
      const listed = await crawl(tokens, ours, {}, 3);
      expect(uidsOf(listed)).toEqual(['before0', 'before1', 'm', 'z', 'a', '0', 'behind']);
      for (const data of all) {
        expect(await readOwn(tokens, data)).toMatchObject({ data, settings: { blocked: true } });
      }
    });

    it('gives each the outcome that it would have by itself, and does all that can be done', async ({ skip }) => {
      const { tokens, ours } = tokensOf(opened());
      const write = writer(tokens, skip);
      await createOwn(tokens, series(ours, 4));
      const [fresh, stale, , taken] = series(ours, 4) as [Token, Token, Token, Token];
      const passed = await updating(tokens, { ...stale, issuer: 'too late' });
      await updateOwn(tokens, { ...stale, issuer: 'in time' });

      const outcomes = await write(
        creating(ownToken(ours, { uid: 'new' })),
        await updating(tokens, { ...fresh, issuer: 'updated' }, { hasNoCredit: true }),
        passed,
        creating({ ...taken, uid: swapCase(taken.uid), issuer: 'taken' }),
        { ...creating(ownToken(ours, { uid: 'absent' })), revision: passed.revision ?? '' },
        creating(ownToken(ours, { uid: 'newer' })),
      );
      expect(outcomes).toEqual(['done', 'done', 'conflict', 'already-exists', 'conflict', 'done']);
      expect(uidsOf(await crawl(tokens, ours))).toEqual(['T0', 'T1', 'T2', 'T3', 'new', 'newer']);
      expect((await readOwn(tokens, fresh)).settings).toStrictEqual({ hasNoCredit: true });
      expect((await readOwn(tokens, fresh)).data.issuer).toBe('updated');
      expect((await readOwn(tokens, stale)).data.issuer).toBe('in time');
      expect((await readOwn(tokens, taken)).data).toStrictEqual(taken);
    });

    it('refuses all of them one by one, and counts none', async ({ skip }) => {
      const { tokens, ours } = tokensOf(opened());
      const write = writer(tokens, skip);
      await createOwn(tokens, series(ours, 3));
      const outcomes = await write(...series(ours, 3).map((data) => creating({ ...data, issuer: 'another' })));
      expect(outcomes).toEqual(['already-exists', 'already-exists', 'already-exists']);
      expect(await crawl(tokens, ours)).toStrictEqual(series(ours, 3));
    });

    it('replaces each as a whole, with a new revision', async ({ skip }) => {
      const { tokens, ours } = tokensOf(opened());
      const write = writer(tokens, skip);
      await createOwn(tokens, [fullToken(ours)]);
      const update = await updating(tokens, ownToken(ours, { last_updated: '2026-06-01T00:00:00.000Z' }));
      expect(await write(update)).toEqual(['done']);
      expect((await readOwn(tokens, update.data)).data).toStrictEqual(update.data);
      expect(uidsOf(await crawl(tokens, ours, { date_from: '2026-06-01T00:00:00.000Z' }))).toHaveLength(1);
      expect(await write(update)).toEqual(['conflict']);
    });

    it('writes for several parties at once, each in its own list', async ({ skip }) => {
      const { tokens, ours, other } = tokensOf(opened());
      const write = writer(tokens, skip);
      const turns = series(ours, 5, 'A').flatMap((data, index) => [data, ownToken(other, { uid: `B${index}` })]);
      expect(await write(...turns.map((data) => creating(data)))).toEqual(allDone(10));
      for (const [party, prefix] of [
        [ours, 'A'],
        [other, 'B'],
      ] as const) {
        expect(await crawl(tokens, party)).toStrictEqual(series(party, 5, prefix));
      }
      const theirs = ownToken(other, { uid: 'A0' });
      expect(await write(creating(theirs))).toEqual(['already-exists']);
    });

    it(`writes ${maxTokensAtOnce} at once, and again`, async ({ skip }) => {
      const { tokens, ours, other } = tokensOf(opened());
      const write = writer(tokens, skip);
      const all = [...series(ours, 50, 'A'), ...series(other, maxTokensAtOnce - 50, 'B')];
      expect(await write(...all.map((data) => creating(data)))).toEqual(allDone(maxTokensAtOnce));
      expect(await crawl(tokens, ours)).toStrictEqual(series(ours, 50, 'A'));
      const updates = await Promise.all(all.map((data) => updating(tokens, { ...data, valid: false })));
      expect(await write(...updates)).toEqual(allDone(maxTokensAtOnce));
      expect((await crawl(tokens, other)).every(({ valid }) => !valid)).toBe(true);
    });

    it('creates each Token once, of twenty who try many at once', async ({ skip }) => {
      const { tokens, ours } = tokensOf(opened());
      const write = writer(tokens, skip);
      const all = series(ours, 5);
      /** As whoever writes many does it: what met others is tried again. */
      const insist = async (writes: TokenWrite[]): Promise<WriteOutcome[]> => {
        const outcomes = await write(...writes);
        const met = writes.filter((_, index) => outcomes[index] === 'conflict');
        const again = met.length > 0 ? await insist(met) : [];
        return [...outcomes.filter((outcome) => outcome !== 'conflict'), ...again];
      };
      const outcomes = await Promise.all(racers.map(() => insist(all.map((data) => creating(data)))));
      expect(outcomes.flat().filter((outcome) => outcome === 'done')).toHaveLength(5);
      expect(uidsOf(await crawl(tokens, ours, {}, 2)).sort()).toEqual(uidsOf(all));
    });
  });
}
