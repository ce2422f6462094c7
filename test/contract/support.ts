/** What the files of the contract share. */
import { expect } from 'vitest';
import { CrudError, type Page, type TokensCrud } from '../../lib/crud/crud.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';
import { creationOf, emspCall } from '../support/builders.ts';

/** How a write ended; any other error than the two that the contract knows fails the test. */
export async function outcomeOf(write: Promise<void>): Promise<'done' | CrudError['code']> {
  try {
    await write;
    return 'done';
  } catch (error) {
    if (error instanceof CrudError) return error.code;
    throw error;
  }
}

/** Ends all writes and sorts their outcomes, so that who won does not matter. */
export const outcomesOf = async (writes: Promise<void>[]) => (await Promise.all(writes.map(outcomeOf))).sort();

/** What `outcomesOf` answers when exactly one of so many writes may succeed. */
export const oneWinnerOf = (count: number, refusal: CrudError['code']) =>
  ['done', ...Array.from({ length: count - 1 }, () => refusal)].sort();

export interface ListQuery extends Partial<PartyId> {
  date_from?: string;
  date_to?: string;
}

/** One page of our own Tokens. */
export function listPage(
  tokens: TokensCrud,
  { date_from, date_to, ...party }: ListQuery,
  offset: number,
  limit: number,
): Promise<Page<Token>> {
  const dates = { ...(date_from !== undefined && { date_from }), ...(date_to !== undefined && { date_to }) };
  return tokens.list(emspCall({ ...party, filters: { ...dates, offset, limit } }));
}

/** Holds a page against the whole list. A page may be short, because storages cap them, but it says so and never skips. */
export function expectPage(page: Page<Token>, all: readonly Token[], offset: number, limit: number): void {
  expect(page.items).toStrictEqual(all.slice(offset, offset + page.items.length));
  expect(page.total).toBe(all.length);
  expect(page.isLast).toBe(offset + page.items.length >= all.length);
  expect(page.items.length > 0 || page.isLast, 'only the last page may be empty').toBe(true);
  expect(page.limit).toBeLessThanOrEqual(limit);
  expect(page.items.length).toBeLessThanOrEqual(page.limit);
}

/** All that a peer gets who follows the pages to the end. */
export async function crawl(tokens: TokensCrud, query: ListQuery = {}, limit = 100): Promise<Token[]> {
  const items: Token[] = [];
  for (;;) {
    const page = await listPage(tokens, query, items.length, limit);
    items.push(...page.items);
    if (page.isLast) {
      expect(page.total).toBe(items.length);
      return items;
    }
    expect(page.items, 'only the last page may be empty').not.toHaveLength(0);
    expect(items.length, 'more Tokens than the total').toBeLessThan(page.total);
  }
}

/** Creates our own Tokens one after the other. */
export async function createOwn(tokens: TokensCrud, all: readonly Token[]): Promise<void> {
  for (const token of all) await tokens.create(emspCall(creationOf(token)));
}
