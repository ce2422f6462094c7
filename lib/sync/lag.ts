/** Whether push and pull keep up with what the settings of a peer allow. Pure, and of what each minute's look has read anyway. */
import type { KnownPeer } from '../crud/crud.ts';
import { newestToken, type Peer } from '../peers/peer.ts';
import { isExpired } from '../peers/tokens.ts';
import { latest, pullsDue, usualMinutes } from './pull/due.ts';
import { usualPerSecond } from './push/send-all.ts';
import type { Direction } from './runtime.ts';
import type { PullState, PushState, State } from './state.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A change is pushed within seconds, and within two minutes where nobody was told of it. Who is down for moments is no news. */
const usualMs = 15 * minuteMs;

/** What is known of a lane. */
export interface Seen {
  peer: Peer;
  direction: Direction;
  /** Absent before it has begun. */
  state: State | undefined;
  /** What is stored is about another place: it begins anew. */
  isNew: boolean;
  isPaused: boolean;
  /** The oldest stamp of a change that nobody has begun to send; only idle lanes are looked at for it. */
  unsent: string | undefined;
}

/** @returns since when each thing waits that there is to do */
function pushWaits(
  { changes, many, full, retrying, retriedAt, succeededAt }: PushState,
  unsent: string | undefined,
): string[] {
  return [
    ...(changes.walk ? [changes.walk.began] : []),
    // What goes on for hours is not late as long as it goes on.
    ...[many, full].flatMap((walk) => (walk ? [latest(walk.began, succeededAt)] : [])),
    ...(retrying ? [latest(retriedAt, succeededAt)] : []),
    ...(unsent === undefined ? [] : [unsent]),
  ];
}

function pullWaits(state: PullState, peer: Peer): string[] {
  const { walk, succeededAt } = state;
  if (walk) return [latest(walk.startedAt, succeededAt)];
  const { full, changes } = pullsDue(state, peer);
  // What was never read is due since the beginning of time.
  return [latest((full < changes ? full : changes).toISOString(), peer.connection?.exchangedAt)];
}

function waitsOf({ peer, direction, state, unsent }: Seen): string[] {
  if (!state) return peer.connection ? [peer.connection.exchangedAt] : [];
  // It is tried again later and later, and until then nothing is due.
  if (state.failing) return [state.failing.since];
  return direction === 'push' ? pushWaits(state as PushState, unsent) : pullWaits(state as PullState, peer);
}

/** @returns how long something may wait, in milliseconds */
function allowedFor({ peer: { settings = {} }, direction, state }: Seen): number {
  if (direction === 'pull') return Math.max(usualMs, (settings.pullEveryMinutes ?? usualMinutes) * minuteMs);
  const { pushesPerSecond = usualPerSecond } = settings;
  const sent = (state as PushState | undefined)?.changes.walk?.offset ?? 0;
  return usualMs + (sent / pushesPerSecond) * 1_000;
}

/** @returns how long the oldest thing to do has waited, in units of what the settings allow; 0 for a lane that is paused */
export function lagOf(seen: Seen, now: Date): number {
  if (seen.isPaused || seen.isNew) return 0;
  const waitedMs = Math.max(0, ...waitsOf(seen).map((since) => now.getTime() - Date.parse(since)));
  return Math.round((waitedMs / allowedFor(seen)) * 100) / 100;
}

export const isFailing = ({ state, isPaused, isNew }: Seen): boolean =>
  state?.failing !== undefined && !isPaused && !isNew;

/** @returns how many of our Tokens the peer refuses, or how many objects of its last list could not be taken */
export function refusedIn({ direction, state }: Seen): number {
  if (!state) return 0;
  if (direction === 'push') return (state as PushState).refused.length;
  const { full, changes } = state as PullState;
  const { counts } = ((full?.at ?? '') > (changes?.at ?? '') ? full : changes) ?? {};
  return counts ? counts.invalid + counts.foreign : 0;
}

const invitationEndsMs = 24 * hourMs;
const replacedEndsMs = 12 * hourMs;

/**
 * Tokens that the peer needs, and that end soon: an invitation that it has not used, or an old token that it comes with although it
 * has been given a new one.
 * @param graceHours how long a replaced token is good; one that was replaced just now does not end soon
 */
export function tokensEnding(
  { data: peer, lastUse }: Pick<KnownPeer, 'data' | 'lastUse'>,
  now: Date,
  graceHours: number,
) {
  const isSoon = (at: string | undefined, ms: number) => at !== undefined && Date.parse(at) - now.getTime() < ms;
  const newest = newestToken(peer);
  const soonMs = Math.min(replacedEndsMs, (graceHours * hourMs) / 2);
  return peer.tokensWeGave.filter((token) => {
    if (isExpired(token, now)) return false;
    if (token.isForRegistration) return isSoon(token.expiresAt, invitationEndsMs);
    return token !== newest && token.sha256 === lastUse?.sha256 && isSoon(token.expiresAt, soonMs);
  }).length;
}
