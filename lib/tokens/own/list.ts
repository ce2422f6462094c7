/** Lists of our own Tokens as a peer pages through them: those of several parties of ours laid end to end. */
import type { ListOwn, StoredToken, TokenFilters, TokenPage, TokensCall, TokensCrud } from '../../crud/crud.ts';
import type { PartyId } from '../../ocpi/versions.ts';

/** A place in the list that goes on more cheaply than from an offset. */
export interface Place {
  /** Which of the parties. */
  party: number;
  /** The storage's own place in that party's list; undefined is its beginning. */
  next: string | undefined;
  /** How many Tokens each party's list had when it was last counted. */
  totals: number[];
}

export interface OwnList {
  /** As they are stored: whoever shows them shows no date later than the moment at which his walk began (lib/tokens/own/publish.ts). */
  items: StoredToken[];
  total: number;
  isLast: boolean;
  /** The most that a page can hold. */
  limit: number;
  /** Absent on the last page, and where the storage has no places. */
  next?: Place;
}

export interface OwnListQuery {
  call: TokensCall & { role: 'EMSP' };
  /** Whose Tokens, in this order; a list without any is empty. */
  parties: readonly PartyId[];
  filters: TokenFilters;
  after?: Place | undefined;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** Reads one page. From `offset`, or from `after` if that is there. */
export async function listOwn(tokens: Pick<TokensCrud, 'list'>, query: OwnListQuery): Promise<OwnList> {
  const { parties, filters } = query;
  const page = (party: number, more: { offset: number; limit: number; after?: string | undefined }) =>
    readPart(tokens, query, party, more);

  const start = await whereToBegin(query, page);
  const { totals } = start;
  const items: StoredToken[] = [];
  let { party, next, offset } = start;
  let { limit } = filters;
  let isCut = false;
  while (party < parties.length && items.length < filters.limit && !isCut) {
    const part = await page(party, { offset, limit: filters.limit - items.length, after: next });
    items.push(...part.items);
    totals[party] = part.total ?? 0;
    limit = Math.min(limit, part.limit + items.length - part.items.length);
    isCut = !part.isLast;
    if (!isCut) party += 1;
    next = isCut ? part.next : undefined;
    offset = 0;
  }
  while (!isCut && party < parties.length && totals[party] === 0) party += 1;
  const isLast = party >= parties.length;
  const canGoOn = !isLast && (!isCut || next !== undefined);
  return { items, total: sum(totals), isLast, limit, ...(canGoOn && { next: { party, next, totals } }) };
}

type ReadPart = (
  party: number,
  more: { offset: number; limit: number; after?: string | undefined },
) => Promise<TokenPage>;

interface Start extends Place {
  /** Within the party's list; counts without a place only. */
  offset: number;
}

/** An offset counts through all lists, so where it leads is known once all have been counted; with one party there is nothing to count. */
async function whereToBegin({ parties, filters: { offset }, after }: OwnListQuery, page: ReadPart): Promise<Start> {
  if (after) return { ...after, totals: [...after.totals], offset: 0 };
  if (parties.length === 1) return { party: 0, next: undefined, totals: [0], offset };
  const counted = await Promise.all(parties.map((_, party) => page(party, { offset: 0, limit: 0 })));
  const totals = counted.map(({ total = 0 }) => total);
  let party = 0;
  let left = offset;
  while (party < parties.length && left >= (totals[party] ?? 0)) {
    left -= totals[party] ?? 0;
    party += 1;
  }
  return { party, next: undefined, totals, offset: left };
}

function readPart(
  tokens: Pick<TokensCrud, 'list'>,
  { call, parties, filters }: OwnListQuery,
  party: number,
  { offset, limit, after }: Parameters<ReadPart>[1],
): Promise<TokenPage> {
  const { country_code, party_id } = parties[party] as PartyId;
  const request: ListOwn = { ...call, country_code, party_id, filters: { ...filters, offset, limit } };
  return tokens.list(after === undefined ? request : { ...request, after });
}
