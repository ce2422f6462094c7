/**
 * Lists of our own Tokens. Ordinals are dense, so an offset is a key and a page is one query wherever it starts; a date filter reads
 * the matching keys, puts them in order of creation, and fetches a page of them.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { type Token, tokenEntries } from '../../ocpi/token.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import type { Page, TokenFilters } from '../crud.ts';
import { batchGet } from './batch-get.ts';
import type { Database } from './client.ts';
import { counterKey, type Key, type OwnItem, ownerKey, segmentKey, segmentSize, tokenOf } from './items.ts';

interface Source {
  db: Database;
  table: string;
}

/** A stretch of one party's ordinals, `to` exclusive. */
interface Stretch {
  party: PartyId;
  from: number;
  to: number;
}

/** A page of a filtered list is fetched by key, 100 at a time, so it is kept to two such requests. */
const maxFilteredLimit = 200;

/** An index lags behind its table by milliseconds; a Token that it does not show yet is waited for this often. */
const lagPausesMs = [10, 30, 80, 200, 500];

/** @param parties whose Tokens, one party after the other */
export async function listTokens(
  source: Source,
  parties: readonly PartyId[],
  filters: TokenFilters,
): Promise<Page<Token>> {
  if (filters.date_from === undefined && filters.date_to === undefined) return listAll(source, parties, filters);
  return (await listFiltered(source, parties, filters)) ?? listAll(source, parties, filters);
}

async function listAll(
  source: Source,
  parties: readonly PartyId[],
  { offset, limit }: TokenFilters,
): Promise<Page<Token>> {
  const [party] = parties;
  // With one party the offset is its ordinal, so the query need not wait for the total.
  const early =
    party && parties.length === 1 ? readStretch(source, { party, from: offset, to: offset + limit }) : undefined;
  const [totals, firstRead] = await Promise.all([readTotals(source, parties), early]);

  const items: OrdinalToken[] = [];
  for (const stretch of locate(parties, totals, offset, limit)) {
    const found = await readDense(source, stretch, firstRead);
    if (found.length === 0 && items.length === 0) {
      throw new Error(`The index by-ordinal does not show ordinal ${stretch.from} yet`);
    }
    items.push(...found);
    if (found.length < stretch.to - stretch.from) break;
  }
  const total = totals.reduce((sum, count) => sum + count, 0);
  const isLast = offset + items.length >= total;
  const isCut = !isLast && items.length < limit;
  // A client that walks by X-Limit instead of Link must not step over what the index does not show yet.
  return { items: items.map(tokenOf), total, isLast, limit: isCut ? items.length : limit };
}

/** @returns how many Tokens each party has */
async function readTotals({ db, table }: Source, parties: readonly PartyId[]): Promise<number[]> {
  const counters = await batchGet<Key & { total: number }>(db, table, parties.map(counterKey));
  return parties.map((party) => counters.find(({ pk }) => pk === counterKey(party).pk)?.total ?? 0);
}

/** @returns the stretches of ordinals that the parties' lists, laid end to end, have from `offset` on */
function locate(parties: readonly PartyId[], totals: number[], offset: number, limit: number): Stretch[] {
  const stretches: Stretch[] = [];
  let start = 0;
  parties.forEach((party, i) => {
    const total = totals[i] ?? 0;
    const from = Math.max(offset - start, 0);
    const to = Math.min(offset + limit - start, total);
    if (from < to) stretches.push({ party, from, to });
    start += total;
  });
  return stretches;
}

type OrdinalToken = Token & Pick<OwnItem, 'n'>;

/** What a page needs of its items. It costs no less to read, but much less to take apart. */
const needed = ['n', ...Object.keys(tokenEntries)];
const ordinalAndToken = {
  ProjectionExpression: needed.map((name) => `#${name}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(needed.map((name) => [`#${name}`, name])),
};

/** What the index shows of a stretch right now. */
async function readStretch(source: Source, { party, from, to }: Stretch): Promise<OrdinalToken[]> {
  const reads: Promise<OrdinalToken[]>[] = [];
  for (let start = from; start < to; start = (Math.floor(start / segmentSize) + 1) * segmentSize) {
    const segment = Math.floor(start / segmentSize);
    reads.push(readSegment(source, segmentKey(party, segment), start, Math.min(to, (segment + 1) * segmentSize)));
  }
  return (await Promise.all(reads)).flat();
}

/** One answer holds 1 MB, which only a page of very large Tokens is more than. */
async function readSegment({ db, table }: Source, segment: string, from: number, to: number): Promise<OrdinalToken[]> {
  const items: OrdinalToken[] = [];
  let next: QueryCommandInput['ExclusiveStartKey'];
  do {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({
        TableName: table,
        IndexName: 'by-ordinal',
        KeyConditionExpression: 'seg = :segment AND n BETWEEN :first AND :last',
        ExpressionAttributeValues: { ':segment': segment, ':first': from, ':last': to - 1 },
        ...ordinalAndToken,
        ExclusiveStartKey: next,
      }),
    );
    items.push(...(Items as OrdinalToken[]));
    next = LastEvaluatedKey;
  } while (next);
  return items;
}

/**
 * The Tokens of a stretch up to the first that the index does not show yet: the page ends there, and the next one begins there,
 * so that none is ever skipped.
 */
async function readDense(
  source: Source,
  stretch: Stretch,
  firstRead: OrdinalToken[] | undefined,
): Promise<OrdinalToken[]> {
  let found = densePart(firstRead ?? (await readStretch(source, stretch)), stretch);
  for (const pauseMs of lagPausesMs) {
    if (found.length === stretch.to - stretch.from) return found;
    await delay(pauseMs);
    found = densePart(await readStretch(source, stretch), stretch);
  }
  return found;
}

function densePart(items: OrdinalToken[], { from, to }: Stretch): OrdinalToken[] {
  const gap = items.findIndex(({ n }, i) => n !== from + i);
  return items.slice(0, Math.min(gap === -1 ? items.length : gap, to - from));
}

type IndexedKey = Key & { n: number };

/** @returns undefined if the filter excludes nothing and is too wide to be read as keys */
async function listFiltered(
  source: Source,
  parties: readonly PartyId[],
  filters: TokenFilters,
): Promise<Page<Token> | undefined> {
  // DynamoDB refuses a range that ends before it begins (LIST-15).
  const isEmpty = filters.date_to !== undefined && filters.date_to <= (filters.date_from ?? firstInstant);
  if (isEmpty) return { items: [], total: 0, isLast: true, limit: Math.min(filters.limit, maxFilteredLimit) };
  const begun = await Promise.all(parties.map((party) => beginReading(source, party, filters)));
  if (begun.every(({ isAll }) => isAll)) return undefined;
  const keys = (await Promise.all(begun.map((reading) => finishReading(source, reading)))).flat();
  const limit = Math.min(filters.limit, maxFilteredLimit);
  const page = keys.slice(filters.offset, filters.offset + limit);
  const found = await batchGet<OwnItem>(
    source.db,
    source.table,
    page.map(({ pk, sk }) => ({ pk, sk })),
  );
  const byKey = new Map(found.map((item) => [`${item.sk}#${item.pk}`, item]));
  const items = page.map(({ pk, sk }) => byKey.get(`${sk}#${pk}`)).filter((item) => item !== undefined);
  return { items: items.map(tokenOf), total: keys.length, isLast: filters.offset + page.length >= keys.length, limit };
}

type DateRange = Pick<TokenFilters, 'date_from' | 'date_to'>;

/** The keys of a party's Tokens in a range of last_updated, as far as one answer holds them. */
interface Reading {
  party: PartyId;
  range: DateRange;
  keys: IndexedKey[];
  next: QueryCommandInput['ExclusiveStartKey'];
  /** Whether there are many, and the range excludes none of the party's Tokens. */
  isAll: boolean;
}

async function beginReading(source: Source, party: PartyId, range: DateRange): Promise<Reading> {
  const { Items = [], LastEvaluatedKey } = await source.db.send(new QueryCommand(keyQuery(source.table, party, range)));
  const isAll = LastEvaluatedKey !== undefined && !(await hasOthers(source, party, range));
  return { party, range, keys: Items as IndexedKey[], next: LastEvaluatedKey, isAll };
}

/** @returns all of them, in order of creation */
async function finishReading({ db, table }: Source, { party, range, keys, next }: Reading): Promise<IndexedKey[]> {
  const all = [...keys];
  let startKey = next;
  while (startKey) {
    const query = { ...keyQuery(table, party, range), ExclusiveStartKey: startKey };
    const { Items = [], LastEvaluatedKey } = await db.send(new QueryCommand(query));
    all.push(...(Items as IndexedKey[]));
    startKey = LastEvaluatedKey;
  }
  return inOrder(all);
}

/** A Token that is updated between two answers stands in both, and comes out once. */
const inOrder = (keys: IndexedKey[]): IndexedKey[] =>
  [...new Map(keys.map((key) => [key.n, key])).values()].sort((a, b) => a.n - b.n);

/** Whether the party has Tokens before or behind the range. */
async function hasOthers({ db, table }: Source, party: PartyId, { date_from, date_to }: DateRange): Promise<boolean> {
  const outside: DateRange[] = [];
  if (date_from !== undefined && date_from > firstInstant) outside.push({ date_to: date_from });
  if (date_to !== undefined) outside.push({ date_from: date_to });
  const found = await Promise.all(
    outside.map((range) => db.send(new QueryCommand({ ...keyQuery(table, party, range), Limit: 1 }))),
  );
  return found.some(({ Items = [] }) => Items.length > 0);
}

const firstInstant = '0000-01-01T00:00:00.000Z';

/** The last instant before another; canonical DateTimes count in milliseconds. */
const before = (instant: string): string => new Date(Date.parse(instant) - 1).toISOString();

function keyQuery(TableName: string, party: PartyId, { date_from, date_to }: DateRange): QueryCommandInput {
  return {
    TableName,
    IndexName: 'by-last-updated',
    ProjectionExpression: 'pk, sk, n',
    // BETWEEN includes both ends, date_to does not (LIST-03).
    KeyConditionExpression: 'own = :own AND last_updated BETWEEN :from AND :to',
    ExpressionAttributeValues: {
      ':own': ownerKey(party),
      ':from': date_from ?? firstInstant,
      ':to': date_to ? before(date_to) : '9999-12-31T23:59:59.999Z',
    },
  };
}
