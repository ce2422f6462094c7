/**
 * Our own Tokens to a peer's receiver. Two places each go their own way: `changes`, which is always brought to its end first, and `full`,
 * through all Tokens when a peer is new or the operator wants it (docs/architecture.md, In sync).
 */
import { tokensUrlOf } from '../../peers/tokens-url.ts';
import { partiesPushed, whyNoLane } from '../lanes.ts';
import type { PushState } from '../state.ts';
import { hasUnmet, isUnmet } from '../wishes.ts';
import type { Ground, Step, Work } from '../work.ts';
import { isRetryDue, retryRefused } from './retry-refused.ts';
import { sendUrgent } from './send-urgent.ts';
import { firstPageSize, walkPage } from './walk-page.ts';

/** A walk of changes reads keys in every segment of our Tokens, so that it is not made for each change by itself. */
const betweenWalksMs = 2_000;

function scopeOf({ runtime: { config }, peer }: Pick<Ground, 'runtime' | 'peer'>): string | undefined {
  if (whyNoLane(config, peer, 'push') !== undefined) return undefined;
  const names = partiesPushed(config, peer).map(({ country_code, party_id }) => `${country_code}-${party_id}`);
  const types = peer.settings?.tokenTypes?.join(',') ?? '*';
  return [tokensUrlOf(peer, 'RECEIVER'), peer.version, names.join(','), types].join(' ');
}

function begin({ runtime }: Pick<Ground, 'runtime'>, scope: string, former: PushState | undefined): PushState {
  const now = runtime.now().toISOString();
  return {
    begun: 0,
    met: {},
    refused: [],
    refusedInARow: 0,
    taken: 0,
    pageSize: firstPageSize,
    ...former,
    scope,
    fresh: {},
    changes: { from: now },
    full: { began: now, offset: 0, total: 0 },
  };
}

const immediately = new Date(0);

function dueAt({ runtime, wishes }: Pick<Ground, 'runtime' | 'wishes'>, state: PushState): Date | undefined {
  const { failing, changes, full, retrying, met } = state;
  if (hasUnmet(wishes, met)) return immediately;
  if (failing) return new Date(failing.nextAt);
  if (changes.walk || full || retrying || isRetryDue(state, wishes, runtime.now())) return immediately;
  return undefined;
}

/** What the operator wants is begun, and so it is met. */
function heeded(state: PushState, { wishes, runtime }: Pick<Ground, 'wishes' | 'runtime'>): PushState {
  const met = { ...state.met, ...(wishes.now !== undefined && { now: wishes.now }) };
  const now = runtime.now().toISOString();
  const wantsFull = isUnmet(wishes.full, met.full);
  const wantsRetry = isRetryDue(state, wishes, runtime.now());
  return {
    ...state,
    begun: 0,
    met: {
      ...met,
      ...(wantsFull && { full: wishes.full as string }),
      ...(wishes.retry !== undefined && { retry: wishes.retry }),
    },
    ...(wantsFull && { full: { began: now, offset: 0, total: 0 } }),
    ...(wantsRetry && { retrying: {}, retriedAt: now }),
  };
}

/** When the last walk of changes began. */
const walkedAt = ({ changes: { from, walk } }: PushState): number => Date.parse(walk?.began ?? from);

async function step(ground: Ground, before: PushState): Promise<Step<PushState>> {
  const { runtime } = ground;
  const state = heeded(before, ground);
  const urgent = await sendUrgent(ground, state);
  if (urgent.failure !== undefined) return urgent;
  return pageOf(ground, urgent.state, before.begun, runtime.now().getTime());
}

/** @param begun how often this page has been begun without coming to its end */
async function pageOf(ground: Ground, state: PushState, begun: number, now: number): Promise<Step<PushState>> {
  if (state.retrying) return retryRefused(ground, state, state.retrying);
  const waitMs = state.changes.walk ? 0 : walkedAt(state) + betweenWalksMs - now;
  if (waitMs <= 0) return changesPage(ground, state, begun);
  if (state.full) return fullPage(ground, state, state.full, begun);
  // What becomes urgent meanwhile comes first.
  await ground.runtime.sleep(waitMs);
  return { state, next: 'more' };
}

async function changesPage(ground: Ground, state: PushState, begun: number): Promise<Step<PushState>> {
  const { changes } = state;
  const walk = changes.walk ?? { began: ground.runtime.now().toISOString(), offset: 0 };
  const page = await walkPage(ground, state, { walk, begun, date_from: changes.from });
  if (!page.isLast)
    return { ...page, state: { ...page.state, changes: { ...changes, walk: page.walk } }, next: 'more' };
  const fresh = Object.entries(page.state.fresh).filter(([, stamp]) => stamp >= walk.began);
  return {
    ...page,
    state: { ...page.state, changes: { from: walk.began }, fresh: Object.fromEntries(fresh) },
    next: state.full ? 'more' : 'rest',
  };
}

async function fullPage(
  ground: Ground,
  state: PushState,
  full: NonNullable<PushState['full']>,
  begun: number,
): Promise<Step<PushState>> {
  const page = await walkPage(ground, state, { walk: full, begun });
  if (!page.isLast)
    return { ...page, state: { ...page.state, full: { ...page.walk, total: page.total } }, next: 'more' };
  const { full: _, ...rest } = page.state;
  // What changed since the last walk is next.
  return { ...page, state: { ...rest, fullAt: full.began }, next: 'more' };
}

export const push: Work<PushState> = { scopeOf, begin, dueAt, step };
