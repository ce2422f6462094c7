/** What the files about Tokens share. */
import { expect } from 'vitest';
import type { ListReceived, StoredToken, TokenAddress, TokenPage, TokensStorage } from '../../../lib/crud/crud.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import type { PartyId } from '../../../lib/ocpi/versions.ts';
import type { TokenSettings } from '../../../lib/tokens/settings.ts';
import { cpoCall, emspCall, ownCreation, ownToken, ownUpdate, receivedCreation } from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { expectAnEnd } from '../support.ts';

/** The Tokens of the open storage, and two of our own parties. */
export function tokensOf({ storage, parties: [ours, other] }: OpenedStorage) {
  return { tokens: storage.tokens, ours, other };
}

/** So many own Tokens `<prefix>0`, `<prefix>1` …, in this order. */
export const series = (party: PartyId, count: number, prefix = 'T'): Token[] =>
  Array.from({ length: count }, (_, index) => ownToken(party, { uid: `${prefix}${index}` }));

export const uidsOf = (tokens: readonly Token[]) => tokens.map(({ uid }) => uid);

/** Stores a received Token. */
export const receive = (tokens: TokensStorage, data: Token, arrived_at?: string) =>
  tokens.create(receivedCreation(data, arrived_at));

/** Reads a received Token that has to be there. */
export async function read(tokens: TokensStorage, address: TokenAddress): Promise<StoredToken> {
  const stored = await tokens.get(cpoCall(address));
  if (!stored) throw new Error(`There is no Token ${JSON.stringify(address)}`);
  return stored;
}

/** Reads an own Token that has to be there. */
export async function readOwn(tokens: TokensStorage, { uid, type }: Token): Promise<StoredToken> {
  const stored = await tokens.get(emspCall({ id: uid, token_type: type }));
  if (!stored) throw new Error(`There is no own Token ${uid}`);
  return stored;
}

/** Creates our own Tokens one after the other. */
export async function createOwn(tokens: TokensStorage, all: readonly Token[]): Promise<void> {
  for (const token of all) await tokens.create(ownCreation(token));
}

/** Replaces an own Token with whatever revision it has. */
export async function updateOwn(tokens: TokensStorage, data: Token, settings?: TokenSettings): Promise<void> {
  const { revision } = await readOwn(tokens, data);
  await tokens.update(ownUpdate(data, revision, settings));
}

/** Replaces an own Token in its place of the list, with whatever revision it has. */
export async function replaceOwn(
  tokens: TokensStorage,
  old: Token,
  { data, settings = {} }: { data: Token; settings?: TokenSettings },
): Promise<void> {
  const { revision } = await readOwn(tokens, old);
  await tokens.delete({ ...ownUpdate(old, revision, settings), data });
}

export interface Dates {
  date_from?: string;
  date_to?: string;
}

/** One page of a party's own Tokens. */
export async function listPage(
  tokens: TokensStorage,
  { country_code, party_id }: PartyId,
  { date_from, date_to }: Dates,
  offset: number,
  limit: number,
  after?: string,
): Promise<TokenPage> {
  const filters = { date_from, date_to, offset, limit };
  const page = await tokens.list(emspCall({ country_code, party_id, filters, ...(after !== undefined && { after }) }));
  expectPlace(page);
  return page;
}

/** It goes through URLs and records. */
const expectPlace = ({ next }: TokenPage) => next === undefined || expect(next).toMatch(/^[\x20-\x7e]{1,400}$/);

export const dataOf = ({ items }: TokenPage): Token[] => items.map(({ data }) => data);

/** Holds a page against the whole list. A page may be short, because storages cap them, but it says so and never skips. */
export function expectPage(page: TokenPage, all: readonly Token[], offset: number, limit: number): void {
  expect(dataOf(page)).toStrictEqual(all.slice(offset, offset + page.items.length));
  expect(page.total).toBe(all.length);
  expect(page.isLast).toBe(offset + page.items.length >= all.length);
  expect(page.items.length > 0 || page.isLast, 'only the last page may be empty').toBe(true);
  expect(page.limit).toBeLessThanOrEqual(limit);
  expect(page.items.length).toBeLessThanOrEqual(page.limit);
}

/** How the next page is asked for: by the place that the last one named, if it named one, or always by offset. */
export type Way = 'by place' | 'by offset';
export const ways: readonly Way[] = ['by place', 'by offset'];

/** The pages of a party's own Tokens, one by one, as whoever follows them asks for them. */
export async function* pagesOf(
  tokens: TokensStorage,
  party: PartyId,
  dates: Dates,
  limit: number,
  way: Way,
): AsyncGenerator<TokenPage> {
  let seen = 0;
  let after: string | undefined;
  for (let pages = 0; ; pages += 1) {
    expectAnEnd(pages);
    const page = await listPage(tokens, party, dates, seen, limit, after);
    yield page;
    if (page.isLast) return;
    expect(page.items, 'only the last page may be empty').not.toHaveLength(0);
    seen += page.items.length;
    expect(seen, 'more Tokens than the total').toBeLessThan(page.total ?? 0);
    after = way === 'by place' ? page.next : undefined;
  }
}

/** All own Tokens of a party, page by page, in both ways. */
export async function crawl(tokens: TokensStorage, party: PartyId, dates: Dates = {}, limit = 100): Promise<Token[]> {
  const found = new Map<Way, Token[]>();
  for (const way of ways) {
    const items: Token[] = [];
    let total: number | undefined;
    for await (const page of pagesOf(tokens, party, dates, limit, way)) {
      items.push(...dataOf(page));
      total = page.total;
    }
    expect(total).toBe(items.length);
    found.set(way, items);
  }
  expect(found.get('by place')).toStrictEqual(found.get('by offset'));
  return found.get('by offset') ?? [];
}

export type ReceivedQuery = Partial<Pick<ListReceived, 'country_code' | 'party_id' | 'id' | 'arrived_from'>>;

const noDates = { date_from: undefined, date_to: undefined, offset: 0 };

/** The pages of received Tokens, one by one. */
export async function* receivedPages(
  tokens: TokensStorage,
  query: ReceivedQuery,
  limit: number,
): AsyncGenerator<TokenPage> {
  let after: string | undefined;
  for (let pages = 0; ; pages += 1) {
    expectAnEnd(pages);
    const page = await tokens.list(
      cpoCall({ ...query, filters: { ...noDates, limit }, ...(after !== undefined && { after }) }),
    );
    expectPlace(page);
    expect(page.limit).toBeLessThanOrEqual(limit);
    expect(page.items.length).toBeLessThanOrEqual(page.limit);
    yield page;
    if (page.isLast) return;
    expect(page.next, 'a place to go on from').toBeDefined();
    expect(page.next, 'another place').not.toBe(after);
    after = page.next;
  }
}

/** All received Tokens that a query names, page by page. */
export async function crawlReceived(
  tokens: TokensStorage,
  query: ReceivedQuery = {},
  limit = 100,
): Promise<StoredToken[]> {
  const items: StoredToken[] = [];
  for await (const page of receivedPages(tokens, query, limit)) items.push(...page.items);
  return items;
}
