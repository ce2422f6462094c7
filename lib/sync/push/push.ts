/**
 * Our own Tokens to a peer's receiver. Two places each go their own way: `changes`, which is always brought to its end first, and `full`,
 * through all Tokens when a peer is new or the operator wants it (docs/architecture.md, In sync).
 */
import { tokensUrlOf } from '../../peers/tokens-url.ts';
import { partiesPushed, whyNoLane } from '../lanes.ts';
import type { PushState } from '../state.ts';
import { hasUnmet, isUnmet } from '../wishes.ts';
import type { Ground, Step, Work } from '../work.ts';
import { reconciled } from './refusals.ts';
import { isRetryDue, retryRefused } from './retry-refused.ts';
import { pageMs } from './send-all.ts';
import { sendUrgent } from './send-urgent.ts';
import { firstPageSize, startsPerSize, startsToNothing, walkPage } from './walk-page.ts';

/** A walk of changes reads keys in every segment of our Tokens, so that it is not made for each change by itself. */
const betweenWalksMs = 2_000;

function scopeOf({ runtime: { config }, peer }: Pick<Ground, 'runtime' | 'peer'>): string | undefined {
  if (whyNoLane(config, peer, 'push') !== undefined) return undefined;
  const names = partiesPushed(config, peer).map(({ country_code, party_id }) => `${country_code}-${party_id}`);
  const types = peer.settings?.tokenTypes?.join(',') ?? '*';
  return [tokensUrlOf(peer, 'RECEIVER'), peer.version, names.join(','), types].join(' ');
}

/** What failed was another place, or another peer. */
function begin(
  { runtime }: Pick<Ground, 'runtime'>,
  scope: string,
  { failing: _, ...former }: Partial<PushState> = {},
): PushState {
  const now = runtime.now().toISOString();
  return {
    begun: 0,
    met: {},
    refused: [],
    refusedInARow: 0,
    taken: 0,
    pageSize: firstPageSize,
    retriedAt: now,
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
function heeded(before: PushState, { wishes, runtime }: Pick<Ground, 'wishes' | 'runtime'>): PushState {
  const { retryAt, ...state } = before;
  const met = { ...state.met, ...(wishes.now !== undefined && { now: wishes.now }) };
  const now = runtime.now().toISOString();
  const wantsFull = isUnmet(wishes.full, met.full);
  const wantsRetry = isRetryDue(before, wishes, runtime.now());
  return {
    ...state,
    begun: 0,
    met: {
      ...met,
      ...(wantsFull && { full: wishes.full as string }),
      ...(wishes.retry !== undefined && { retry: wishes.retry }),
    },
    // Also what is remembered as sent: the peer may have lost it since.
    ...(wantsFull && { full: { began: now, offset: 0, total: 0 }, fresh: {} }),
    ...(wantsRetry ? { retrying: {}, retriedAt: now } : retryAt !== undefined && { retryAt }),
  };
}

/** When the last walk of changes began. */
const walkedAt = ({ changes: { from, walk } }: PushState): number => Date.parse(walk?.began ?? from);

async function step(ground: Ground, before: PushState): Promise<Step<PushState>> {
  const state = heeded(before, ground);
  // What makes function after function die is not looked for before anything else for ever: the walk meets it, in smaller pages.
  const urgent = before.begun < startsPerSize ? await sendUrgent(ground, state) : undefined;
  return urgent ?? pageOf(ground, state, before.begun);
}

/** @param begun how often a page of this lane has been begun without coming to its end; nobody knows of which place */
async function pageOf(ground: Ground, state: PushState, begun: number): Promise<Step<PushState>> {
  const { changes, retrying, full } = state;
  const waitMs = changes.walk ? 0 : walkedAt(state) + betweenWalksMs - ground.runtime.now().getTime();
  if (waitMs <= 0) return changesPage(ground, state, begun);
  if (retrying && begun < startsPerSize) return retryRefused(ground, state, retrying);
  if (retrying) return { state: withoutRetrying(state, begun), next: 'more' };
  if (full) return fullPage(ground, state, full, begun);
  // What becomes urgent meanwhile comes first.
  await ground.runtime.sleep(Math.min(waitMs, pageMs));
  return { state, next: 'more' };
}

/** What is daily comes again. */
const withoutRetrying = ({ retrying: _, ...state }: PushState, begun: number): PushState => ({ ...state, begun });

async function changesPage(ground: Ground, state: PushState, begun: number): Promise<Step<PushState>> {
  const { changes } = state;
  const now = ground.runtime.now().toISOString();
  // Clocks differ, and a walk that began earlier than the last would meet again what that one has sent.
  const walk = changes.walk ?? { began: now > changes.from ? now : changes.from, offset: 0 };
  const isMoreToDo = state.full !== undefined || state.retrying !== undefined;
  const ofChanges = isMoreToDo ? Math.max(0, begun - startsToNothing) : begun;
  const {
    isLast,
    total: _,
    ...page
  } = await walkPage(ground, state, { walk, begun: ofChanges, date_from: changes.from });
  const after = { ...page.state, begun: isMoreToDo ? begun : 0 };
  if (!isLast) return { ...page, state: { ...after, changes: { ...changes, walk: page.walk } }, next: 'more' };
  const fresh = Object.entries(after.fresh).filter(([, stamp]) => stamp >= walk.began);
  return {
    ...page,
    state: { ...after, changes: { from: walk.began }, fresh: Object.fromEntries(fresh) },
    next: isMoreToDo ? 'more' : 'rest',
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

const mend: NonNullable<Work<PushState>['mend']> = async ({ runtime, peer }, state) => ({
  ...state,
  refused: await reconciled(runtime.backend, peer.id, state.refused),
});

const forget: Work<PushState>['forget'] = async (runtime, peer) => {
  await reconciled(runtime.backend, peer, []);
};

export const push: Work<PushState> = { scopeOf, begin, dueAt, step, mend, forget };
