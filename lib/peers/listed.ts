/**
 * The parties that a hub lists, thousands at times (CRED-04): spread over small records in a collection of its own for each time
 * that it announces them, which is complete before the peer refers to it, and of which a push reads one. A record for each party
 * would take a hub's handshake longer than the hub waits. They claim nothing, because those parties may connect directly (COO-07).
 */
import { createHash } from 'node:crypto';
import { forEachOf } from '../crud/collection.ts';
import { CrudError, type RecordsStorage } from '../crud/crud.ts';
import type { PartyId } from '../ocpi/versions.ts';
import { partyKey } from './claims.ts';
import type { Listed } from './peer.ts';

/** Far more than the largest hubs reach, and a few dozen in a record. */
export const mostListed = 10_000;

/** @returns the record that a party is in, if it is listed: one of 256 */
const recordOf = (party: string): string => createHash('sha256').update(party).digest('hex').slice(0, 2);

/** @param id new for each announcement of the peer */
export async function writeListed(
  records: RecordsStorage,
  peerId: string,
  id: string,
  parties: readonly PartyId[],
): Promise<Listed> {
  const collection = `listed/${peerId}/${id}`;
  const keys = [...new Set(parties.map(partyKey))];
  await forEachOf([...Map.groupBy(keys, recordOf)], ([record, listed]) => put(records, collection, record, listed));
  return { collection, parties: keys.length };
}

/** The collection is nobody else's, so what is there already is from an attempt whose answer was lost. */
async function put(records: RecordsStorage, collection: string, id: string, parties: string[]): Promise<void> {
  try {
    await records.create({ collection, id, data: { parties } });
  } catch (error) {
    if (!(error instanceof CrudError && error.code === 'already-exists')) throw error;
  }
}

/** One read. */
export async function isListed(records: RecordsStorage, collection: string, party: PartyId): Promise<boolean> {
  const key = partyKey(party);
  const record = await records.get({ collection, id: recordOf(key) });
  return Array.isArray(record?.data.parties) && record.data.parties.includes(key);
}
