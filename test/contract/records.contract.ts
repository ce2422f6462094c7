/** The rules of `RecordsStorage`, one test each. */
import { describe, expect, it } from 'vitest';
import type { JsonObject, RecordsStorage } from '../../lib/crud/crud.ts';
import type { OpenedStorage } from './crud.contract.ts';
import { expectAnEnd, oneWinnerOf, outcomeOf, outcomesOf, racers, spoil } from './support.ts';

const collection = 'push';

const at = (id: string) => ({ collection, id });

async function revisionOf(records: RecordsStorage, id: string): Promise<string> {
  const stored = await records.get(at(id));
  if (!stored) throw new Error(`There is no record ${id}`);
  return stored.revision;
}

/** All ids, page by page. */
async function idsOf(records: RecordsStorage, call: { collection?: string; prefix?: string }, limit = 100) {
  const ids: string[] = [];
  let after: string | undefined;
  for (let pages = 0; ; pages += 1) {
    expectAnEnd(pages);
    const page = await records.list({ collection, ...call, limit, ...(after !== undefined && { after }) });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    ids.push(...page.items.map(({ id }) => id));
    if (page.next === undefined) return ids;
    expect(page.next, 'another place').not.toBe(after);
    after = page.next;
  }
}

const everyJson: JsonObject = {
  text: 'Łódź 電気 🔌',
  empty: '',
  number: -0.25,
  no: false,
  nothing: null,
  list: [1, 'two', [], {}],
  nested: { '': { 'a.b#c': ['deep'] } },
};

export function recordsContract(opened: () => OpenedStorage): void {
  describe('records', () => {
    it('gives back any JSON as it was written', async () => {
      const { records } = opened().storage;
      await records.create({ ...at('any'), data: everyJson });
      await records.create({ ...at('empty'), data: {} });
      expect((await records.get(at('any')))?.data).toStrictEqual(everyJson);
      expect((await records.get(at('empty')))?.data).toStrictEqual({});
      expect(await records.get(at('unknown'))).toBeUndefined();
      const { items } = await records.list({ collection, limit: 10 });
      const [any, empty] = await Promise.all(['any', 'empty'].map((id) => records.get(at(id))));
      expect(items).toStrictEqual([
        { id: 'any', ...any },
        { id: 'empty', ...empty },
      ]);
    });

    it('create never overwrites', async () => {
      const { records } = opened().storage;
      await records.create({ ...at('a'), data: { n: 1 } });
      const before = await records.get(at('a'));
      expect(await outcomeOf(records.create({ ...at('a'), data: { n: 2 } }))).toBe('already-exists');
      expect(await records.get(at('a'))).toStrictEqual(before);
    });

    it('update replaces the record as a whole, and has a new revision each time', async () => {
      const { records } = opened().storage;
      await records.create({ ...at('a'), data: { n: 1, gone: true } });
      const revisions = [await revisionOf(records, 'a')];
      for (const data of [{ n: 2 }, { n: 2 }]) {
        await records.update({ ...at('a'), data, revision: await revisionOf(records, 'a') });
        expect((await records.get(at('a')))?.data).toStrictEqual(data);
        revisions.push(await revisionOf(records, 'a'));
      }
      expect(new Set(revisions).size).toBe(3);
    });

    it('create and update tell the revision that get will tell', async () => {
      const { records } = opened().storage;
      const created = await records.create({ ...at('a'), data: {} });
      expect(await revisionOf(records, 'a')).toBe(created);
      const updated = await records.update({ ...at('a'), data: { n: 1 }, revision: created });
      expect(await revisionOf(records, 'a')).toBe(updated);
      expect(updated).not.toBe(created);
    });

    it('update refuses a revision that has passed, and never creates', async () => {
      const { records } = opened().storage;
      await records.create({ ...at('a'), data: { n: 1 } });
      const passed = await revisionOf(records, 'a');
      await records.update({ ...at('a'), data: { n: 2 }, revision: passed });
      expect(await outcomeOf(records.update({ ...at('a'), data: { n: 3 }, revision: passed }))).toBe('conflict');
      expect(await outcomeOf(records.update({ ...at('b'), data: { n: 3 }, revision: passed }))).toBe('conflict');
      expect((await records.get(at('a')))?.data).toStrictEqual({ n: 2 });
      expect(await records.get(at('b'))).toBeUndefined();
    });

    it('delete takes the record away, whatever it holds, and what is not there is no error', async () => {
      const { records } = opened().storage;
      await records.create({ ...at('a'), data: { n: 1 } });
      await records.create({ ...at('b'), data: {} });
      const revision = await revisionOf(records, 'a');
      await records.delete(at('a'));
      await records.delete(at('a'));
      expect(await records.get(at('a'))).toBeUndefined();
      expect(await outcomeOf(records.update({ ...at('a'), data: {}, revision }))).toBe('conflict');
      expect(await idsOf(records, {})).toEqual(['b']);
      await records.create({ ...at('a'), data: { n: 2 } });
      expect(await revisionOf(records, 'a')).not.toBe(revision);
    });

    it('delete with a revision takes away only what has that revision', async () => {
      const { records } = opened().storage;
      await records.create({ ...at('a'), data: { n: 1 } });
      const passed = await revisionOf(records, 'a');
      await records.update({ ...at('a'), data: { n: 2 }, revision: passed });
      expect(await outcomeOf(records.delete({ ...at('a'), revision: passed }))).toBe('conflict');
      expect((await records.get(at('a')))?.data).toStrictEqual({ n: 2 });
      await records.delete({ ...at('a'), revision: await revisionOf(records, 'a') });
      expect(await records.get(at('a'))).toBeUndefined();
    });

    it('keeps collections apart, and ids and collections to the letter', async () => {
      const { records } = opened().storage;
      const addresses = [
        ['push', 'a'],
        ['push', 'A'],
        ['pull', 'a'],
        ['Push', 'a'],
        ['push/a', 'b'],
        ['push', 'a/b'],
        ['push#a', 'b'],
        ['push', 'a#b'],
      ].map(([collection = '', id = '']) => ({ collection, id }));
      for (const address of addresses) await records.create({ ...address, data: { address } });
      for (const address of addresses) expect((await records.get(address))?.data).toStrictEqual({ address });
      expect(await idsOf(records, {})).toEqual(['A', 'a', 'a#b', 'a/b']);
      expect(await idsOf(records, { collection: 'pull' })).toEqual(['a']);
      expect(await idsOf(records, { collection: 'none' })).toEqual([]);

      await records.delete({ collection: 'push', id: 'a' });
      for (const address of addresses.slice(1)) expect(await records.get(address)).toBeDefined();
    });

    it('takes names of two hundred characters, of all that ASCII prints', async () => {
      const { records } = opened().storage;
      const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
      for (const id of ['~'.repeat(200), printable, ` ${printable}`]) {
        await records.create({ collection: printable.padEnd(200, 'x'), id, data: { id } });
        expect((await records.get({ collection: printable.padEnd(200, 'x'), id }))?.data).toStrictEqual({ id });
      }
    });

    it('shares no object with its caller', async () => {
      const { records } = opened().storage;
      const given = { list: [1] };
      const change = (data: JsonObject | undefined) => {
        if (data) (data.list as number[]).push(2);
      };
      await records.create({ ...at('a'), data: given });
      spoil(given, change);
      spoil((await records.get(at('a')))?.data, change);
      spoil((await records.list({ collection, limit: 1 })).items[0]?.data, change);
      expect((await records.get(at('a')))?.data).toStrictEqual({ list: [1] });
    });
  });

  describe('records: list', () => {
    const ids = ['10', '2', 'A', 'a', 'a b', 'a%', 'a*', 'a_', 'aa', 'ab', 'b', 'ba', '~'];

    async function open(): Promise<RecordsStorage> {
      const { records } = opened().storage;
      for (const id of ids.toReversed()) await records.create({ ...at(id), data: { id } });
      return records;
    }

    it('is by id, in the order of the characters, in pages of any size', async () => {
      const records = await open();
      for (const limit of [1, 2, 5, 12, 13, 14]) expect(await idsOf(records, {}, limit)).toEqual(ids);
    });

    it('has those whose ids begin with a prefix, to the letter', async () => {
      const records = await open();
      for (const limit of [1, 2, 100]) {
        for (const prefix of ['a', 'A', 'a%', 'a_', 'a*', 'a ', '1', '~', 'aab', '']) {
          const expected = ids.filter((id) => id.startsWith(prefix));
          expect(await idsOf(records, { prefix }, limit)).toEqual(expected);
        }
      }
    });

    it('skips and repeats none that was there before, whatever is written between its pages', async () => {
      const records = await open();
      const seen: string[] = [];
      let after: string | undefined;
      do {
        expectAnEnd(seen.length);
        const page = await records.list({ collection, limit: 2, ...(after !== undefined && { after }) });
        for (const { id, revision } of page.items) {
          seen.push(id);
          await records.delete({ ...at(id), revision });
        }
        await records.create({ ...at(`0 ${seen.length}`), data: {} });
        after = page.next;
      } while (after !== undefined);
      expect(seen).toEqual(ids);
    });

    it('sees what has been written the moment before', async () => {
      const { records } = opened().storage;
      for (const index of racers) {
        await records.create({ ...at(`id ${index + 10}`), data: { index } });
        expect(await idsOf(records, {}, 7)).toHaveLength(index + 1);
      }
    });
  });

  describe('records: races', () => {
    it('creates one record exactly once, of twenty who try', async () => {
      const { records } = opened().storage;
      const tries = racers.map((index) => records.create({ ...at('a'), data: { index } }));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'already-exists'));
    });

    it('updates one revision exactly once, of twenty who try', async () => {
      const { records } = opened().storage;
      await records.create({ ...at('a'), data: {} });
      const revision = await revisionOf(records, 'a');
      const updates = racers.map((index) => records.update({ ...at('a'), data: { index }, revision }));
      expect(await outcomesOf(updates)).toEqual(oneWinnerOf(20, 'conflict'));
    });

    it('loses no update of twenty that each start again from get', async () => {
      const { records } = opened().storage;
      await records.create({ ...at('a'), data: { n: 0 } });
      const count = async (): Promise<void> => {
        const { data, revision } = (await records.get(at('a'))) ?? { data: {}, revision: '' };
        const update = records.update({ ...at('a'), data: { n: Number(data.n) + 1 }, revision });
        if ((await outcomeOf(update)) === 'conflict') await count();
      };
      await Promise.all(racers.map(count));
      expect((await records.get(at('a')))?.data).toStrictEqual({ n: 20 });
    });
  });
}
