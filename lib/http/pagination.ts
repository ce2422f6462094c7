/** Offset, limit and dates of a list request in; Link, X-Total-Count and X-Limit out (LIST-01 to LIST-20). */
import type { Config } from '../config.ts';
import type { Page, TokenFilters } from '../crud/crud.ts';
import { invalid } from '../errors.ts';
import { parseDateTime } from '../ocpi/values.ts';

type Query = Partial<Record<string, string>>;

/** @throws 2001 for anything that is no whole number from `min` on (LIST-14) */
function count(query: Query, name: string, min: number, fallback: number): number {
  const text = query[name];
  if (!text) return fallback;
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min)) throw invalid(`${name} should be a whole number from ${min} on, but was "${text}"`);
  return value;
}

/** @throws 2001 (LIST-15) */
function instant(query: Query, name: 'date_from' | 'date_to'): { [K in typeof name]?: string } {
  const text = query[name];
  if (!text) return {};
  const value = parseDateTime(text);
  if (!value) throw invalid(`${name} should be a DateTime in UTC such as 2026-01-31T23:59:59Z, but was "${text}"`);
  return { [name]: value };
}

/** A limit above ours is not an error: it is clamped (LIST-10). */
export const readFilters = (query: Query, { pageSize }: Config): TokenFilters => ({
  ...instant(query, 'date_from'),
  ...instant(query, 'date_to'),
  offset: count(query, 'offset', 0, 0),
  limit: Math.min(count(query, 'limit', 1, pageSize.default), pageSize.max),
});

/**
 * @param url the absolute URL of the list, without query
 * @param query what the client asked for: its date filters are repeated as they were (LIST-05)
 */
export function paginationHeaders(
  url: string,
  query: Query,
  offset: number,
  { items, total, isLast, limit }: Page<unknown>,
): Record<string, string> {
  const headers = { 'X-Total-Count': String(total), 'X-Limit': String(limit) };
  if (isLast) return headers;

  const { date_from, date_to } = query;
  const next = new URLSearchParams({
    ...(date_from && { date_from }),
    ...(date_to && { date_to }),
    offset: String(offset + items.length),
    limit: String(limit),
  });
  return { ...headers, Link: `<${url}?${next.toString()}>; rel="next"` };
}
