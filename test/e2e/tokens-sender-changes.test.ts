/** The list of our Tokens while they change (docs/requirements.md: Lists): what a CPO that pages through them must not miss. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { emspCall, ownToken, ownUpdate } from '../support/builders.ts';
import { describeStorages } from '../support/every-storage.ts';
import { type Platform, startPlatform, us } from '../support/http.ts';
import { atHour, cpoOf, crawl, success, uidsIn } from '../support/sender.ts';

/** Brings a Token up to date, as a company's own systems do. */
async function touch({ runtime }: Platform, uid: string, last_updated: string): Promise<void> {
  const { tokens } = runtime.backend;
  const stored = await tokens.get(emspCall({ id: uid, token_type: 'RFID' }));
  if (!stored) throw new Error(`There is no ${uid}`);
  const data = { ...stored.data, last_updated };
  await tokens.update(ownUpdate(data, stored.revision));
}

await describeStorages((storageName, openStorage) => {
  describe('while Tokens are created and updated', () => {
    const change = fc.oneof(fc.constant('create' as const), fc.nat(20));
    const scenario = fc.record({
      count: fc.integer({ min: 1, max: 9 }),
      limit: fc.integer({ min: 1, max: 4 }),
      changes: fc.array(fc.array(change, { maxLength: 3 }), { maxLength: 8 }),
    });

    /**
     * Crawls with changes while each page is out, and counts the pages that are due.
     * @returns the uids seen, those there at the start, and those there in the end
     */
    async function crawlThrough(
      { count, limit, changes }: { count: number; limit: number; changes: ('create' | number)[][] },
      query: string,
    ) {
      const platform = await startPlatform(await openStorage());
      const all: string[] = [];
      let hour = 0;
      const create = async () => {
        const uid = `T${all.length}`;
        hour += 1;
        all.push(uid);
        await platform.addTokens(ownToken(us, { uid, last_updated: atHour(hour) }));
      };
      for (let i = 0; i < count; i += 1) await create();
      const atStart = [...all];

      const seen: string[] = [];
      const left = [...changes];
      const pages = await crawl(async (path) => {
        const change = async () => {
          for (const what of left.shift() ?? []) {
            hour += 1;
            if (what === 'create') await create();
            else await touch(platform, atStart[what % count] ?? '', atHour(hour));
          }
        };
        const [page] = await Promise.all([cpoOf(platform, '2.2.1')('GET', path), change()]);
        return page;
      }, `?limit=${limit}${query}`);
      for (const page of pages) {
        expect(page).toMatchObject(success);
        seen.push(...uidsIn(page));
      }
      await platform.stop();
      return { seen, atStart, all, pages };
    }

    const runs = { seed: 20_260_131, numRuns: { memory: 50, 'what is deployed': 2 }[storageName] ?? 15 };

    test('a crawl sees every Token once, in order of creation, and new ones at the end (LIST-11, LIST-12)', async () => {
      await fc.assert(
        fc.asyncProperty(scenario, async (what) => {
          const { seen, atStart, all, pages } = await crawlThrough(what, '');
          expect(seen.slice(0, atStart.length)).toEqual(atStart);
          expect(seen).toEqual(all.slice(0, seen.length));
          const totals = pages.map(({ headers }) => Number(headers['x-total-count']));
          expect(totals).toEqual(totals.toSorted((a, b) => a - b));
        }),
        runs,
      );
    });

    test('a crawl from a date on misses no Token that was in it at the start (LIST-03, LIST-11)', async () => {
      await fc.assert(
        fc.asyncProperty(scenario, fc.integer({ min: 1, max: 9 }), async (what, from) => {
          const { seen, atStart } = await crawlThrough(what, `&date_from=${atHour(from)}`);
          expect(atStart.slice(from - 1).filter((uid) => !seen.includes(uid))).toEqual([]);
        }),
        runs,
      );
    });
  });
});
