/**
 * Our own Tokens to a peer's receiver. Three places each go their own way: `changes`, which is always brought to its end first; `many`,
 * where they are too many for that; and `full`, through all Tokens when a peer is new or the operator wants it (docs/architecture.md,
 * In sync).
 */
import type { Peer } from '../../peers/peer.ts';
import { tokensUrlOf } from '../../peers/tokens-url.ts';
import { partiesPushed, whyNoLane } from '../lanes.ts';
import type { PushState } from '../state.ts';
import { hasUnmet, isUnmet } from '../wishes.ts';
import type { Ground, Step, Work } from '../work.ts';
import { newest } from './memory.ts';
import { reconciled } from './refusals.ts';
import { isRetryDue, retryRefused } from './retry-refused.ts';
import { pageMs, usualPerSecond } from './send-all.ts';
import { sendUrgent } from './send-urgent.ts';
import { firstPageSize, listPage, sendPage, startsPerSize, startsToNothing, walkPage } from './walk-page.ts';

/**
 * A walk of changes reads keys in every segment of our Tokens, so that a lane that has something else to do makes one only now and then.
 * One that has not is woken no more than once a second, and walks at once: whoever waited would keep a worker from others meanwhile.
 */
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
  { failing: _, many: __, later: ___, ...former }: Partial<PushState> = {},
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
  const { failing, changes, many, full, retrying, met } = state;
  if (hasUnmet(wishes, met)) return immediately;
  if (failing) return new Date(failing.nextAt);
  if (changes.walk || changes.isCut || many || full || retrying || isRetryDue(state, wishes, runtime.now()))
    return immediately;
  return undefined;
}

/** What the operator wants is begun, and so it is met. */
function heeded(before: PushState, { wishes, runtime }: Pick<Ground, 'wishes' | 'runtime'>): PushState {
  const { retryAt, many, later, ...state } = before;
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
    ...(wantsFull
      ? { full: { began: now, offset: 0, total: 0 }, fresh: {} }
      : { ...(many && { many }), ...(later && { later }) }),
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
  const { changes, retrying, many, full } = state;
  const waitMs = changes.walk ? 0 : walkedAt(state) + betweenWalksMs - ground.runtime.now().getTime();
  if (waitMs <= 0) return changesPage(ground, state, begun);
  if (retrying && begun < startsPerSize) return retryRefused(ground, state, retrying);
  if (retrying) return { state: withoutRetrying(state, begun), next: 'more' };
  if (many) return manyPage(ground, state, many, begun);
  if (full) return fullPage(ground, state, full, begun);
  if (!changes.isCut) return changesPage(ground, state, begun);
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
  const isMoreToDo = [state.many, state.full, state.retrying].some((place) => place !== undefined);
  const ofChanges = isMoreToDo ? Math.max(0, begun - startsToNothing) : begun;
  const about = { walk, begun: ofChanges, date_from: changes.from };
  const list = await listPage(ground, state, about);
  const isMany = !list.isLast && !changes.walk && list.total > manyOf(ground.peer);
  const cut = isMany ? withMany(state, walk.began) : undefined;
  if (cut) return { state: { ...cut, begun }, next: 'more' };
  const { isLast, total: _, ...page } = await sendPage(ground, state, about, list);
  const after = { ...page.state, begun: isMoreToDo ? begun : 0 };
  if (!isLast) return { ...page, state: { ...after, changes: { ...changes, walk: page.walk } }, next: 'more' };
  return {
    ...page,
    state: { ...after, changes: { from: walk.began }, fresh: freshSince(walk.began, after) },
    next: isMoreToDo ? 'more' : 'rest',
  };
}

const freshSince = (began: string, { fresh }: PushState): PushState['fresh'] =>
  Object.fromEntries(Object.entries(fresh).filter(([, stamp]) => stamp >= began));

/** What takes longer to send is no page or two any more. */
const manySeconds = 5;
const manyOf = ({ settings = {} }: Peer): number => manySeconds * (settings.pushesPerSecond ?? usualPerSecond);

/**
 * Changes that are too many would keep what changes meanwhile waiting, an import for hours. So they become a place of their own, or the
 * next one, and the walk of changes is cut short there.
 * @returns undefined if they cannot, because others wait already and what came in between has been sent
 */
function withMany(state: PushState, began: string): PushState | undefined {
  const { changes, many, later, fresh } = state;
  if (later && later.began !== changes.from) return undefined;
  const { from } = later ?? changes;
  const next = { from, began, offset: 0, told: newest({ ...later?.told, ...fresh }) };
  return {
    ...state,
    changes: { from: began, isCut: true },
    fresh: freshSince(began, state),
    ...(many ? { later: next } : { many: next }),
  };
}

type Beside<Name extends 'many' | 'full'> = NonNullable<PushState[Name]>;

async function manyPage(
  ground: Ground,
  state: PushState,
  many: Beside<'many'>,
  begun: number,
): Promise<Step<PushState>> {
  const { from, told } = many;
  const page = await walkPage(ground, state, { walk: many, begun, date_from: from, leavesLater: true });
  if (!page.isLast) return { ...page, state: { ...page.state, many: { ...page.walk, from, told } }, next: 'more' };
  const { many: _, later, ...rest } = page.state;
  return { ...page, state: { ...rest, ...(later && { many: later }) }, next: 'more' };
}

async function fullPage(
  ground: Ground,
  state: PushState,
  full: Beside<'full'>,
  begun: number,
): Promise<Step<PushState>> {
  const page = await walkPage(ground, state, { walk: full, begun, leavesLater: true });
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

export const push: Work<PushState> = { scopeOf, begin, dueAt, step, urgent: sendUrgent, mend, forget };
