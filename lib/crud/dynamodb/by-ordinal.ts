/** Reading the index by-ordinal: stretches of one party's Tokens, and what to do where the index lags behind its table. */
import { setTimeout as delay } from 'node:timers/promises';
import { GetCommand, QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { type Token, tokenEntries } from '../../ocpi/token.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import {
  type CounterItem,
  checkLayout,
  counterKey,
  type OwnItem,
  segmentKey,
  segmentOf,
  segmentSize,
} from './items.ts';
import type { Source } from './source.ts';

/** Of one party's ordinals, `to` exclusive. */
export interface Stretch {
  party: PartyId;
  from: number;
  to: number;
}

export type OrdinalToken = Token & Pick<OwnItem, 'n' | 'settings' | 'revision'>;

/** An index lags behind its table by milliseconds; a Token that it does not show yet is waited for this often. */
const lagPausesMs = [10, 30, 80, 200, 500];

/** What a page needs of its items. It costs no less to read, but much less to take apart. */
const needed = ['n', 'settings', 'revision', ...Object.keys(tokenEntries)];
const projection = {
  ProjectionExpression: needed.map((name) => `#${name}`).join(', '),
  ExpressionAttributeNames: Object.fromEntries(needed.map((name) => [`#${name}`, name])),
};

/**
 * @returns how many Tokens a party has
 * @throws Error if they are in another layout
 */
export async function readCounter({ db, table }: Source, party: PartyId): Promise<number> {
  const { Item } = await db.send(new GetCommand({ TableName: table, Key: counterKey(party), ConsistentRead: true }));
  const counter = Item as CounterItem | undefined;
  if (counter) checkLayout(table, counter.layout);
  return counter?.total ?? 0;
}

/** What the index shows of a stretch right now. */
export async function readStretch(source: Source, { party, from, to }: Stretch): Promise<OrdinalToken[]> {
  const reads: Promise<OrdinalToken[]>[] = [];
  for (let start = from; start < to; start = (segmentOf(start) + 1) * segmentSize) {
    const end = Math.min(to, (segmentOf(start) + 1) * segmentSize);
    reads.push(readSegment(source, segmentKey(party, segmentOf(start)), start, end));
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
        ...projection,
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
 * @param firstRead what was read of it already, perhaps of more than it
 */
export async function readDense(
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
  // While a Token takes the place of another, the index may show both.
  const places = items.filter(({ n }, i) => n !== items[i - 1]?.n);
  const gap = places.findIndex(({ n }, i) => n !== from + i);
  return places.slice(0, Math.min(gap === -1 ? places.length : gap, to - from));
}
