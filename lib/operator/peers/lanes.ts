/** What is shown of a lane: how far it is, what is in its way, and what comes next. */
import { ownTokensCall } from '../../crud/calls.ts';
import type { Backend, StoredToken } from '../../crud/crud.ts';
import type { Platform } from '../../ocpi/versions.ts';
import type { Peer } from '../../peers/peer.ts';
import { waitsForOperator } from '../../sync/backoff.ts';
import { lanesOf, partiesPushed } from '../../sync/lanes.ts';
import { pullsDue } from '../../sync/pull/due.ts';
import { listRefused } from '../../sync/refused.ts';
import type { Direction } from '../../sync/runtime.ts';
import { type Failing, type PullState, type PushState, readState } from '../../sync/state.ts';
import { tokenName } from '../../sync/token-name.ts';
import { readWishes, type Wishes } from '../../sync/wishes.ts';
import type { LaneView } from '../api/sync.ts';

export interface LanesRuntime {
  backend: Pick<Backend, 'records' | 'tokens'>;
  config: Pick<Platform, 'parties'>;
  now: () => Date;
}

/** What is read of a lane. */
export interface Lane<State = PushState | PullState> {
  peer: Peer;
  direction: Direction;
  state: State | undefined;
  wishes: Wishes;
}

export async function readLanes({ backend, config }: LanesRuntime, peer: Peer): Promise<Lane[]> {
  return Promise.all(lanesOf(config, peer).map((direction) => readLane(backend, peer, direction)));
}

export async function readLane(backend: Pick<Backend, 'records'>, peer: Peer, direction: Direction): Promise<Lane> {
  const lane = { peer: peer.id, direction };
  const [state, wishes] = await Promise.all([readState(backend, lane), readWishes(backend, lane)]);
  return { peer, direction, state: state?.data, wishes };
}

export function viewOfLane(lane: Lane, now: Date): LaneView {
  const { peer, direction, state, wishes } = lane;
  const isWorking = (state?.lease?.until ?? '') > now.toISOString();
  return {
    peer: peer.id,
    direction,
    state: wordFor(lane, isWorking),
    isWorking,
    ...(wishes.paused !== undefined && { pausedSince: wishes.paused }),
    ...(state?.failing && { failing: viewOfFailing(state.failing) }),
    wishes: openWishes(lane),
    ...(state?.succeededAt !== undefined && { succeededAt: state.succeededAt }),
    ...(direction === 'push' && state && { push: viewOfPush(state as PushState) }),
    ...(direction === 'pull' && { pull: viewOfPull(peer, state as PullState | undefined, now) }),
  };
}

export function viewOfFailing(failing: Failing): NonNullable<LaneView['failing']> {
  const { nextAt, ...view } = failing;
  return { ...view, ...(waitsForOperator(failing) ? { waitsForOperator: true } : { nextAt }) };
}

function wordFor({ state, wishes }: Lane, isWorking: boolean): LaneView['state'] {
  if (wishes.paused !== undefined) return 'paused';
  if (state?.failing) return 'failing';
  if (isWorking) return 'working';
  if (!state) return 'not begun';
  return isUnderWay(state) ? 'waiting' : 'at rest';
}

/** Begun, and with no worker at this moment. */
const isUnderWay = (state: PushState | PullState): boolean =>
  'taken' in state
    ? (state.full ?? state.many ?? state.changes.walk ?? state.retrying) !== undefined
    : state.walk !== undefined;

const openWishes = ({ state, wishes }: Lane): LaneView['wishes'] =>
  (['now', 'full', 'retry'] as const).filter((wish) => wishes[wish] !== undefined && wishes[wish] !== state?.met[wish]);

const viewOfPush = ({ changes, many, full, fullAt, taken, refused }: PushState): NonNullable<LaneView['push']> => ({
  // What changes now goes before the many, so that its place is far ahead of them.
  changesFrom: (many ?? changes).from,
  ...(many && { many: { since: many.began, done: many.offset } }),
  ...(full && { full: { since: full.began, done: full.offset, total: full.total } }),
  ...(fullAt !== undefined && { fullAt }),
  taken,
  refused: refused.length,
});

function viewOfPull(peer: Peer, state: PullState | undefined, now: Date): NonNullable<LaneView['pull']> {
  const { walk, full, changes, stopped, ofOne, problems = [] } = state ?? {};
  return {
    ...(walk && { walk: viewOfWalk(walk) }),
    ...(full && { full }),
    ...(changes && { changes }),
    ...(stopped && { stopped }),
    ...(ofOne && { ofOne }),
    ...dueOf(peer, state, now),
    problems,
  };
}

const viewOfWalk = ({ kind, startedAt: since, pages, read, total, counts }: NonNullable<PullState['walk']>) => ({
  kind,
  since,
  pages,
  read,
  ...(total !== undefined && { total }),
  counts,
});

/** When the next walks are due by the settings: what was never done is due now. */
function dueOf(peer: Peer, state: PullState | undefined, now: Date) {
  const { full, changes } = state ? pullsDue(state, peer) : { full: now, changes: now };
  const notPast = (at: Date) => new Date(Math.max(at.getTime(), now.getTime())).toISOString();
  return { nextChangesAt: notPast(changes), nextFullAt: notPast(full) };
}

/** So many of what a peer refused are shown. */
const mostRefused = 20;

/** All that is shown of the lanes of one peer. */
export async function detailsOf(runtime: LanesRuntime, peer: Peer): Promise<LaneView[]> {
  const lanes = await readLanes(runtime, peer);
  return Promise.all(
    lanes.map(async (lane) => {
      const view = viewOfLane(lane, runtime.now());
      if (!view.push) return view;
      const left = await countLeft(runtime, lane as Lane<PushState>);
      const refusedTokens = await listRefused(runtime.backend.records, peer.id, mostRefused);
      return { ...view, push: { ...view.push, left, refusedTokens } };
    }),
  );
}

/** So many of those that are dated since are looked at; of more than that nobody asks for the last one. */
const mostLookedAt = 500;

/** How many changes are to be sent, at most. */
export async function countLeft(
  { backend: { tokens }, config }: LanesRuntime,
  { peer, state }: Lane<PushState>,
): Promise<number> {
  if (!state) return 0;
  const { changes, many, later, fresh } = state;
  const list = async (
    date_from: string,
    date_to?: string,
    limit = 0,
  ): Promise<{ items: StoredToken[]; total: number }> => {
    const filters = { date_from, date_to, offset: 0, limit };
    const parties = partiesPushed(config, peer).map(({ country_code, party_id }) => ({ country_code, party_id }));
    const lists = await Promise.all(parties.map((party) => tokens.list({ ...ownTokensCall, ...party, filters })));
    return {
      items: lists.flatMap(({ items }) => items),
      total: lists.reduce((sum, { total = 0 }) => sum + total, 0),
    };
  };
  const stamped = async (place: { from: string; began: string } | undefined) =>
    place ? (await list(place.from, place.began)).total : 0;

  const [since, ofLater, ofMany, sinceMany] = await Promise.all([
    list(changes.from, undefined, Object.keys(fresh).length > 0 ? mostLookedAt : 0),
    stamped(later),
    stamped(many),
    many ? list(many.began) : undefined,
  ]);
  // What has been sent with a date that the walk has not come to may have changed again since.
  const isSent = ({ data }: StoredToken): boolean => (fresh[tokenName(data)] ?? '') >= data.last_updated;
  const ofChanges = since.total - since.items.filter(isSent).length;
  // What the walk has behind it may be stamped later than its beginning, and is none of those that it has to send.
  const behind = Math.max(0, (many?.offset ?? 0) - (sinceMany?.total ?? 0));
  return ofChanges + ofLater + Math.max(0, ofMany - behind);
}
