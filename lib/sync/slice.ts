/**
 * One slice of work for one lane: some pages, under one lease. The lock is the state: whoever holds the lease writes it after each
 * page, with the revision that he has, and stops at a conflict, because another has gone on by then.
 */
import { peersCall } from '../crud/calls.ts';
import { CrudError, type JsonObject, type RecordAddress } from '../crud/crud.ts';
import type { Peer } from '../peers/peer.ts';
import { openTokensLine, type TokensLine } from '../peers/tokens-line.ts';
import { failingAfter, mayTryUrgent } from './backoff.ts';
import { type Direction, type Lane, laneName, type SyncRuntime } from './runtime.ts';
import { type Known, readState, type State, statesCollection } from './state.ts';
import { hasUnmet, readWishes, type Wishes, wishesCollection } from './wishes.ts';
import { createOnce, type Ground, type Step, type Work } from './work.ts';
import { works } from './works.ts';

/** Renewed with each page, which takes a few seconds, and the request that is under way at its end, which takes 20 at most. */
const leaseMs = 30_000;

/** A failure that is over by then is waited for; a longer one ends the slice. */
const patienceMs = 5_000;

const sides = { push: 'RECEIVER', pull: 'SENDER' } as const;

/**
 * @param deadline when no more work may be begun; a page of a few seconds may be under way then
 * @returns `held` if another worker has the lane: the wake is to come again
 */
export async function runSlice(runtime: SyncRuntime, lane: Lane, deadline: Date): Promise<'done' | 'held'> {
  const known = await runtime.backend.credentials.get({ ...peersCall, id: lane.peer });
  if (!known) {
    await runtime.backend.records.delete({ collection: wishesCollection, id: laneName(lane) });
    return endLane(runtime, lane);
  }
  const { direction } = lane;
  // The compiler does not follow the direction from the lane to its state, and one cast says it here.
  return runLane(
    runtime,
    { ...lane, direction } as LaneOf<Direction>,
    known.data,
    works[direction] as Work<State>,
    deadline,
  );
}

type LaneOf<Of extends Direction> = Lane & { direction: Of };

async function runLane(
  runtime: SyncRuntime,
  lane: LaneOf<Direction>,
  peer: Peer,
  work: Work<State>,
  deadline: Date,
): Promise<'done' | 'held'> {
  const scope = work.scopeOf({ runtime, peer });
  const stored = await readUnleased(runtime, lane);
  if (scope === undefined) return stored ? endLane(runtime, lane) : 'done';
  const wishes = await readWishes(runtime.backend, lane);
  if (isLeased(stored?.data, runtime.now())) return 'held';
  const former = stored?.data;
  const isSame = former?.scope === scope;
  const isLeftAlone = isSame && isBackingOff(former, wishes, runtime.now());
  if (wishes.paused !== undefined || (isLeftAlone && !(work.urgent && mayTryUrgent(former.failing, runtime.now()))))
    return 'done';

  const holder = runtime.newId();
  const begun = isSame ? former : work.begin({ runtime, peer }, scope, former);
  // Who comes to an end gives his lease back.
  const hasDied = former?.lease !== undefined;
  const lease = leaseOf(runtime, lane, holder, stored?.revision);
  if (!(await lease.write({ ...begun, begun: hasDied ? begun.begun + 1 : begun.begun }))) return 'held';

  const ground = { runtime, peer, deadline, wishes, line: lineTo(runtime, peer, lane.direction), once: createOnce() };
  const mended = hasDied || !former ? await work.mend?.({ runtime, peer }, lease.state()) : undefined;
  const first = mended ?? lease.state();
  const { state, isDone } = await workOff(ground, lane, work, lease, first, isLeftAlone).catch(
    async (error: unknown) => {
      // A failure of ours is no fault of the page, which counts as begun once less. Should this fail too, it is one of many.
      await lease.write({ ...lease.state(), begun: lease.state().begun - 1 }).catch(() => undefined);
      throw error;
    },
  );
  if (!(await lease.giveBack(state)) || isDone) return 'done';
  await runtime.queue.send([{ ...lane, because: holder }]);
  return 'done';
}

/** Two workers of a lane meet only when one has died, and then the other need not come back for it later: a lease ends soon. */
async function readUnleased(runtime: SyncRuntime, lane: LaneOf<Direction>): Promise<Known<State> | undefined> {
  const read = async () => (await readState(runtime.backend, lane)) as Known<State> | undefined;
  const stored = await read();
  const { lease } = stored?.data ?? {};
  if (!lease || !isLeased(stored?.data, runtime.now())) return stored;
  await runtime.sleep(Date.parse(lease.until) - runtime.now().getTime() + 1);
  return read();
}

/**
 * The state last, because by it the lane is known; and under its lease, so that whoever works for a peer that comes back meanwhile
 * begins behind it. Should there be something to do again, it begins anew.
 */
async function endLane(runtime: SyncRuntime, { peer, direction }: Lane): Promise<'done' | 'held'> {
  const lane = { peer, direction };
  const work = works[direction] as Work<State>;
  const stored = await readUnleased(runtime, lane);
  if (isLeased(stored?.data, runtime.now())) return 'held';
  const lease = leaseOf(runtime, lane, runtime.newId(), stored?.revision);
  // Should this be as far as it comes, whoever goes on takes it for another scope, and begins anew.
  if (!(await lease.write(work.begin({ runtime }, '', stored?.data)))) return 'held';
  await work.forget(runtime, peer);
  await lease.end();
  return 'done';
}

const isLeased = (state: State | undefined, now: Date): boolean =>
  state?.lease !== undefined && state.lease.until > now.toISOString();

const isBackingOff = (state: State, wishes: Wishes, now: Date): boolean =>
  state.failing !== undefined && state.failing.nextAt > now.toISOString() && !hasUnmet(wishes, state.met);

interface Lease {
  /** The state as it was last written. */
  state: () => State;
  /** @returns whether the lease is still ours */
  write(state: State): Promise<boolean>;
  giveBack(state: State): Promise<boolean>;
  /** Nothing is left of the state. */
  end(): Promise<boolean>;
}

function leaseOf(
  { backend: { records }, now }: SyncRuntime,
  lane: Lane,
  holder: string,
  first: string | undefined,
): Lease {
  const address = { collection: statesCollection, id: laneName(lane) };
  let revision = first;
  let written: State | undefined;

  async function isOurs(write: Promise<unknown>): Promise<boolean> {
    try {
      await write;
      return true;
    } catch (error) {
      if (error instanceof CrudError) return false;
      throw error;
    }
  }

  const put = (record: RecordAddress & { data: JsonObject }): Promise<string> =>
    revision === undefined ? records.create(record) : records.update({ ...record, revision });

  const save = (state: State): Promise<boolean> =>
    isOurs(
      put({ ...address, data: { ...state } }).then((next) => {
        revision = next;
        written = state;
      }),
    );

  return {
    state: () => written as State,
    write: (state) => save({ ...state, lease: { holder, until: new Date(now().getTime() + leaseMs).toISOString() } }),
    giveBack: ({ lease: _, ...state }) => save(state),
    end: () => isOurs(records.delete({ ...address, ...(revision !== undefined && { revision }) })),
  };
}

/** The peer cannot even be asked, which is no fault of a page, and not over with the next one. */
class NoLine extends Error {
  override name = 'NoLine';
}

/** Opened once for all pages of a slice. */
const lineTo = (runtime: SyncRuntime, peer: Peer, direction: Direction): (() => Promise<TokensLine>) => {
  let opened: TokensLine | undefined;
  return async () => {
    opened ??= await openLine(runtime, peer, direction);
    return opened;
  };
};

async function openLine(runtime: SyncRuntime, peer: Peer, direction: Direction): Promise<TokensLine> {
  const line = await openTokensLine(runtime, peer, sides[direction]).catch((cause: Error) => {
    throw new NoLine(`The token that they gave us cannot be opened: ${cause.message}`, { cause });
  });
  if (!line) throw new NoLine('They have no such interface');
  return line;
}

/**
 * Works until there is nothing to do, nothing to be done for now, or no time.
 * @param isLeftAlone whether the peer is sent only what is urgent, until it has taken that
 */
async function workOff(
  around: Ground,
  lane: Lane,
  work: Work<State>,
  lease: Lease,
  first: State,
  isLeftAlone: boolean,
): Promise<{ state: State; isDone: boolean }> {
  const { runtime, deadline } = around;
  let { wishes } = around;
  let before = first;
  let isTry = isLeftAlone;
  for (;;) {
    const ground = { ...around, wishes };
    const step = await (isTry ? work.urgent?.(ground, before) : work.step(ground, before))?.catch(unlessNoLine(before));
    if (!step) return { state: before, isDone: true };
    const { state, next, failure } = step;
    if (isTry && state.failing)
      return { state: failure === undefined ? state : triedInVain(state, runtime), isDone: true };
    isTry = false;
    const after = failure === undefined ? state : failed(state, wishes, failure, runtime);
    if (next === 'rest' && failure === undefined) return { state: withoutFailing(after), isDone: true };
    // What failed before is no reason to stop: the operator may have wanted it now.
    const pauseMs =
      failure !== undefined && after.failing ? Date.parse(after.failing.nextAt) - runtime.now().getTime() : 0;
    if (pauseMs > patienceMs || !(await lease.write(after))) return { state: after, isDone: true };
    if (failure !== undefined) await runtime.sleep(Math.max(0, pauseMs));

    before = after;
    if (runtime.now() >= deadline) return { state: before, isDone: false };
    wishes = await readWishes(runtime.backend, lane);
    if (wishes.paused !== undefined) return { state: before, isDone: true };
  }
}

const unlessNoLine =
  (state: State) =>
  (error: unknown): Step<State> => {
    if (!(error instanceof NoLine)) throw error;
    return { state, next: 'more', failure: error };
  };

/** With nothing left to try, nothing fails: or it would be due every minute. */
const withoutFailing = ({ failing: _, ...state }: State): State => state;

const triedInVain = ({ failing, ...state }: State, { now }: SyncRuntime): State => ({
  ...state,
  ...(failing && { failing: { ...failing, triedAt: now().toISOString() } }),
});

/** What the operator wanted at once has been tried. */
const failed = (state: State, wishes: Wishes, failure: unknown, { now, random }: SyncRuntime): State => ({
  ...state,
  met: { ...state.met, ...(wishes.now !== undefined && { now: wishes.now }) },
  failing: failingAfter(state.failing, failure, now(), random()),
});
