/** Reading the index by-last-updated: which ordinals of a segment match a date filter, and how many. */
import { QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { PartyId } from '../../ocpi/versions.ts';
import type { TokenFilters } from '../crud.ts';
import { inParallel } from '../in-parallel.ts';
import { type Half, halfKey, halves, type Key, segmentOf, segmentSize } from './items.ts';
import type { Source } from './source.ts';

export type DateRange = Pick<TokenFilters, 'date_from' | 'date_to'>;

export type IndexedKey = Key & { n: number };

const firstInstant = '0000-01-01T00:00:00.000Z';
const lastInstant = '9999-12-31T23:59:59.999Z';

/** DynamoDB refuses a range that ends before it begins (LIST-15). */
export const isEmptyRange = ({ date_from, date_to }: DateRange): boolean =>
  date_to !== undefined && date_to <= (date_from ?? firstInstant);

export const isInRange = (last_updated: string, { date_from, date_to }: DateRange): boolean =>
  (date_from === undefined || last_updated >= date_from) && (date_to === undefined || last_updated < date_to);

/** The last instant before another; canonical DateTimes count in milliseconds. */
const before = (instant: string): string => new Date(Date.parse(instant) - 1).toISOString();

const queryOf = (TableName: string, half: string, { date_from, date_to }: DateRange): QueryCommandInput => ({
  TableName,
  IndexName: 'by-last-updated',
  // BETWEEN includes both ends, date_to does not (LIST-03).
  KeyConditionExpression: 'half = :half AND last_updated BETWEEN :from AND :to',
  ExpressionAttributeValues: {
    ':half': half,
    ':from': date_from ?? firstInstant,
    ':to': date_to ? before(date_to) : lastInstant,
  },
});

/** More matches than this, and a segment is read by ordinal. */
export const maxSparse = 2_000;

/** @returns the matching keys of a segment in order of creation, or undefined if they are more than `maxSparse` */
export async function sparseKeys(
  source: Source,
  party: PartyId,
  segment: number,
  range: DateRange,
): Promise<IndexedKey[] | undefined> {
  const parts = await Promise.all(
    halves.map((half) => readKeys(source, halfKey(party, segment, half), range, maxSparse + 1)),
  );
  const keys = parts.flat();
  return keys.length > maxSparse ? undefined : inOrder(keys);
}

/** @returns all matching keys of a segment, in order of creation */
export async function allKeys(
  source: Source,
  party: PartyId,
  segment: number,
  range: DateRange,
): Promise<IndexedKey[]> {
  const parts = await Promise.all(
    halves.map((half) => readKeys(source, halfKey(party, segment, half), range, segmentSize)),
  );
  return inOrder(parts.flat());
}

async function readKeys({ db, table }: Source, half: string, range: DateRange, count: number): Promise<IndexedKey[]> {
  const keys: IndexedKey[] = [];
  let next: QueryCommandInput['ExclusiveStartKey'];
  do {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({
        ...queryOf(table, half, range),
        ProjectionExpression: 'pk, sk, n',
        Limit: count - keys.length,
        ExclusiveStartKey: next,
      }),
    );
    keys.push(...(Items as IndexedKey[]));
    next = LastEvaluatedKey;
  } while (next && keys.length < count);
  return keys;
}

/** The index may show a Token that has just moved where it was and where it is: it comes out once. */
const inOrder = (keys: IndexedKey[]): IndexedKey[] =>
  [...new Map(keys.map((key) => [key.n, key])).values()].sort((a, b) => a.n - b.n);

/** Halves of segments that are counted side by side. */
const countsAtOnce = 32;

/** @returns how many Tokens of each segment match, in order of creation */
export async function countMatches(
  source: Source,
  party: PartyId,
  range: DateRange,
  counter: number,
): Promise<number[]> {
  const counts = Array.from({ length: Math.ceil(counter / segmentSize) }, () => 0);
  const parts = counts.flatMap((_, segment) => halves.map((half) => ({ segment, half })));
  await inParallel(parts, countsAtOnce, async ({ segment, half }) => {
    const size = sizeOfHalf(segment, half, counter);
    const count = await countHalf(source, halfKey(party, segment, half), range, size);
    counts[segment] = (counts[segment] ?? 0) + count;
  });
  return counts;
}

const sizeOfHalf = (segment: number, half: Half, counter: number): number => {
  const size = segment === segmentOf(counter) ? counter % segmentSize : segmentSize;
  return half === 0 ? Math.ceil(size / 2) : Math.floor(size / 2);
};

/** So many keys are counted of one side before the other has its turn; then more and more. */
const firstStep = 250;
const growth = 8;

/** Counts those that match, or all but those that do not, whichever are fewer. */
async function countHalf(source: Source, half: string, range: DateRange, size: number): Promise<number> {
  const matching = createCount(source, half, [range]);
  const others = createCount(source, half, complement(range));
  for (let limit = firstStep; ; limit *= growth) {
    if (await matching.step(limit)) return matching.count();
    // An index that shows a moved Token twice must not make what was counted uncounted.
    if (await others.step(limit)) return Math.max(size - others.count(), matching.count());
  }
}

function complement({ date_from, date_to }: DateRange): DateRange[] {
  const ranges: DateRange[] = [];
  if (date_from !== undefined && date_from > firstInstant) ranges.push({ date_from: undefined, date_to: date_from });
  if (date_to !== undefined) ranges.push({ date_from: date_to, date_to: undefined });
  return ranges;
}

function createCount({ db, table }: Source, half: string, ranges: DateRange[]) {
  const left = ranges.map((range) => ({ range, next: undefined as QueryCommandInput['ExclusiveStartKey'] }));
  let count = 0;
  return {
    count: () => count,
    /** @returns whether all are counted, once `limit` more have been */
    async step(limit: number): Promise<boolean> {
      let stepped = 0;
      for (let at = left[0]; at; at = left[0]) {
        if (stepped >= limit) return false;
        const { Count = 0, LastEvaluatedKey } = await db.send(
          new QueryCommand({
            ...queryOf(table, half, at.range),
            Select: 'COUNT',
            Limit: limit - stepped,
            ExclusiveStartKey: at.next,
          }),
        );
        count += Count;
        stepped += Count;
        at.next = LastEvaluatedKey;
        if (!LastEvaluatedKey) left.shift();
      }
      return true;
    },
  };
}
