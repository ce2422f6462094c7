/** Finds out which lanes have something to do, and wakes those. It writes no state: a lane that is woken for nothing says so itself. */
import { ownTokensCall, peersCall } from '../crud/calls.ts';
import type { Backend, KnownPeer } from '../crud/crud.ts';
import { sameParty } from '../ocpi/values.ts';
import { type PartyId, partiesOf } from '../ocpi/versions.ts';
import type { Peer } from '../peers/peer.ts';
import { listOwn } from '../tokens/own/list.ts';
import { mayTryUrgent } from './backoff.ts';
import type { Seen } from './lag.ts';
import { partiesPushed } from './lanes.ts';
import { measureLanes } from './measure.ts';
import { type Direction, directions, type Lane, laneName, laneNamed, type SyncRuntime, type Wake } from './runtime.ts';
import { type Known, readState, type State, type StateOf, statesCollection } from './state.ts';
import { noteUrgent } from './urgent.ts';
import { hasUnmet, readWishes, type Wishes, wishesCollection } from './wishes.ts';
import { works } from './works.ts';

/** A change of a Token of ours that partners can see. */
export interface Changed extends PartyId {
  uid: string;
  type: string;
  /** Its last_updated, as it is stored. */
  stamp: string;
  /** Whether partners that hold it as valid should stop doing so. */
  becameInvalid: boolean;
}

interface KnownLane extends Lane {
  /** As it is stored. */
  of: Peer;
  stored: Known<State> | undefined;
  wishes: Wishes;
  /** Of an idle one, the oldest stamp of a change that nobody has begun to send. */
  unsent?: string;
}

const pageSize = 250;

/**
 * Told by a stream, or by the writer where the storage has none. May be repeated, and come in any order.
 * A lane whose lease runs is woken too: its worker may have passed the change by, and its group holds the wake back until it ends.
 */
export async function wakeChanged(runtime: SyncRuntime, changed: readonly Changed[]): Promise<void> {
  await noteUrgent(runtime.backend.records, changed);
  const invalid = changed.filter(({ becameInvalid }) => becameInvalid);
  const isOf = ({ of }: KnownLane, tokens: readonly Changed[]): boolean =>
    partiesPushed(runtime.config, of).some((own) => tokens.some((each) => sameParty(own, each)));
  const newsFor = (lane: KnownLane): readonly Changed[] => {
    if (!isWaiting(lane, runtime)) return changed;
    return mayTry(lane, runtime) ? invalid : [];
  };
  const { lanes } = await readLanes(runtime);
  const told = lanes.filter((lane) => lane.direction === 'push' && isOf(lane, newsFor(lane)));
  await wake(runtime, told.map(wakeOf(runtime)));
}

/**
 * Whoever has been connected, or for whom something else was set, need not wait for the minute. May be repeated.
 * A worker goes by the peer as it was when its slice began, so that a lane whose lease runs is woken too.
 * @param peers their ids
 */
export async function wakePeers(runtime: SyncRuntime, peers: readonly string[]): Promise<void> {
  const known = await Promise.all([...new Set(peers)].map((id) => readPeer(runtime, id)));
  const due = known.flatMap(({ revision, lanes }) =>
    lanes
      .filter((lane) => !isWaiting(lane, runtime) && isDue(lane, runtime))
      .map((lane) => ({ ...wakeOf(runtime)(lane), because: `peer ${revision}` })),
  );
  await wake(runtime, due);
}

/** Every minute: whatever is due, and whatever nobody was woken for. */
export async function wakeDue(runtime: SyncRuntime): Promise<void> {
  const known = await readLanes(runtime);
  const lanes = known.lanes.filter((lane) => !isWaiting(lane, runtime) && !isLeased(lane, runtime));
  const due = lanes.filter((lane) => isDue(lane, runtime));
  const idle = lanes.filter((lane) => lane.direction === 'push' && !due.includes(lane));
  const missed = await withChanges(runtime, idle);
  // A wake that was lost, or came when the lane was paused, must not keep those of the next minutes away.
  const minute = runtime.now().toISOString().slice(0, 16);
  measureLanes(runtime, known.peers, known.lanes.map(seenOf(runtime)));
  const wakes = [...[...due, ...missed].map(wakeOf(runtime)), ...known.orphans];
  await wake(
    runtime,
    wakes.map((each) => ({ ...each, because: `${each.because} ${minute}` })),
  );
}

/** A queue takes no empty batch. */
async function wake({ queue }: SyncRuntime, wakes: readonly Wake[]): Promise<void> {
  if (wakes.length > 0) await queue.send(wakes);
}

/** Of a lane that is to begin anew nothing that is stored counts. */
const seenOf =
  (runtime: SyncRuntime) =>
  (lane: KnownLane): Seen => {
    const { of: peer, direction, stored, wishes, unsent } = lane;
    const isNew = stored !== undefined && stored.data.scope !== scopeOf(lane, runtime);
    return { peer, direction, state: stored?.data, isNew, isPaused: wishes.paused !== undefined, unsent };
  };

interface KnownLanes {
  peers: KnownPeer[];
  /** All in which there is something to do at all. */
  lanes: KnownLane[];
  /** Those that have a state, and nothing to do any more: their peer has gone, or is not to be synced with. */
  orphans: Wake[];
}

async function readLanes(runtime: SyncRuntime): Promise<KnownLanes> {
  const { backend } = runtime;
  const [peers, states, wishes] = await Promise.all([
    backend.credentials.list(peersCall),
    readAll(backend, statesCollection),
    readAll(backend, wishesCollection),
  ]);
  const lanes = peers.flatMap(({ data: of }) =>
    directionsOf(runtime, of).map((direction) => {
      const lane = { peer: of.id, direction };
      const stored = states.get(laneName(lane)) as Known<State> | undefined;
      return { ...lane, of, stored, wishes: (wishes.get(laneName(lane))?.data ?? {}) as Wishes };
    }),
  );
  for (const lane of lanes) states.delete(laneName(lane));
  const orphans = [...states].flatMap(([name, { revision: because }]) => {
    const lane = laneNamed(name);
    return lane ? [{ ...lane, because }] : [];
  });
  return { peers, lanes, orphans };
}

const directionsOf = (runtime: SyncRuntime, peer: Peer): Direction[] =>
  directions.filter((direction) => works[direction].scopeOf({ runtime, peer }) !== undefined);

/** A peer that is not known has no lanes. */
async function readPeer(runtime: SyncRuntime, id: string): Promise<{ revision?: string; lanes: KnownLane[] }> {
  const { backend } = runtime;
  const known = await backend.credentials.get({ ...peersCall, id });
  if (!known) return { lanes: [] };
  const { data: of, revision } = known;
  const lanes = directionsOf(runtime, of).map(async (direction) => {
    const lane = { peer: id, direction };
    const [stored, wishes] = await Promise.all([readState(backend, lane), readWishes(backend, lane)]);
    return { ...lane, of, stored, wishes };
  });
  return { revision, lanes: await Promise.all(lanes) };
}

async function readAll(
  { records }: Pick<Backend, 'records'>,
  collection: string,
): Promise<Map<string, Known<unknown>>> {
  const all = new Map<string, Known<unknown>>();
  let after: string | undefined;
  do {
    const page = await records.list({ collection, limit: pageSize, ...(after !== undefined && { after }) });
    for (const { id, ...record } of page.items) all.set(id, record);
    after = page.next;
  } while (after !== undefined);
  return all;
}

/** Whether nothing is to be tried for now. What has failed in another scope says nothing of this one. */
function isWaiting(lane: KnownLane, runtime: SyncRuntime): boolean {
  const { stored, wishes } = lane;
  const { now } = runtime;
  if (wishes.paused !== undefined) return true;
  if (stored?.data.scope !== scopeOf(lane, runtime)) return false;
  const nextAt = stored?.data.failing?.nextAt;
  return nextAt !== undefined && nextAt > now().toISOString() && !hasUnmet(wishes, stored?.data.met ?? {});
}

/** Whether what is urgent may be tried all the same. */
const mayTry = ({ stored, wishes }: KnownLane, { now }: SyncRuntime): boolean =>
  wishes.paused === undefined && mayTryUrgent(stored?.data.failing, now());

const scopeOf = ({ direction, of: peer }: KnownLane, runtime: SyncRuntime): string | undefined =>
  works[direction].scopeOf({ runtime, peer });

const isLeased = ({ stored }: KnownLane, { now }: SyncRuntime): boolean =>
  (stored?.data.lease?.until ?? '') > now().toISOString();

function isDue(lane: KnownLane, runtime: SyncRuntime): boolean {
  const { direction, of: peer, stored, wishes } = lane;
  const work = works[direction] as (typeof works)[Direction] & { dueAt(...args: unknown[]): Date | undefined };
  if (!stored || stored.data.scope !== scopeOf(lane, runtime)) return true;
  // Whoever held it has died, and may have left something undone.
  if (stored.data.lease) return true;
  const at = work.dueAt({ runtime, peer, wishes }, stored.data);
  return at !== undefined && at <= runtime.now();
}

/** Of the lanes that have nothing to do but what has changed, those for which something has: one look for all of them. */
async function withChanges(runtime: SyncRuntime, idle: readonly KnownLane[]): Promise<KnownLane[]> {
  const found = new Set<KnownLane>();
  for (const party of partiesOf(runtime.config, 'EMSP')) {
    const lanes = idle.filter(({ of }) => partiesPushed(runtime.config, of).some((own) => sameParty(own, party)));
    if (lanes.length === 0) continue;
    const from = lanes.map(fromOf).reduce((a, b) => (a < b ? a : b));
    const page = await listOwn(runtime.backend.tokens, {
      call: ownTokensCall,
      parties: [party],
      filters: { date_from: from, date_to: undefined, offset: 0, limit: 100 },
    });
    const stamps = page.items.map(({ data }) => data.last_updated);
    for (const lane of lanes) {
      const unsent = stamps.filter((stamp) => stamp >= fromOf(lane));
      for (const stamp of unsent) if (lane.unsent === undefined || stamp < lane.unsent) lane.unsent = stamp;
      // Of more than a page nobody knows the newest.
      if (!page.isLast || unsent.length > 0) found.add(lane);
    }
  }
  return [...found];
}

/** Of a lane that has a state. */
const fromOf = ({ stored }: KnownLane): string => (stored as Known<StateOf['push']>).data.changes.from;

/** So long as the state stays as it is, one wake is enough; and while a lease runs, one for all of its pages. */
const wakeOf =
  (runtime: SyncRuntime) =>
  (lane: KnownLane): Wake => {
    const { peer, direction, stored } = lane;
    const because = isLeased(lane, runtime) ? stored?.data.lease?.holder : stored?.revision;
    // One that was removed and has come back is another one.
    return { peer, direction, because: because ?? `new ${lane.of.connection?.exchangedAt}` };
  };
