/** Every key and attribute of the Tokens table; serverless.yml declares the table and its indexes, docs/storage.md draws them. */

import { comparableUid, type Token, tokenEntries } from '../../ocpi/token.ts';
import { fold } from '../../ocpi/values.ts';
import type { PartyId, Role } from '../../ocpi/versions.ts';
import type { OwnToken, ReceivedToken, StoredToken } from '../crud.ts';

export type Key = { pk: string; sk: string };

/** A Token of another party that we keep a copy of. */
export interface ReceivedItem extends Token, Key {
  revision: string;
  /** Index by-uid: a charger knows only the uid. */
  received_uid: string;
  /** Index by-arrival: the owner and one of its shards. */
  arrivals: string;
  /** When it last came in, which `last_updated` need not say (COO-17). */
  arrived_at: string;
}

/** A Token of ours. */
export interface OwnItem extends Token, Key {
  revision: string;
  /** Index by-ordinal: the owner and a segment of its ordinals. */
  seg: string;
  /** Index by-last-updated: the owner and half a segment, the odd or the even ordinals. */
  half: string;
  /** The ordinal: 0, 1, 2 … in order of creation, without holes. */
  n: number;
  settings: OwnToken['settings'];
}

/**
 * Of what is written here. It stands in items that the calls read or compare anyway, so that a stack that finds another
 * layout says so without a request more.
 */
export const layout = 1;

/** @throws Error if an item was written in another layout */
export function checkLayout(table: string, found: unknown): void {
  if (found !== layout)
    throw new Error(`${table} has layout ${String(found)}, and this version reads layout ${layout}`);
}

/** Ordinals that share a key of an index, so that no key gets all the writes. A multiple of every usual page size. */
export const segmentSize = 20_000;

export const segmentOf = (n: number): number => Math.floor(n / segmentSize);

/** `#` separates the parts of a key, so no part in front of another may hold one. */
const part = (ciString: string) => encodeURIComponent(fold(ciString));

export const ownerKey = ({ country_code, party_id }: PartyId): string => `${part(country_code)}#${part(party_id)}`;

/** All types of one uid share a partition, so that a uid's only Token is found without its type, in one request. */
export const partitionOf = (role: Role, owner: PartyId | undefined, uid: string): string =>
  role === 'CPO' && owner ? `C#${ownerKey(owner)}#${fold(uid)}` : `E#${fold(uid)}`;

export const ownKey = (uid: string, type: string): Key => ({ pk: partitionOf('EMSP', undefined, uid), sk: type });

/** The number of Tokens that a party of ours has, which is also the next ordinal. */
export const counterKey = (owner: PartyId): Key => ({ pk: `N#${ownerKey(owner)}`, sk: 'total' });

export interface CounterItem extends Key {
  total: number;
  layout: number;
}

/** The parties of which we have received Tokens, an item each. */
export const registryPartition = 'R#parties';
export const registryItem = (owner: PartyId) => ({ pk: registryPartition, sk: ownerKey(owner), layout });

export const segmentKey = (owner: PartyId, segment: number): string => `${ownerKey(owner)}#${segment}`;

export type Half = 0 | 1;
export const halves: readonly Half[] = [0, 1];

export const halfKey = (owner: PartyId, segment: number, half: Half): string => `${segmentKey(owner, segment)}#${half}`;

/** Shards of a party in the index by-arrival: a full push of one party is written at the rate of so many keys. */
export const shardCount = 4;

export const arrivalsKey = (owner: string, shard: number): string => `${owner}#${shard}`;

const shardOf = ({ pk, sk }: Key): number => {
  let hash = 0;
  for (const character of pk + sk) hash = (Math.imul(hash, 31) + character.charCodeAt(0)) >>> 0;
  return hash % shardCount;
};

/** No key of an index may be empty, which is what is left of a uid of zeros. */
export const uidKey = (uid: string): string => `U#${comparableUid(uid)}`;

export function receivedItem({ data, arrived_at }: ReceivedToken, revision: string): ReceivedItem {
  const key = { pk: partitionOf('CPO', data, data.uid), sk: data.type };
  return {
    ...data,
    ...key,
    received_uid: uidKey(data.uid),
    arrivals: arrivalsKey(ownerKey(data), shardOf(key)),
    arrived_at,
    revision,
  };
}

export const ownItem = ({ data, settings }: OwnToken, n: number, revision: string): OwnItem => ({
  ...data,
  ...ownKey(data.uid, data.type),
  seg: segmentKey(data, segmentOf(n)),
  half: halfKey(data, segmentOf(n), (n % 2) as Half),
  n,
  settings,
  revision,
});

const tokenFields = Object.keys(tokenEntries) as (keyof Token)[];

/** The Token without what the table adds to it. */
export function tokenOf(item: Token): Token {
  const token: Record<string, unknown> = {};
  for (const field of tokenFields) if (item[field] !== undefined) token[field] = item[field];
  return token as Token;
}

type StoredItem = Token &
  Pick<OwnItem, 'revision'> &
  Partial<Pick<OwnItem, 'settings'> & Pick<ReceivedItem, 'arrived_at'>>;

export const storedOf = (item: StoredItem): StoredToken => ({
  data: tokenOf(item),
  revision: item.revision,
  ...(item.settings && { settings: item.settings }),
  ...(item.arrived_at !== undefined && { arrived_at: item.arrived_at }),
});
