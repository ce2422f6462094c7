/**
 * Lists of our own Tokens with a date filter. Segments follow one another in order of creation. Where few Tokens of a segment match,
 * their keys are read and put in order; where many do, the segment is read by ordinal and filtered here. What the first page counts
 * goes along in `next`, so that the pages behind it pass over what is empty and ask nothing twice.
 */
import type { PartyId } from '../../ocpi/versions.ts';
import type { ListOwn, TokenPage } from '../crud.ts';
import { inParallel } from '../in-parallel.ts';
import { batchGet } from './batch-get.ts';
import {
  allKeys,
  countMatches,
  type DateRange,
  type IndexedKey,
  isEmptyRange,
  isInRange,
  maxSparse,
  sparseKeys,
} from './by-last-updated.ts';
import { type OrdinalToken, readCounter, readDense, readStretch } from './by-ordinal.ts';
import { type OwnItem, segmentOf, segmentSize, storedOf } from './items.ts';
import { type Density, decodePlace, encodePlace, type Place } from './place.ts';
import type { Source } from './source.ts';

/** Segments whose keys are read side by side. */
const segmentsAtOnce = 8;

/** A page behind the first that has found something asks no more segments than these. */
export const maxSegmentsOfPage = 32;

/** The most ordinals that a first page reads at once in a segment where not all match. */
const maxStretch = 2_000;

const maxFew = 50;

/** What to expect of a segment of which no more is known. */
const expected: Record<Density, number> = { none: 0, few: 10, some: 500, many: segmentSize };

/** So many keys are one BatchGetItem. */
const cheap = 100;

/** Reading a Token by its key costs as much as reading some twenty by ordinal. */
const densityOf = (count: number, size: number): Density => {
  if (count === 0) return 'none';
  if (count <= maxFew) return 'few';
  return count <= maxSparse && (count <= cheap || count * 10 <= size) ? 'some' : 'many';
};

const endOf = (segment: number): number => (segment + 1) * segmentSize;

/** One page in the making. */
interface Reader {
  source: Source;
  party: PartyId;
  range: DateRange;
  limit: number;
  /** How many Tokens there are, and how many there were when the walk began. */
  counter: number;
  counterAtFirst: number;
  /** By segment; what is missing is not known. */
  densities: Map<number, Density>;
  /** By segment, if they have just been counted. Then the page is filled; else it may be short. */
  counts: readonly number[] | undefined;
  /** The first ordinal not examined. */
  from: number;
  items: OrdinalToken[];
  /** Segments whose keys were asked. */
  asked: number;
  /** Whether the list ends at `from` for now, because the index does not show what came after the walk began. */
  isEnded: boolean;
  /** Whether the page ends at `from`, because the index does not show what was there before. */
  isCut: boolean;
}

export async function listFiltered(source: Source, call: ListOwn): Promise<TokenPage> {
  const { filters, after, country_code, party_id } = call;
  const { date_from, date_to, offset, limit } = filters;
  const range = { date_from, date_to };
  if (isEmptyRange(range)) return { items: [], total: 0, isLast: true, limit };
  const reader = {
    source,
    party: { country_code, party_id },
    range,
    limit,
    items: [],
    asked: 0,
    isEnded: false,
    isCut: false,
  };
  const place = decodePlace(after);
  return place?.filtered && limit > 0 ? pageAfter(reader, place, place.filtered) : pageAt(reader, offset);
}

type NewReader = Omit<Reader, 'counter' | 'counterAtFirst' | 'densities' | 'counts' | 'from'>;

/** By offset: counts find the place, and the page is full. */
async function pageAt(begun: NewReader, offset: number): Promise<TokenPage> {
  const { source, party, range, limit } = begun;
  const counter = await readCounter(source, party);
  const counts = await countMatches(source, party, range, counter);
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (limit === 0 || offset >= total) return { items: [], total, isLast: offset >= total, limit };
  const isWhole = (segment: number) => endOf(segment) <= counter;
  const densities = counts.map((count, segment): [number, Density] => [
    segment,
    // In the last one a Token may be created meanwhile.
    count === 0 && !isWhole(segment) ? 'few' : densityOf(count, Math.min(counter - segment * segmentSize, segmentSize)),
  ]);
  const reader: Reader = {
    ...begun,
    counter,
    counterAtFirst: counter,
    densities: new Map(densities),
    counts,
    from: await ordinalAt(begun, counts, offset),
  };
  await fill(reader, undefined);
  return pageOf(reader, total, 0);
}

/** @returns the ordinal of the match at an offset */
async function ordinalAt({ source, party, range }: NewReader, counts: number[], offset: number): Promise<number> {
  let rank = offset;
  let segment = 0;
  for (; rank >= (counts[segment] ?? Number.POSITIVE_INFINITY); segment += 1) rank -= counts[segment] ?? 0;
  if (rank === 0) return segment * segmentSize;
  const keys = await allKeys(source, party, segment, range);
  return keys[rank]?.n ?? endOf(segment);
}

/** From a place: what the first page counted is known, and the page may be short. */
async function pageAfter(
  begun: NewReader,
  { from, counter: counterAtFirst }: Place,
  { total, densities }: NonNullable<Place['filtered']>,
): Promise<TokenPage> {
  const { source, party, range, limit } = begun;
  const known = new Map(densities.map((density, i): [number, Density] => [segmentOf(from) + i, density]));
  const isDense = known.get(segmentOf(from)) === 'many';
  // Where the page begins is known, so its first query need not wait for the counter.
  const to = Math.min(from + limit, endOf(segmentOf(from)));
  const [counter, early] = await Promise.all([
    readCounter(source, party),
    isDense ? readStretch(source, { party, from, to }) : undefined,
  ]);
  const reader: Reader = { ...begun, counter, counterAtFirst, densities: known, counts: undefined, from };
  await fill(reader, early);
  const end = reader.isEnded ? Math.max(reader.from, counterAtFirst) : counter;
  // What has been created since is newer than any date that a walk can begin with.
  const created = range.date_to === undefined ? Math.max(end - counterAtFirst, 0) : 0;
  return pageOf(reader, total, created);
}

/**
 * @param total when the walk began
 * @param created since, and counted with them
 */
function pageOf(reader: Reader, total: number, created: number): TokenPage {
  const { items, limit, counterAtFirst } = reader;
  const isLast = isAtEnd(reader);
  if (items.length === 0 && !isLast) throw new Error(`The index by-ordinal does not show ordinal ${reader.from} yet`);
  const isShort = !isLast && items.length < limit;
  return {
    items: items.map(storedOf),
    total: total + created,
    isLast,
    // A client that counts by X-Limit must not step over what follows.
    limit: isShort ? items.length : limit,
    ...(!isLast && {
      next: encodePlace({
        from: reader.from,
        counter: counterAtFirst,
        filtered: { total, densities: densitiesFrom(reader) },
      }),
    }),
  };
}

function densitiesFrom({ densities, from }: Reader): Density[] {
  const known: Density[] = [];
  for (let segment = segmentOf(from); ; segment += 1) {
    const density = densities.get(segment);
    if (density === undefined) return known;
    known.push(density);
  }
}

const isAtEnd = ({ isEnded, from, counter }: Reader): boolean => isEnded || from >= counter;

/** Goes on at an ordinal, or behind it where nothing can match. */
function goTo(reader: Reader, from: number): void {
  reader.from = from;
  while (reader.from < reader.counter && reader.densities.get(segmentOf(reader.from)) === 'none') {
    reader.from = endOf(segmentOf(reader.from));
  }
}

/** @param early what was read already from `from` on by ordinal */
async function fill(reader: Reader, early: OrdinalToken[] | undefined): Promise<void> {
  goTo(reader, reader.from);
  let firstRead = early;
  while (reader.items.length < reader.limit && !reader.isCut && !isAtEnd(reader)) {
    const isDense = reader.densities.get(segmentOf(reader.from)) === 'many';
    const mayEnd = reader.counts === undefined && reader.items.length > 0;
    if (mayEnd && (isDense || reader.asked >= maxSegmentsOfPage)) return;
    if (isDense) await readByOrdinal(reader, firstRead);
    else await readByKeys(reader);
    firstRead = undefined;
  }
}

/** One stretch of a segment in which many match. */
async function readByOrdinal(reader: Reader, firstRead: OrdinalToken[] | undefined): Promise<void> {
  const { source, party, range, limit, from, counter, counterAtFirst, items } = reader;
  const segment = segmentOf(from);
  const to = Math.min(from + stretchFor(reader), endOf(segment), counter);
  const found = await readDense(source, { party, from, to }, firstRead);
  const matching = found.filter(({ last_updated }) => isInRange(last_updated, range));
  const taken = matching.slice(0, limit - items.length);
  items.push(...taken);
  if (taken.length < matching.length) {
    goTo(reader, (taken.at(-1)?.n ?? from) + 1);
    return;
  }
  goTo(reader, from + found.length);
  if (reader.from < to) {
    if (reader.from >= counterAtFirst) reader.isEnded = true;
    else reader.isCut = true;
    return;
  }
  if (taken.length > 0 || reader.from >= endOf(segment)) return;
  const keys = await allKeys(source, party, segment, range);
  goTo(reader, keys.find(({ n }) => n >= reader.from)?.n ?? endOf(segment));
}

/** Behind the first page one page's amount; a page that must be full takes as many as should hold what it wants. */
function stretchFor({ limit, counts, from, items }: Reader): number {
  if (!counts) return limit;
  const share = (counts[segmentOf(from)] ?? 0) / segmentSize;
  const wanted = Math.ceil(((limit - items.length) / Math.max(share, 1 / maxStretch)) * 1.1);
  return Math.max(limit - items.length, Math.min(wanted, maxStretch));
}

/** The next few segments in which few match, or of which nothing is known. */
async function readByKeys(reader: Reader): Promise<void> {
  const { source, party, range, densities } = reader;
  const segments = nextSegments(reader);
  reader.asked += segments.length;
  const read = await inParallel(segments, segmentsAtOnce, (segment) => sparseKeys(source, party, segment, range));
  for (const [i, keys] of read.entries()) {
    const segment = segments[i] as number;
    if (reader.items.length >= reader.limit) return;
    if (!keys) {
      densities.set(segment, 'many');
      return;
    }
    await takeKeys(reader, segment, keys);
  }
}

function nextSegments({ densities, counts, from, counter, limit, items, asked }: Reader): number[] {
  const segments: number[] = [];
  const budget = counts || items.length === 0 ? segmentsAtOnce : Math.min(segmentsAtOnce, maxSegmentsOfPage - asked);
  let wanted = limit - items.length;
  for (let segment = segmentOf(from); segment * segmentSize < counter; segment += 1) {
    const density = densities.get(segment);
    if (density === 'none') continue;
    if (density === 'many' || segments.length >= budget || wanted <= 0) break;
    segments.push(segment);
    wanted -= counts?.[segment] ?? expected[density ?? 'some'];
  }
  return segments;
}

/** Reads the Tokens of a segment's keys until the page is full, and judges them again: the index may have been late. */
async function takeKeys(reader: Reader, segment: number, keys: readonly IndexedKey[]): Promise<void> {
  const { source, range, items, limit, from } = reader;
  let left = keys.filter(({ n }) => n >= from);
  while (left.length > 0 && items.length < limit) {
    const taken = left.slice(0, limit - items.length);
    left = left.slice(taken.length);
    const found = await batchGet<OwnItem>(
      source.db,
      source.table,
      taken.map(({ pk, sk }) => ({ pk, sk })),
    );
    items.push(...found.filter(({ last_updated }) => isInRange(last_updated, range)).sort((a, b) => a.n - b.n));
    reader.from = (taken.at(-1) as IndexedKey).n + 1;
  }
  // A page that is full with the last match says so.
  if (left.length === 0) goTo(reader, endOf(segment));
}
