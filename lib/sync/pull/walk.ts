/** A walk through the lists of a peer: how it begins, goes from one list to the next, and ends. Pure. */
import type { Peer } from '../../peers/peer.ts';
import type { Missing, PullKind, PullState, PullWalk } from '../state.ts';
import { mostNames } from './names.ts';
import { partiesAsked } from './parties.ts';
import { mostProblems, noCounts } from './take-objects.ts';

export type Walking = PullState & { walk: PullWalk };

/** Clocks differ, the peer's several ones among them, and what is read twice costs little. */
export const overlapMs = 120_000;

export const before = (instant: string, ms: number): string => new Date(Date.parse(instant) - ms).toISOString();

/** The beginning of a list. */
const atFirstPage = { offset: 0, listed: 0 } as const;

/** @param only which of the parties that are asked one by one, if the operator wants that one alone */
export function beginWalk(state: PullState, kind: PullKind, startedAt: string, only?: number): Walking {
  const { walk: former, from } = state;
  const isCompared = kind === 'full' && only === undefined;
  const walk: PullWalk = {
    kind,
    startedAt,
    ...(kind === 'changes' && from !== undefined && { date_from: from }),
    party: only ?? 0,
    ...(only !== undefined && { isOfOne: true }),
    owners: [],
    ...atFirstPage,
    pages: 0,
    read: 0,
    bytes: 0,
    seen: [],
    counts: noCounts,
    ...(isCompared && { isNamed: true }),
  };
  return { ...state, walk, litter: withLitter(state, former) };
}

export const withLitter = ({ litter }: Pick<PullState, 'litter'>, walk: PullWalk | undefined): string[] =>
  walk?.isNamed ? [...litter, walk.startedAt] : litter;

export const withProblem = (state: Walking, at: string, why: string): Walking => ({
  ...state,
  problems: [{ at, why }, ...state.problems].slice(0, mostProblems),
});

/**
 * A list has come to its end, or goes no further: on to the next. A list that has named another party's Tokens too is that party's
 * as well, because its server does not look at OCPI-to.
 * @param stopped why it goes no further
 */
export function endList(state: Walking, peer: Peer, now: string, stopped?: string): PullState {
  const { url: _, total: __, hasLinks: ___, limit: ____, last: _____, done: ______, ...others } = state.walk;
  const { good: _______, suspect: ________, ...walk } = others;
  const reason = walk.stopped ?? stopped;
  const ended = { ...state, walk: { ...walk, ...(reason !== undefined && { stopped: reason }) } };
  const parties = partiesAsked(peer);
  const next = parties.findIndex((_party, index) => index > walk.party && !walk.owners.includes(index));
  if (next >= 0 && !walk.isOfOne) return { ...ended, walk: { ...ended.walk, ...atFirstPage, party: next } };
  return canCompare(ended)
    ? { ...ended, walk: { ...ended.walk, comparing: { party: 0, held: 0, missing: 0 } } }
    : endWalk(ended, peer, now);
}

/** Nothing that nobody has named would be missing if we are not sure that all has been named (TOK-LIST-05). */
const canCompare = ({ walk: { isNamed, stopped, isShort, read } }: Walking): boolean =>
  isNamed === true && stopped === undefined && isShort === undefined && read > 0 && read <= mostNames;

/**
 * @param stopped why it goes no further; what has been read has been taken, but nothing goes on from here
 * @param missing what became of what it does not name
 */
export function endWalk(
  state: Walking,
  peer: Peer,
  now: string,
  { stopped = state.walk.stopped, missing }: { stopped?: string | undefined; missing?: Missing } = {},
): PullState {
  const { kind, startedAt: at, read, counts, passedOver, mark = at, isOfOne, party } = state.walk;
  const walked = {
    at,
    read,
    counts,
    ...(passedOver && { passedOver }),
    ...(stopped !== undefined && { stoppedAt: now, why: stopped }),
  };
  // What failed was a page of this walk.
  const {
    walk,
    failing: _,
    ...rest
  } = stopped === undefined ? state : withProblem(state, now, whyStopped(kind, stopped));
  const litter = withLitter(state, walk);
  const only = partiesAsked(peer)[party];
  if (isOfOne && only) return { ...rest, litter, ofOne: { ...walked, kind, party: only } };
  if ('why' in walked) return { ...rest, litter, stopped: { ...rest.stopped, [kind]: walked } };
  const { stopped: former, unread: earlier, ...others } = rest;
  const unread = unreadAfter(kind === 'full' ? undefined : earlier, state.walk);
  const ended = { ...others, litter, from: before(mark, overlapMs), ...(unread && { unread }) };
  if (kind === 'full') return { ...ended, full: { ...walked, ...missing } };
  return { ...ended, changes: walked, ...(former?.full && { stopped: { full: former.full } }) };
}

const whyStopped = (kind: PullKind, why: string): string =>
  `The list ${kind === 'full' ? 'of all' : 'of changes'} was left: ${why}`;

/** What a delta did not read is in no other one. */
const unreadAfter = (earlier: PullState['unread'], { startedAt: since, passedOver }: PullWalk): PullState['unread'] =>
  passedOver ? { since, ...earlier, count: (earlier?.count ?? 0) + passedOver.count } : earlier;
