/** What a filtered list reads, counted on distributions that are larger than an engine takes in a test. */
import { describe, expect, test } from 'vitest';
import type { TokenFilters } from '../../../lib/crud/crud.ts';
import { maxSegmentsOfPage } from '../../../lib/crud/dynamodb/list-filtered.ts';
import { listOwn } from '../../../lib/crud/dynamodb/list-own.ts';
import { emspCall } from '../../support/builders.ts';
import {
  ordinalOf,
  type SimulatedTokens,
  simulatedParty,
  simulateTokens,
  tokenBytes,
} from '../../support/simulated-tokens.ts';

const old = Date.UTC(2026, 0, 1);
const fresh = Date.UTC(2026, 5, 1);
const date_from = new Date(fresh).toISOString();

const stampsOf = (count: number, isFresh: (n: number) => boolean) =>
  Float64Array.from({ length: count }, (_, n) => (isFresh(n) ? fresh : old));

/** Scattered, and always the same. */
const scatter = (n: number) => (Math.imul(n + 1, 0x9e37_79b1) >>> 0) / 2 ** 32;

const list = ({ db }: SimulatedTokens, filters: Partial<TokenFilters>, after?: string) =>
  listOwn(
    { db, table: 'tokens' },
    emspCall({
      ...simulatedParty,
      filters: { date_from, date_to: undefined, offset: 0, limit: 100, ...filters },
      ...(after !== undefined && { after }),
    }),
  );

interface Walk {
  ordinals: number[];
  /** Of the pages behind the first. */
  pages: { requests: number; bytes: number }[];
  totals: Set<number | undefined>;
}

async function walk(tokens: SimulatedTokens, limit: number): Promise<Walk> {
  const walked: Walk = { ordinals: [], pages: [], totals: new Set() };
  let after: string | undefined;
  do {
    tokens.read();
    const page = await list(tokens, { limit }, after);
    expect(page.items.length > 0 || page.isLast, 'only the last page may be empty').toBe(true);
    if (after === undefined && !page.isLast) expect(page.items).toHaveLength(limit);
    else walked.pages.push(tokens.read());
    walked.ordinals.push(...page.items.map(({ data }) => ordinalOf(data)));
    walked.totals.add(page.total);
    expect(page.next?.length ?? 0).toBeLessThanOrEqual(400);
    after = page.next;
  } while (after !== undefined);
  return walked;
}

const averageOf = (pages: Walk['pages'], of: 'requests' | 'bytes') =>
  pages.reduce((sum, page) => sum + page[of], 0) / pages.length;

const matchesOf = ({ stamps }: SimulatedTokens): number[] =>
  Array.from(stamps, (stamp, n) => (stamp >= fresh ? n : -1)).filter((n) => n >= 0);

describe('where at least half of 101 000 match, a page behind the first takes what an unfiltered one does', () => {
  test.each([
    ['all', () => true],
    ['half of them, scattered', (n: number) => scatter(n) < 0.5],
    ['the older half', (n: number) => n < 50_000],
    ['the newer half and some', (n: number) => n >= 45_000],
    ['nine of ten', (n: number) => scatter(n) < 0.9],
  ])('%s', async (_name, isFresh) => {
    const tokens = simulateTokens(stampsOf(101_000, isFresh));
    for (const limit of [100, 1000]) {
      const { ordinals, pages, totals } = await walk(tokens, limit);
      expect(ordinals).toEqual(matchesOf(tokens));
      expect(totals).toEqual(new Set([ordinals.length]));
      expect(averageOf(pages, 'requests')).toBeLessThanOrEqual(1.2 * 2);
      expect(averageOf(pages, 'bytes')).toBeLessThanOrEqual(1.2 * limit * tokenBytes);
    }
  });
});

describe('where a thousand of ten million match, no page behind the first asks more than a constant', () => {
  test.each([
    ['scattered', (n: number) => n % 10_000 === 17],
    ['all at the beginning, but for the very last Token', (n: number) => n < 999 || n === 9_999_999],
    ['ten here and there', (n: number) => n % 100_000 < 10],
  ])(
    '%s',
    async (_name, isFresh) => {
      const tokens = simulateTokens(stampsOf(10_000_000, isFresh));
      const { ordinals, pages, totals } = await walk(tokens, 100);
      expect(ordinals).toEqual(matchesOf(tokens));
      expect(totals).toEqual(new Set([1000]));
      const most = Math.max(...pages.map(({ requests }) => requests));
      // The keys of two halves of each segment, the Tokens of each, and the counter.
      expect(most).toBeLessThanOrEqual(3 * maxSegmentsOfPage + 1);
      const mostBytes = Math.max(...pages.map(({ bytes }) => bytes));
      expect(mostBytes).toBeLessThanOrEqual(100 * tokenBytes + 1_000_000);
    },
    60_000,
  );
});

describe('by bare offsets', () => {
  test.each([
    ['few', 0.0005],
    ['some', 0.05],
    ['many', 0.7],
  ])('pages are full and hold the same Tokens, where %s match', async (_name, share) => {
    const tokens = simulateTokens(stampsOf(50_000, (n) => scatter(n) < share));
    const all = matchesOf(tokens);
    for (const offset of [0, 1, Math.floor(all.length / 2), all.length - 3, all.length, all.length + 5]) {
      const page = await list(tokens, { offset, limit: 700 });
      expect(page.items.map(({ data }) => ordinalOf(data))).toEqual(all.slice(offset, offset + 700));
      expect(page.total).toBe(all.length);
      if (offset + 700 >= all.length && share < 0.1) expect(page.isLast).toBe(true);
    }
  });

  test('a page of none counts', async () => {
    const tokens = simulateTokens(stampsOf(50_000, (n) => scatter(n) < 0.3));
    const total = matchesOf(tokens).length;
    expect(await list(tokens, { limit: 0 })).toEqual({ items: [], total, isLast: false, limit: 0 });
  });
});

test('an `after` that is not ours counts as none', async () => {
  const tokens = simulateTokens(stampsOf(1_000, () => true));
  const first = await list(tokens, {});
  for (const after of ['', 'x', '1', '1.2.3', `1.2.3.${'A'.repeat(301)}`, '-1.2', '1e3.4', ' 1.2']) {
    expect(await list(tokens, {}, after)).toEqual(first);
  }
});

test('a run without a match that is as long as a page hides nothing behind it', async () => {
  const tokens = simulateTokens(stampsOf(10_000, (n) => n < 5_000 || n >= 5_100));
  expect((await walk(tokens, 100)).ordinals).toEqual(matchesOf(tokens));
});

test.each([
  ['where others match', (n: number) => n % 100 === 0, 300],
  ['where none did', (n: number) => n % 100 === 0 && n < 20_000, 200],
])('what is created during a walk is in it and in its total, %s', async (_name, isFresh, before) => {
  const stamps = [...stampsOf(30_000, isFresh)];
  const tokens = simulateTokens(stamps);
  const first = await list(tokens, { limit: 10 });
  for (let i = 0; i < 5; i += 1) stamps.push(fresh + 5_000);
  tokens.count = stamps.length;
  tokens.changed();
  let page = first;
  const ordinals: number[] = [];
  while (page.next !== undefined) {
    page = await list(tokens, { limit: 100 }, page.next);
    ordinals.push(...page.items.map(({ data }) => ordinalOf(data)));
    expect(page.total).toBe(before + 5);
  }
  expect(ordinals.slice(-5)).toEqual([30_000, 30_001, 30_002, 30_003, 30_004]);
});
