/**
 * The parties that a hub lists, thousands at times (CRED-04): spread over small records in a collection of its own for each time
 * that it announces them, which is complete before the peer refers to it, and of which a push reads one. A record for each party
 * would take a hub's handshake longer than the hub waits. They claim nothing, because those parties may connect directly (COO-07).
 */
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { CrudError, type RecordsStorage } from '../crud/crud.ts';
import type { PartyId } from '../ocpi/versions.ts';
import { partyKey } from './claims.ts';
import type { Listed } from './peer.ts';

/** Far more than the largest hubs reach, and a few dozen in a record. */
export const mostListed = 10_000;

const atOnce = 20;

/** @returns the record that a party is in, if it is listed: one of 256 */
const recordOf = (party: string): string => createHash('sha256').update(party).digest('hex').slice(0, 2);

/** Calls `work` for each, so many at once; ends with the first that fails. */
async function forEach<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

/** @param id new for each announcement of the peer */
export async function writeListed(
  records: RecordsStorage,
  peerId: string,
  id: string,
  parties: readonly PartyId[],
): Promise<Listed> {
  const collection = `listed/${peerId}/${id}`;
  const keys = [...new Set(parties.map(partyKey))];
  await forEach([...Map.groupBy(keys, recordOf)], ([record, listed]) => put(records, collection, record, listed));
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

const pageSize = 256;

async function removeAll(records: RecordsStorage, collection: string): Promise<true> {
  for (;;) {
    const { items, next } = await records.list({ collection, limit: pageSize });
    await forEach(items, ({ id }) => records.delete({ collection, id }));
    if (next === undefined) return true;
  }
}

/**
 * Removes a list that no peer refers to any more.
 * @param patienceMs after which what is left stays: it harms nobody
 * @returns whether all is gone
 */
export async function removeListed(records: RecordsStorage, collection: string, patienceMs: number): Promise<boolean> {
  const patience = new AbortController();
  const outOfTime = delay(patienceMs, false, { ref: false, signal: patience.signal }).catch(() => false);
  try {
    return await Promise.race([removeAll(records, collection), outOfTime]);
  } finally {
    patience.abort();
  }
}
