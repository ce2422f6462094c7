/** Tokens: list of our own, page by page. */
import { describe, expect, it } from 'vitest';
import type { Token } from '../../../lib/ocpi/token.ts';
import { foreignParty, ownCreation, ownToken, swapCase, token } from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { outcomeOf } from '../support.ts';
import {
  crawl,
  createOwn,
  type Dates,
  dataOf,
  expectPage,
  listPage,
  readOwn,
  receive,
  series,
  tokensOf,
  uidsOf,
  updateOwn,
} from './support.ts';

export function listContract(opened: () => OpenedStorage): void {
  describe('tokens: list', () => {
    it('of nothing is one empty page (LIST-15)', async () => {
      const { tokens, ours } = tokensOf(opened());
      for (const dates of [{}, { date_from: '2020-01-01T00:00:00.000Z' }]) {
        expectPage(await listPage(tokens, ours, dates, 0, 10), [], 0, 10);
        expectPage(await listPage(tokens, ours, dates, 7, 10), [], 7, 10);
      }
    });

    it('is in order of creation, whatever uid, type and last_updated say (LIST-11)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const all = [
        ownToken(ours, { uid: 'M', last_updated: '2026-03-01T00:00:00.000Z' }),
        ownToken(ours, { uid: 'z', type: 'APP_USER', last_updated: '2026-01-01T00:00:00.000Z' }),
        ownToken(ours, { uid: 'A', last_updated: '2026-05-01T00:00:00.000Z' }),
        ownToken(ours, { uid: 'z', type: 'AD_HOC_USER', last_updated: '2026-02-01T00:00:00.000Z' }),
        ownToken(ours, { uid: '0', last_updated: '2026-01-01T00:00:00.000Z' }),
      ];
      await createOwn(tokens, all);
      expect(await crawl(tokens, ours)).toStrictEqual(all);
      expect(await crawl(tokens, ours, { date_from: '2026-01-01T00:00:00.000Z' })).toStrictEqual(all);
      expect(await crawl(tokens, ours, { date_from: '2026-01-15T00:00:00.000Z' })).toStrictEqual([
        all[0],
        all[2],
        all[3],
      ]);
    });

    it('cuts every page right, with the exact total and the end marked (LIST-02, LIST-07, LIST-15)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const all = series(ours, 5);
      await createOwn(tokens, all);
      const dates = { date_from: '2026-01-01T00:00:00.000Z', date_to: '2027-01-01T00:00:00.000Z' };
      for (const query of [{}, dates]) {
        for (const limit of [1, 2, 3, 4, 5, 6, 1000]) {
          for (const offset of [0, 1, 3, 4, 5, 6, 1000, 2 ** 31]) {
            expectPage(await listPage(tokens, ours, query, offset, limit), all, offset, limit);
          }
        }
      }
    });

    it('is complete when crawled, with every page size (LIST-02)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const all = series(ours, 7);
      await createOwn(tokens, all);
      for (const limit of [1, 2, 3, 6, 7, 8]) {
        expect(await crawl(tokens, ours, {}, limit)).toStrictEqual(all);
        expect(await crawl(tokens, ours, { date_from: '2026-01-01T00:00:00.000Z' }, limit)).toStrictEqual(all);
      }
    });

    it('is complete beyond a hundred Tokens (LIST-02)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const all = series(ours, 120);
      await createOwn(tokens, all);
      expect(await crawl(tokens, ours, {}, 1000)).toStrictEqual(all);
      expect(await crawl(tokens, ours, { date_to: '2027-01-01T00:00:00.000Z' }, 1000)).toStrictEqual(all);
    });

    it('takes date_from inclusive and date_to exclusive (LIST-03)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const instants = ['2026-01-31T11:59:59.999Z', '2026-01-31T12:00:00.000Z', '2026-01-31T12:00:00.001Z'] as const;
      const all = instants.map((last_updated, index) => ownToken(ours, { uid: `T${index}`, last_updated }));
      await createOwn(tokens, all);
      const [before, noon, after] = instants;
      const found = async (dates: Dates) => uidsOf(await crawl(tokens, ours, dates));

      expect(await found({ date_from: noon })).toEqual(['T1', 'T2']);
      expect(await found({ date_to: noon })).toEqual(['T0']);
      expect(await found({ date_from: noon, date_to: after })).toEqual(['T1']);
      expect(await found({ date_from: before, date_to: '2026-01-31T12:00:00.002Z' })).toEqual(['T0', 'T1', 'T2']);
      expect(await found({ date_from: '2026-01-31T12:00:00.002Z' })).toEqual([]);
      expect(await found({ date_to: before })).toEqual([]);
    });

    it('of no time at all, or of a reversed one, is empty (LIST-15)', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 3));
      const noon = ownToken(ours).last_updated;
      const reversed = { date_from: '2027-01-01T00:00:00.000Z', date_to: '2025-01-01T00:00:00.000Z' };
      for (const query of [{ date_from: noon, date_to: noon }, reversed]) {
        expectPage(await listPage(tokens, ours, query, 0, 10), [], 0, 10);
        expectPage(await listPage(tokens, ours, query, 2, 1), [], 2, 1);
      }
    });

    it('files a Token under its latest last_updated only (LIST-03)', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 3));
      await updateOwn(tokens, ownToken(ours, { uid: 'T1', last_updated: '2026-06-01T00:00:00.000Z' }));
      expect(uidsOf(await crawl(tokens, ours, { date_from: '2026-06-01T00:00:00.000Z' }))).toEqual(['T1']);
      expect(uidsOf(await crawl(tokens, ours, { date_to: '2026-06-01T00:00:00.000Z' }))).toEqual(['T0', 'T2']);
    });

    it('includes invalid Tokens (TOK-LIST-03)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const all = [ownToken(ours, { uid: 'A', valid: false }), ownToken(ours, { uid: 'B' })];
      await createOwn(tokens, all);
      expect(await crawl(tokens, ours)).toStrictEqual(all);
      await updateOwn(tokens, ownToken(ours, { uid: 'B', valid: false }));
      expect(uidsOf(await crawl(tokens, ours))).toEqual(['A', 'B']);
    });

    it('is not reordered by updates, not even in the middle of a crawl (LIST-11)', async () => {
      const { tokens, ours } = tokensOf(opened());
      const all = series(ours, 6);
      await createOwn(tokens, all);
      const seen: string[] = [];
      for (let offset = 0; offset < all.length; offset += 1) {
        seen.push(...uidsOf(dataOf(await listPage(tokens, ours, {}, offset, 1))));
        const last_updated = `2026-02-0${offset + 1}T00:00:00.000Z`;
        await updateOwn(tokens, ownToken(ours, { uid: 'T0', issuer: `update ${offset}`, last_updated }));
        await updateOwn(tokens, ownToken(ours, { uid: `T${offset}`, valid: false, last_updated }));
      }
      expect(seen).toEqual(uidsOf(all));
      expect(uidsOf(await crawl(tokens, ours))).toEqual(uidsOf(all));
    });

    it('appends what is created during a crawl (LIST-12)', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 2));
      const first = await listPage(tokens, ours, {}, 0, 1);
      await createOwn(tokens, [ownToken(ours, { uid: '0', last_updated: '2020-01-01T00:00:00.000Z' })]);
      expect(uidsOf(dataOf(first))).toEqual(['T0']);
      expect(uidsOf(dataOf(await listPage(tokens, ours, {}, 1, 10)))).toEqual(['T1', '0']);
    });

    it('does not count writes that were refused (LIST-07)', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 2));
      for (const data of series(ours, 2)) await outcomeOf(tokens.create(ownCreation(data)));
      await createOwn(tokens, [ownToken(ours, { uid: 'T2' })]);
      expect(uidsOf(await crawl(tokens, ours))).toEqual(['T0', 'T1', 'T2']);
    });

    it("has one party's Tokens, in their order, whatever is created for another in between (TOK-LIST-06)", async () => {
      const { tokens, ours, other } = tokensOf(opened());
      const of = new Map([ours, other].map((party, index) => [party, series(party, 4, `P${index}-`)]));
      for (const turn of [0, 1, 2, 3]) {
        for (const party of [other, ours]) await createOwn(tokens, of.get(party)?.slice(turn, turn + 1) ?? []);
      }
      for (const [party, all] of of) {
        for (const dates of [{}, { date_from: '2026-01-01T00:00:00.000Z' }]) {
          for (const limit of [1, 2, 3, 100]) expect(await crawl(tokens, party, dates, limit)).toStrictEqual(all);
          expectPage(await listPage(tokens, party, dates, 1, 1), all, 1, 1);
        }
      }
    });

    it('has none of a party without Tokens (TOK-LIST-06)', async () => {
      const { tokens, ours, other } = tokensOf(opened());
      await createOwn(tokens, series(other, 3));
      expect(await crawl(tokens, ours)).toEqual([]);
      expect(await crawl(tokens, other, {}, 2)).toStrictEqual(series(other, 3));
    });

    it('tells parties apart whose ids read the same one after the other (TOK-LIST-06)', async () => {
      const { tokens } = tokensOf(opened());
      const alike = [
        { country_code: 'NL', party_id: 'A' },
        { country_code: 'N', party_id: 'LA' },
        { country_code: 'N', party_id: 'L' },
      ];
      for (const [index, party] of alike.entries()) await createOwn(tokens, [ownToken(party, { uid: `T${index}` })]);
      for (const [index, party] of alike.entries()) expect(uidsOf(await crawl(tokens, party))).toEqual([`T${index}`]);
    });

    it('holds each Token as get returns it, with its settings and revision', async () => {
      const { tokens, ours } = tokensOf(opened());
      const all = series(ours, 3);
      for (const data of all) await tokens.create(ownCreation(data, { expiresAt: '2027-01-01T00:00:00.000Z' }));
      await updateOwn(tokens, all[1] as Token, { hasNoCredit: true });
      const stored = [];
      for (const data of all) stored.push(await readOwn(tokens, data));
      for (const dates of [{}, { date_from: '2026-01-01T00:00:00.000Z' }]) {
        expect((await listPage(tokens, ours, dates, 0, 10)).items).toStrictEqual(stored);
      }
    });

    it('says the total alone where nothing more is asked for', async () => {
      const { tokens, ours, other } = tokensOf(opened());
      const early = { date_to: '2026-01-01T00:00:00.000Z' };
      const late = { date_from: '2026-01-01T00:00:00.000Z' };
      expect(await listPage(tokens, ours, {}, 0, 0)).toMatchObject({ items: [], total: 0, isLast: true, limit: 0 });
      await createOwn(tokens, series(ours, 3));
      for (const [party, dates, total] of [
        [ours, {}, 3],
        [ours, late, 3],
        [ours, early, 0],
        [other, {}, 0],
      ] as const) {
        expect(await listPage(tokens, party, dates, 0, 0)).toMatchObject({ items: [], total, limit: 0 });
      }
    });

    it('names the party in any letter case (RTE-01)', async () => {
      const { tokens, ours: first, other: second } = tokensOf(opened());
      await createOwn(tokens, [ownToken(first, { uid: 'A' }), ownToken(second, { uid: 'B' })]);
      const respelt = { country_code: swapCase(second.country_code), party_id: swapCase(second.party_id) };
      expect(uidsOf(await crawl(tokens, respelt))).toEqual(['B']);
      await createOwn(tokens, [ownToken(respelt, { uid: 'C' })]);
      expect(uidsOf(await crawl(tokens, second))).toEqual(['B', 'C']);
    });

    it('has nothing of a party that is not ours', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 1));
      await receive(tokens, token());
      expectPage(await listPage(tokens, foreignParty, {}, 0, 10), [], 0, 10);
    });
  });
}
