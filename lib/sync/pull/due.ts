/** When the list of a peer is next to be read. Pure. */
import { createHash } from 'node:crypto';
import type { Peer } from '../../peers/peer.ts';
import type { PullKind, PullState } from '../state.ts';
import { isUnmet, type Wishes } from '../wishes.ts';

const minuteMs = 60_000;
const dayMs = 86_400_000;
export const usualMinutes = 60;
const usualDays = 30;

/** After a full walk that did not get through. */
const againAfterMs = dayMs;

const atOnce = new Date(0);

/** From 0 to 1, always the same for a peer: so that the peers are not all asked at the same moment (LIST-18). */
const phaseOf = (peer: string): number => createHash('sha256').update(peer).digest().readUInt32BE() / 2 ** 32;

/** The peer's own moment of the interval, the first that is not sooner than half an interval later. */
function spread(last: string, intervalMs: number, phase: number): Date {
  const soonest = Date.parse(last) + intervalMs / 2;
  const offset = phase * intervalMs;
  return new Date(Math.ceil((soonest - offset) / intervalMs) * intervalMs + offset);
}

/** Of instants that there are; empty if there is none. */
export const latest = (...instants: (string | undefined)[]): string =>
  instants.reduce<string>((last, instant = '') => (instant > last ? instant : last), '');

type Subject = Pick<Peer, 'id' | 'settings'>;

/** When the next walk of each kind is due, as if none were under way and the operator wanted nothing. */
export function pullsDue(
  { from, full, changes, stopped }: PullState,
  { id, settings = {} }: Subject,
): Record<PullKind, Date> {
  const { pullEveryMinutes = usualMinutes, pullAllEveryDays = usualDays } = settings;
  const phase = phaseOf(id);
  const again = stopped?.full && spread(stopped.full.stoppedAt, againAfterMs, phase);
  const nextFull = again ?? (full && spread(full.at, pullAllEveryDays * dayMs, phase)) ?? atOnce;
  const last = latest(full?.at, changes?.at, stopped?.changes?.stoppedAt);
  const nextChanges = from === undefined ? nextFull : spread(last, pullEveryMinutes * minuteMs, phase);
  return { full: nextFull, changes: nextChanges };
}

/** @returns which walk is due now, a full one before a delta, which it holds */
export function kindDue(state: PullState, peer: Subject, wishes: Wishes, now: Date): PullKind | undefined {
  const due = pullsDue(state, peer);
  if (isUnmet(wishes.full, state.met.full) || due.full <= now) return 'full';
  const isWanted = isUnmet(wishes.now, state.met.now);
  if (!isWanted && due.changes > now) return undefined;
  return state.from === undefined ? 'full' : 'changes';
}

/** Without regard to a pause. @returns a moment in the past if there is something to do now */
export function pullDueAt(state: PullState, peer: Subject, wishes: Wishes): Date {
  const { walk, failing, met, litter } = state;
  if (isUnmet(wishes.full, met.full) || isUnmet(wishes.now, met.now)) return atOnce;
  if (failing) return new Date(failing.nextAt);
  if (walk || litter.length > 0) return atOnce;
  const { full, changes } = pullsDue(state, peer);
  return full < changes ? full : changes;
}
