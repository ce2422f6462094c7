/** What a peer refused of us: a record for each Token, which says why. */
import type { RecordAddress, RecordsStorage } from '../crud/crud.ts';
import { fold } from '../ocpi/values.ts';

const idOf = ({ uid, type }: { uid: string; type: string }): string => `${type}#${fold(uid)}`;

/** Where the record of a Token is. */
export const refusedAddress = (peer: string, token: { uid: string; type: string }): RecordAddress => ({
  collection: refusedCollection(peer),
  id: idOf(token),
});

export const refusedCollection = (peer: string): string => `refused/${peer}`;

export interface Refused {
  uid: string;
  type: string;
  /** The last_updated with which it was refused. */
  stamp: string;
  /** When it was last tried; a canonical DateTime. */
  at: string;
  http?: number;
  status_code?: number;
  /** In the peer's words, bounded. */
  why: string;
  tries: number;
}

/** The first of them, by their names. */
export async function listRefused(records: RecordsStorage, peer: string, limit: number): Promise<Refused[]> {
  const { items } = await records.list({ collection: refusedCollection(peer), limit });
  return items.map(({ data }) => data as unknown as Refused);
}

export async function readRefused(
  records: RecordsStorage,
  peer: string,
  token: { uid: string; type: string },
): Promise<Refused | undefined> {
  const stored = await records.get(refusedAddress(peer, token));
  return stored?.data as Refused | undefined;
}
