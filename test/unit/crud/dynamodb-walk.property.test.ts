/** A walk over a filtered list skips nothing, whatever is written meanwhile and whatever the index makes of it for a moment. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { listOwn } from '../../../lib/crud/dynamodb/list-own.ts';
import { emspCall } from '../../support/builders.ts';
import { ordinalOf, simulatedParty, simulateTokens } from '../../support/simulated-tokens.ts';

const count = 45_000;
const segment = 20_000;

const moments = { before: Date.UTC(2026, 0, 1), within: Date.UTC(2026, 5, 1), behind: Date.UTC(2026, 10, 1) };
type Moment = keyof typeof moments;
const anyMoment = fc.constantFrom<Moment[]>('before', 'within', 'behind');

const date_from = '2026-03-01T00:00:00.000Z';
const date_to = '2026-09-01T00:00:00.000Z';
const ranges = [
  { date_from, date_to: undefined },
  { date_from: undefined, date_to },
  { date_from, date_to },
] as const;

const isIn = (stamp: number, range: (typeof ranges)[number]) =>
  (range.date_from === undefined || stamp >= Date.parse(range.date_from)) &&
  (range.date_to === undefined || stamp < Date.parse(range.date_to));

/** Small, fast and repeatable. */
function randomOf(seed: number) {
  let state = seed | 1;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b_3c6d);
    state = Math.imul(state ^ (state >>> 12), 0x297a_2d39);
    state ^= state >>> 15;
    return (state >>> 0) / 2 ** 32;
  };
}

const scenario = fc.record({
  seed: fc.integer({ min: 1 }),
  range: fc.constantFrom(...ranges),
  /** Of each segment, how many match. */
  shares: fc.array(fc.constantFrom(0, 0.0002, 0.01, 0.09, 0.4, 1), { minLength: 3, maxLength: 3 }),
  limit: fc.constantFrom(150, 1000, 2000),
  updatesAPage: fc.constantFrom(0, 20, 500),
  updatedTo: fc.array(anyMoment, { minLength: 1, maxLength: 3 }),
});

const fixed = [
  // A segment that is passed over and one in which nothing is left to be found.
  { seed: 1, range: ranges[0], shares: [0.0002, 0, 0.0002], limit: 150, updatesAPage: 500, updatedTo: ['behind'] },
  { seed: 2, range: ranges[2], shares: [0.09, 1, 0.4], limit: 1000, updatesAPage: 500, updatedTo: ['within'] },
] satisfies { updatedTo: Moment[]; [key: string]: unknown }[];

test('delivers every Token that matches and keeps still, once, in order of creation', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async ({ seed, range, shares, limit, updatesAPage, updatedTo }) => {
      const random = randomOf(seed);
      const out: Moment[] = range.date_from === undefined ? ['behind'] : ['before'];
      const stamps = Array.from({ length: count }, (_, n) => {
        const moment = random() < (shares[Math.floor(n / segment)] ?? 0) ? 'within' : (out[0] as Moment);
        return moments[moment] + Math.floor(random() * 1e6);
      });
      /** What has moved, and from where. */
      const moved = new Map<number, number>();
      const tokens = simulateTokens(stamps, (n) => {
        const from = moved.get(n);
        if (from === undefined) return undefined;
        const now = stamps[n] as number;
        return [[now], [from], [from, now], []][Math.floor(random() * 4)];
      });
      const write = (times: number) => {
        for (let i = 0; i < times; i += 1) {
          const n = Math.floor(random() * count);
          const to = updatedTo[Math.floor(random() * updatedTo.length)] as Moment;
          moved.set(n, stamps[n] as number);
          stamps[n] = moments[to] + Math.floor(random() * 1e6);
        }
        tokens.changed();
      };
      write(updatesAPage);
      const atStart = stamps.slice();

      const seen: number[] = [];
      let after: string | undefined;
      do {
        const page = await listOwn(
          { db: tokens.db, table: 'tokens' },
          emspCall({ ...simulatedParty, filters: { ...range, offset: seen.length, limit }, ...(after && { after }) }),
        );
        expect(page.items.length > 0 || page.isLast, 'only the last page may be empty').toBe(true);
        for (const { data } of page.items) expect(isIn(Date.parse(data.last_updated), range)).toBe(true);
        seen.push(...page.items.map(({ data }) => ordinalOf(data)));
        after = page.next;
        write(updatesAPage);
      } while (after !== undefined);

      expect(seen, 'in order, none twice').toEqual([...new Set(seen)].sort((a, b) => a - b));
      const delivered = new Set(seen);
      const lost = atStart
        .map((stamp, n) => ({ stamp, n }))
        .filter(({ stamp, n }) => isIn(stamp, range) && !moved.has(n) && !delivered.has(n));
      expect(lost).toEqual([]);
    }),
    { numRuns: 15, seed: 20261125, examples: fixed.map((each) => [each] as never) },
  );
}, 120_000);
