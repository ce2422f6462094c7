/** Lists of our own Tokens, of one party. Ordinals are dense, so an offset is a key and a page is one query wherever it starts. */
import type { ListOwn, TokenPage } from '../crud.ts';
import { readCounter, readDense, readStretch } from './by-ordinal.ts';
import { storedOf } from './items.ts';
import { listFiltered } from './list-filtered.ts';
import { decodePlace, encodePlace } from './place.ts';
import type { Source } from './source.ts';

export function listOwn(source: Source, call: ListOwn): Promise<TokenPage> {
  const { date_from, date_to } = call.filters;
  const isFiltered = date_from !== undefined || date_to !== undefined;
  return isFiltered ? listFiltered(source, call) : listAll(source, call);
}

async function listAll(source: Source, { filters: { offset, limit }, after, ...party }: ListOwn): Promise<TokenPage> {
  const place = decodePlace(after);
  const from = place?.from ?? offset;
  // The ordinals are known, so the query need not wait for the counter.
  const [firstRead, counter] = await Promise.all([
    limit > 0 ? readStretch(source, { party, from, to: from + limit }) : [],
    readCounter(source, party),
  ]);
  const to = Math.min(from + limit, counter);
  if (from >= to) return { items: [], total: counter, isLast: from >= counter, limit };

  const found = await readDense(source, { party, from, to }, firstRead);
  const end = from + found.length;
  const items = found.map(storedOf);
  const counterAtFirst = place?.counter ?? counter;
  // What came after the walk began may be left to the next one, and what was there before may not.
  if (end < to && end >= counterAtFirst) return { items, total: end, isLast: true, limit };
  if (found.length === 0) throw lagging(from);
  const isLast = end >= counter;
  const isCut = end < to;
  return {
    items,
    total: counter,
    isLast,
    // A client that walks by X-Limit instead of Link must not step over what the index does not show yet.
    limit: isCut ? items.length : limit,
    ...(!isLast && { next: encodePlace({ from: end, counter: counterAtFirst }) }),
  };
}

const lagging = (n: number) => new Error(`The index by-ordinal does not show ordinal ${n} yet`);
