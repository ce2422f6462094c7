/** Lists of received Tokens, for exports and for a charger that knows only a uid. They have no offsets and no total. */
import { QueryCommand, type QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import type { PartyId } from '../../ocpi/versions.ts';
import type { ListReceived, TokenPage } from '../crud.ts';
import { inParallel } from '../in-parallel.ts';
import {
  arrivalsKey,
  ownerKey,
  partitionOf,
  type ReceivedItem,
  registryPartition,
  shardCount,
  storedOf,
  uidKey,
} from './items.ts';
import type { Source } from './source.ts';

/** Shards of the index by-arrival that are read side by side. */
const shardsAtOnce = 16;

/** Of a walk: the partition of an index, and what was last read of it. */
interface Place {
  partition: string;
  arrived_at: string;
  pk: string;
  sk: string;
}

const encodePlace = (item: ReceivedItem, partition: string): string =>
  JSON.stringify([partition, item.arrived_at, item.pk, item.sk]);

/** @returns undefined for what `encodePlace` has not made */
function decodePlace(after: string | undefined): Place | undefined {
  if (after === undefined) return undefined;
  try {
    const parts: unknown = JSON.parse(after);
    if (!Array.isArray(parts) || parts.length !== 4 || !parts.every((part) => typeof part === 'string' && part)) {
      return undefined;
    }
    const [partition, arrived_at, pk, sk] = parts as [string, string, string, string];
    return { partition, arrived_at, pk, sk };
  } catch {
    return undefined;
  }
}

export async function listReceived(source: Source, call: ListReceived): Promise<TokenPage> {
  const place = decodePlace(call.after);
  return call.id === undefined ? listArrivals(source, call, place) : listUid(source, call, call.id, place);
}

/** @param found one more than the page may hold, if there are more, with the partition that each is in */
function pageOf(found: { item: ReceivedItem; partition: string }[], limit: number): TokenPage {
  const page = found.slice(0, limit);
  const last = page.at(-1);
  const isLast = found.length <= limit;
  const items = page.map(({ item }) => storedOf(item));
  return { items, isLast, limit, ...(!isLast && last && { next: encodePlace(last.item, last.partition) }) };
}

async function listUid(
  { db, table }: Source,
  { filters: { limit }, country_code, party_id }: ListReceived,
  id: string,
  place: Place | undefined,
): Promise<TokenPage> {
  const uid = uidKey(id);
  const query: QueryCommandInput = {
    TableName: table,
    IndexName: 'by-uid',
    KeyConditionExpression: 'received_uid = :uid',
    ExpressionAttributeValues: { ':uid': uid },
    ...(country_code && party_id && ofOwner(uid, { country_code, party_id })),
    ...(place?.partition === uid && { ExclusiveStartKey: { received_uid: uid, pk: place.pk, sk: place.sk } }),
  };
  const items = await readUpTo({ db, table }, query, limit + 1);
  return pageOf(
    items.map((item) => ({ item, partition: uid })),
    limit,
  );
}

/** A uid has so few owners that what is of others is left out here. */
const ofOwner = (uid: string, owner: PartyId) => ({
  FilterExpression: 'begins_with(pk, :owner)',
  ExpressionAttributeValues: { ':uid': uid, ':owner': partitionOf('CPO', owner, '') },
});

/** Party by party and shard by shard; what arrives meanwhile moves to the end of its shard, and is read again there. */
async function listArrivals(source: Source, call: ListReceived, place: Place | undefined): Promise<TokenPage> {
  const { country_code, party_id, arrived_from, filters } = call;
  const owners = country_code && party_id ? [ownerKey({ country_code, party_id })] : await readRegistry(source);
  const partitions = owners.flatMap((owner) =>
    Array.from({ length: shardCount }, (_, shard) => arrivalsKey(owner, shard)),
  );
  const begin = Math.max(partitions.indexOf(place?.partition ?? ''), 0);
  const found: { item: ReceivedItem; partition: string }[] = [];
  for (let i = begin; i < partitions.length && found.length <= filters.limit; i += shardsAtOnce) {
    const wanted = filters.limit + 1 - found.length;
    const shards = partitions.slice(i, i + shardsAtOnce);
    const read = await inParallel(shards, shardsAtOnce, async (partition) => {
      const startsAt = partition === place?.partition ? place : undefined;
      const items = await readUpTo(source, arrivalsQuery(source.table, partition, arrived_from, startsAt), wanted);
      return items.map((item) => ({ item, partition }));
    });
    found.push(...read.flat());
  }
  return pageOf(found, filters.limit);
}

/** @returns the owners of received Tokens, in an order that keeps still */
async function readRegistry({ db, table }: Source): Promise<string[]> {
  const owners: string[] = [];
  let next: QueryCommandInput['ExclusiveStartKey'];
  do {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :registry',
        ExpressionAttributeValues: { ':registry': registryPartition },
        ConsistentRead: true,
        ExclusiveStartKey: next,
      }),
    );
    owners.push(...Items.map(({ sk }) => String(sk)));
    next = LastEvaluatedKey;
  } while (next);
  return owners;
}

const arrivalsQuery = (
  TableName: string,
  partition: string,
  arrived_from: string | undefined,
  place: Place | undefined,
): QueryCommandInput => ({
  TableName,
  IndexName: 'by-arrival',
  KeyConditionExpression: `arrivals = :partition${arrived_from === undefined ? '' : ' AND arrived_at >= :from'}`,
  ExpressionAttributeValues: { ':partition': partition, ...(arrived_from !== undefined && { ':from': arrived_from }) },
  ...(place && {
    ExclusiveStartKey: { arrivals: partition, arrived_at: place.arrived_at, pk: place.pk, sk: place.sk },
  }),
});

async function readUpTo({ db }: Source, query: QueryCommandInput, count: number): Promise<ReceivedItem[]> {
  const items: ReceivedItem[] = [];
  let next = query.ExclusiveStartKey;
  do {
    const { Items = [], LastEvaluatedKey } = await db.send(
      new QueryCommand({ ...query, Limit: count - items.length, ExclusiveStartKey: next }),
    );
    items.push(...(Items as ReceivedItem[]));
    next = LastEvaluatedKey;
  } while (next && items.length < count);
  return items;
}
