/** What syncing has kept of a peer that is gone, or of a Token that is erased. */
import { removeCollection } from '../crud/collection.ts';
import { CrudError, type JsonObject, type RecordsStorage } from '../crud/crud.ts';
import { retryOnConflict } from '../crud/retry.ts';
import { sameCiString } from '../ocpi/values.ts';
import { forgetNames } from './pull/names.ts';
import { refusedAddress, refusedCollection } from './refused.ts';
import { directions, laneName } from './runtime.ts';
import { type Known, type PushState, readState, statesCollection } from './state.ts';
import { tokenName } from './token-name.ts';
import { urgentCollection } from './urgent.ts';
import { wishesCollection } from './wishes.ts';

/**
 * Forgets where syncing with a peer is, what it refused, and what its list named. A worker that is at it finds its state gone, and stops.
 * @param patienceMs after which what is left stays
 * @returns whether all is gone
 */
export async function forgetPeer(records: RecordsStorage, peer: string, patienceMs: number): Promise<boolean> {
  for (const direction of directions) {
    const id = laneName({ peer, direction });
    await records.delete({ collection: statesCollection, id });
    await records.delete({ collection: wishesCollection, id });
  }
  const gone = await Promise.all([
    removeCollection(records, refusedCollection(peer), patienceMs),
    forgetNames(records, peer, patienceMs),
  ]);
  return gone.every(Boolean);
}

interface Address {
  uid: string;
  type: string;
}

const mostUrgentRecords = 1_000;

/**
 * Forgets a Token of ours that is no more: so nobody writes its name again but a worker that is at a page which has it.
 * @returns false if such a worker is at one of these peers: then again when it has ended
 */
export async function forgetToken(
  records: RecordsStorage,
  peers: readonly string[],
  address: Address,
  now: Date,
): Promise<boolean> {
  await forgetUrgent(records, address);
  const outcomes = await Promise.all(
    peers.map(async (peer) => {
      await records.delete(refusedAddress(peer, address));
      return forgetInState(records, peer, address, now);
    }),
  );
  return outcomes.every(Boolean);
}

async function forgetUrgent(records: RecordsStorage, address: Address): Promise<void> {
  const { items } = await records.list({ collection: urgentCollection, limit: mostUrgentRecords });
  for (const { id } of items) {
    await retryOnConflict(async () => {
      const stored = await records.get({ collection: urgentCollection, id });
      const data = stored && withoutToken(stored.data, address);
      if (stored && data && JSON.stringify(data) !== JSON.stringify(stored.data)) {
        await records.update({ collection: urgentCollection, id, data, revision: stored.revision });
      }
    });
  }
}

const isOf = (value: unknown, { uid, type }: Address): boolean => {
  const named = value as Partial<Address> | null;
  return typeof named?.uid === 'string' && sameCiString(named.uid, uid) && named.type === type;
};

const withoutToken = (data: JsonObject, address: Address): JsonObject =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.filter((each) => !isOf(each, address)) : value,
    ]),
  );

/** The state is its worker's, so it is changed only while there is none. */
async function forgetInState(records: RecordsStorage, peer: string, address: Address, now: Date): Promise<boolean> {
  const lane = { peer, direction: 'push' } as const;
  const stored = await readState({ records }, lane);
  if (!stored) return true;
  if ((stored.data.lease?.until ?? '') > now.toISOString()) return false;
  return write(records, laneName(lane), stored, withoutName(stored.data, address));
}

async function write(
  records: RecordsStorage,
  id: string,
  { data: before, revision }: Known<PushState>,
  after: PushState,
): Promise<boolean> {
  if (JSON.stringify(before) === JSON.stringify(after)) return true;
  try {
    await records.update({ collection: statesCollection, id, data: { ...after }, revision });
    return true;
  } catch (error) {
    if (error instanceof CrudError) return false;
    throw error;
  }
}

function withoutName(state: PushState, address: Address): PushState {
  const { refused, fresh, changes, many, later, full, failing } = state;
  const name = tokenName(address);
  const isNamed = failing?.why.toUpperCase().includes(address.uid.toUpperCase());
  return {
    ...state,
    refused: refused.filter((each) => each !== name),
    fresh: without(fresh, name),
    changes: { ...changes, ...(changes.walk && { walk: withoutSent(changes.walk, name) }) },
    ...(many && { many: { ...withoutSent(many, name), told: without(many.told, name) } }),
    ...(later && { later: { ...later, told: without(later.told, name) } }),
    ...(full && { full: withoutSent(full, name) }),
    ...(failing && isNamed && { failing: { ...failing, why: 'a Token that has been erased' } }),
  };
}

const without = (stamps: Record<string, string>, name: string): Record<string, string> =>
  Object.fromEntries(Object.entries(stamps).filter(([each]) => each !== name));

const withoutSent = <Walk extends { sent?: Record<string, string> }>(walk: Walk, name: string): Walk => ({
  ...walk,
  ...(walk.sent && { sent: without(walk.sent, name) }),
});
