/** Every key and attribute of the Tokens table; serverless.yml declares the table and its indexes. */
import type { AuthorizationSettings } from '../../authorization.ts';
import { type Token, tokenEntries } from '../../ocpi/token.ts';
import { fold } from '../../ocpi/values.ts';
import type { PartyId, Role } from '../../ocpi/versions.ts';

export type Key = { pk: string; sk: string };

/** A Token of another party that we keep a copy of. */
export interface ReceivedItem extends Token, Key {
  revision: string;
  /** Index by-uid: a charger knows only the uid. */
  received_uid: string;
  /** When it last came in, which `last_updated` need not say (COO-17). */
  arrived_at: string;
}

/** A Token of ours. */
export interface OwnItem extends Token, Key {
  revision: string;
  /** Index by-last-updated: the owner. */
  own: string;
  /** Index by-ordinal: the owner and a stretch of its ordinals. */
  seg: string;
  /** The ordinal: 0, 1, 2 … in order of creation, without holes. */
  n: number;
  settings?: AuthorizationSettings;
}

/** Ordinals that share a key of the index by-ordinal, so that no key gets all the writes. A multiple of every usual page size. */
export const segmentSize = 100_000;

/** `#` separates the parts of a key, so no part in front of another may hold one. */
const part = (ciString: string) => encodeURIComponent(fold(ciString));

export const ownerKey = ({ country_code, party_id }: PartyId): string => `${part(country_code)}#${part(party_id)}`;

/** All types of one uid share a partition, so that a uid's only Token is found without its type, in one request. */
export const partitionOf = (role: Role, owner: PartyId | undefined, uid: string): string =>
  role === 'CPO' && owner ? `C#${ownerKey(owner)}#${fold(uid)}` : `E#${fold(uid)}`;

/** The number of Tokens that a party of ours has, which is also the next ordinal. */
export const counterKey = (owner: PartyId): Key => ({ pk: `N#${ownerKey(owner)}`, sk: 'total' });

export const segmentKey = (owner: PartyId, segment: number): string => `${ownerKey(owner)}#${segment}`;

export const receivedItem = (token: Token, arrived_at: string, revision: string): ReceivedItem => ({
  ...token,
  pk: partitionOf('CPO', token, token.uid),
  sk: token.type,
  received_uid: fold(token.uid),
  arrived_at,
  revision,
});

export const ownItem = (token: Token, n: number, revision: string): OwnItem => ({
  ...token,
  pk: partitionOf('EMSP', undefined, token.uid),
  sk: token.type,
  own: ownerKey(token),
  seg: segmentKey(token, Math.floor(n / segmentSize)),
  n,
  revision,
});

const tokenFields = Object.keys(tokenEntries) as (keyof Token)[];

/** The Token without what the table adds to it. */
export function tokenOf(item: Token): Token {
  const token: Record<string, unknown> = {};
  for (const field of tokenFields) if (item[field] !== undefined) token[field] = item[field];
  return token as Token;
}
