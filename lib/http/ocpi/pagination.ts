/** Offset, limit and dates of a list request in; Link, X-Total-Count and X-Limit out (LIST-01 to LIST-20). */
import type { TokenFilters } from '../../crud/crud.ts';
import { invalid, quote } from '../../errors.ts';
import { parseDateTime } from '../../ocpi/values.ts';
import type { Config } from '../../runtime/config.ts';
import type { OwnList } from '../../tokens/own/list.ts';
import { readPlace, type Scope, writePlace } from './place.ts';

type Query = Partial<Record<string, string>>;

/** @throws 2001 for anything that is no whole number from `min` on (LIST-14) */
function count(query: Query, name: string, min: number, fallback: number): number {
  const text = query[name];
  if (!text) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min)) throw invalid(`${name} should be a whole number from ${min} on, but was ${quote(text)}`);
  return value;
}

/** No clock is finer; and what is sent comes back in the Link. */
const longestDateTime = 40;

/** @throws 2001 (LIST-15) */
function instant(query: Query, name: 'date_from' | 'date_to' | 'began'): string | undefined {
  const text = query[name];
  if (!text) return undefined;
  const value = text.length <= longestDateTime ? parseDateTime(text) : undefined;
  if (value) return value;
  throw invalid(`${name} should be a DateTime in UTC such as 2026-01-31T23:59:59Z, but was ${quote(text)}`);
}

/** A limit above ours is not an error: it is clamped (LIST-10). */
export const readFilters = (query: Query, { pageSize }: Pick<Config, 'pageSize'>): TokenFilters => ({
  date_from: instant(query, 'date_from'),
  date_to: instant(query, 'date_to'),
  offset: count(query, 'offset', 0, 0),
  limit: Math.min(count(query, 'limit', 1, pageSize.default), pageSize.max),
});

/**
 * Where in its walk a request stands, from the Link that it follows. A request that is no part of a walk begins one, and no walk
 * begins later than now.
 * @throws 2001 for what no Link of ours ever held
 */
export function readWalk(query: Query, scope: Scope, receivedAt: Date) {
  const began = instant(query, 'began');
  const now = receivedAt.toISOString();
  return {
    walkBegan: began !== undefined && began < now ? began : now,
    after: query.after ? readPlace(query.after, scope) : undefined,
  };
}

interface Paged {
  /** The absolute URL of the list, without query. */
  url: string;
  /** What the client asked for: its date filters are repeated as they were (LIST-05). */
  query: Query;
  scope: Scope;
  walkBegan: string;
  /** How many Tokens were asked for. */
  asked: number;
}

export function paginationHeaders(
  { url, query, scope, walkBegan, asked }: Paged,
  page: OwnList,
): Record<string, string> {
  const { items, total, isLast, limit } = page;
  const headers = { 'X-Total-Count': String(total), 'X-Limit': String(limit) };
  if (isLast) return headers;

  const { date_from, date_to } = query;
  const offset = scope.filters.offset + items.length;
  const next = new URLSearchParams({
    ...(date_from && { date_from }),
    ...(date_to && { date_to }),
    offset: String(offset),
    // As was asked for: with the limit of a page that came out short each page would be shorter than the one before.
    limit: String(asked),
    began: walkBegan,
    ...(page.next && { after: writePlace(page.next, { ...scope, filters: { ...scope.filters, offset } }) }),
  });
  return { ...headers, Link: `<${url}?${next.toString()}>; rel="next"` };
}
