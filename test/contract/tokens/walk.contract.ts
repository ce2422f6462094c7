/** Tokens: a list of our own that is followed to its end while Tokens are written. */
import { describe, expect, it } from 'vitest';
import type { TokensStorage } from '../../../lib/crud/crud.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import type { PartyId } from '../../../lib/ocpi/versions.ts';
import { ownToken } from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import {
  createOwn,
  type Dates,
  dataOf,
  listPage,
  pagesOf,
  replaceOwn,
  series,
  tokensOf,
  uidsOf,
  updateOwn,
  type Way,
  ways,
} from './support.ts';

const early = '2026-01-31T00:00:00.000Z';
const late = '2026-06-01T00:00:00.000Z';

/** Ten Tokens, of which those with an even number are late. */
const mixed = (party: PartyId): Token[] =>
  series(party, 10).map((data, index) => ({ ...data, last_updated: index % 2 === 0 ? late : early }));

interface Walk {
  party: PartyId;
  dates?: Dates;
  limit: number;
  way: Way;
  /** What is written behind each page. */
  write?: (turn: number) => Promise<void>;
}

/** The uids that a walk sees, and the total that its last page says. */
async function walk(tokens: TokensStorage, { party, dates = {}, limit, way, write }: Walk) {
  const seen: string[] = [];
  let turn = 0;
  let total: number | undefined;
  for await (const page of pagesOf(tokens, party, dates, limit, way)) {
    seen.push(...uidsOf(dataOf(page)));
    total = page.total;
    await write?.(turn);
    turn += 1;
  }
  return { seen, total };
}

export function walkContract(opened: () => OpenedStorage): void {
  describe.each(ways)('tokens: list, walked %s', (way) => {
    it.each([
      ['all', {}, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
      ['those from a date on', { date_from: late }, [0, 2, 4, 6, 8]],
      ['those before a date', { date_to: late }, [1, 3, 5, 7, 9]],
      ['those of a time', { date_from: early, date_to: '2026-12-31T00:00:00.000Z' }, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]],
      ['none', { date_from: '2026-12-31T00:00:00.000Z' }, []],
    ] as [string, Dates, number[]][])('has %s, with the total on every page', async (_, dates, expected) => {
      const { tokens, ours, other } = tokensOf(opened());
      await createOwn(tokens, [...mixed(ours), ...series(other, 3, 'other')]);
      const uids = expected.map((index) => `T${index}`);
      for (const limit of [1, 2, 3, 5, 9, 10, 11]) {
        const seen: string[] = [];
        for await (const page of pagesOf(tokens, ours, dates, limit, way)) {
          seen.push(...uidsOf(dataOf(page)));
          expect(page.total).toBe(uids.length);
          expect(page.isLast).toBe(seen.length === uids.length);
        }
        expect(seen).toEqual(uids);
      }
    });

    it('appends what is created meanwhile, and counts it (LIST-12)', async () => {
      const { tokens, ours } = tokensOf(opened());
      for (const [name, dates] of Object.entries({ all: {}, dated: { date_from: early } })) {
        const before = series(ours, 4, `${name} before `);
        await createOwn(tokens, before);
        const { seen, total } = await walk(tokens, {
          party: ours,
          dates,
          limit: 2,
          way,
          write: async (turn) => {
            if (turn < 2) await createOwn(tokens, series(ours, turn + 1, `${name} meanwhile ${turn}-`));
          },
        });
        expect(seen.filter((uid) => uid.startsWith(name))).toEqual([
          ...uidsOf(before),
          ...['0-0', '1-0', '1-1'].map((uid) => `${name} meanwhile ${uid}`),
        ]);
        expect(total).toBe(seen.length);
      }
    });

    it('skips and repeats none while Tokens of all places are updated (LIST-11)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const all = mixed(ours);
      await createOwn(tokens, all);
      const { seen } = await walk(tokens, {
        party: ours,
        limit: 2,
        way,
        write: async (turn) => {
          for (const index of [0, turn, 9]) {
            await updateOwn(tokens, ownToken(ours, { uid: `T${index}`, last_updated: turn % 2 === 0 ? early : late }));
          }
        },
      });
      expect(seen).toEqual(uidsOf(all));
    });

    it('skips and repeats none while Tokens are erased, before its place and behind it', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 8));
      const { seen, total } = await walk(tokens, {
        party: ours,
        limit: 2,
        way,
        write: async (turn) => {
          if (turn > 0) return;
          for (const uid of ['T0', 'T3', 'T7']) {
            const data = ownToken(ours, { uid: `${uid} erased`, valid: false });
            await replaceOwn(tokens, ownToken(ours, { uid }), { data });
          }
        },
      });
      expect(seen).toEqual(['T0', 'T1', 'T2', 'T3 erased', 'T4', 'T5', 'T6', 'T7 erased']);
      expect(total).toBe(8);
    });

    it('has by date what changes ahead of it, once', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, mixed(ours));
      const { seen } = await walk(tokens, {
        party: ours,
        dates: { date_from: late },
        limit: 2,
        way,
        write: async (turn) => {
          if (turn === 0) await updateOwn(tokens, ownToken(ours, { uid: 'T7', last_updated: late }));
        },
      });
      expect(seen).toEqual(['T0', 'T2', 'T4', 'T6', 'T7', 'T8']);
    });

    it('is of its party alone, though others are written', async () => {
      const { tokens, ours, other } = tokensOf(opened());
      await createOwn(tokens, series(ours, 5));
      const { seen, total } = await walk(tokens, {
        party: ours,
        limit: 1,
        way,
        write: (turn) => createOwn(tokens, [ownToken(other, { uid: `other ${turn}` })]),
      });
      expect(seen).toEqual(uidsOf(series(ours, 5)));
      expect(total).toBe(5);
    });
  });

  describe('tokens: list, from a place', () => {
    it('repeats and skips none by date where what it has passed is no longer in that time', async ({ skip }) => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, mixed(ours));
      const first = await listPage(tokens, ours, { date_to: late }, 0, 2);
      if (first.next === undefined) skip('this storage has no places of its own lists');
      // An offset would now skip T5: a place does not.
      await updateOwn(tokens, ownToken(ours, { uid: 'T1', last_updated: late }));
      const second = await listPage(tokens, ours, { date_to: late }, 2, 10, first.next);
      expect([...dataOf(first), ...dataOf(second)].map(({ uid }) => uid)).toEqual(['T1', 'T3', 'T5', 'T7', 'T9']);
    });

    it('is good for any number of pages, and more than once', async ({ skip }) => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 6));
      const { next } = await listPage(tokens, ours, {}, 0, 2);
      if (next === undefined) skip('this storage has no places of its own lists');
      for (const limit of [4, 1, 2, 100]) {
        const { uid } = dataOf(await listPage(tokens, ours, {}, 2, limit, next))[0] as Token;
        expect(uid).toBe('T2');
      }
    });
  });
}
