/**
 * A page that the peer fails at, and gives others. There are servers that make a whole page fail of one object that they cannot write, and
 * that page would hold up all others for ever. So the object is looked for, by halves, and passed over. Pure.
 */
import type { PeerError } from '../../client/peer-error.ts';
import type { PassedOver, PullWalk, Suspect } from '../state.ts';
import { hasOffsets, withParameter } from './next-page.ts';
import type { Walking } from './walk.ts';

/** Whoever cannot write more of a list has something else. */
const mostPassedOver = 100;
/** One moment of weakness is no reason to pass over a card. */
const mostFailures = 3;
/** A failure or two are over by themselves. */
const usualFailures = 2;
const mostOffsets = 20;

/**
 * Whether it may be the page: the peer is there, and something in it went wrong. Not whoever is overloaded, refuses us, cannot be
 * reached, or has another behind it that cannot (4xxx).
 */
export function mayBeOfPage({ http = 0, status_code }: Partial<Pick<PeerError, 'http' | 'status_code'>>): boolean {
  if (http === 503 || http === 504) return false;
  if (status_code === undefined) return http >= 500 || (http >= 200 && http < 300);
  return status_code >= 3000 ? status_code < 4000 : http >= 500;
}

/** How many objects a page is asked for, where it is not as many as usual. */
export function limitOf({ limit, suspect }: Pick<PullWalk, 'limit' | 'suspect'>): number | undefined {
  const limits = [limit, suspect?.limit].filter((each) => each !== undefined);
  return limits.length > 0 ? Math.min(...limits) : undefined;
}

/**
 * Whether another object is to be asked for in place of the page. At first that is every other time, so that whoever is back, and cannot
 * answer that, is asked for the page; and a peer that is down costs one request each time as it did before.
 */
export function wantsAnother({ failing, walk }: Walking, url: string): boolean {
  const { suspect, hasLinks = false, passedOver } = walk;
  if (!failing || suspect?.isWell || !mayBeOfPage(failing) || !hasOffsets({ url, hasLinks })) return false;
  if ((passedOver?.count ?? 0) >= mostPassedOver) return false;
  return suspect !== undefined || (failing.times >= usualFailures && failing.times % 2 === 0);
}

/**
 * The last that came is the best one, because it is had in the same way as the page; in a list that has become shorter it may be what the
 * peer fails at, and so each time it is another. At the beginning of a list it is one of all that the peer lists, because a delta may
 * have no other; and each time from further behind, because they may be bad that come first.
 * @param random from 0 to 1
 */
export function anotherUrl({ failing, walk }: Walking, url: string, endpoint: string, random: number): string {
  if (walk.suspect) return walk.suspect.url;
  const tries = Math.max(0, Math.floor((failing?.times ?? 0) / 2) - 1);
  if (walk.good !== undefined) return withParameter(url, 'offset', Math.max(0, walk.good - (tries % 4)));
  return withParameter(endpoint, 'offset', Math.floor(random * 2 ** (tries % 8)));
}

/** The peer has given another: it is well, and its pauses are short again. */
export function withAnother(state: Walking, url: string): Walking {
  const { failing, walk } = state;
  const suspect = { times: 0, ...walk.suspect, url, isWell: true };
  const times = Math.min(failing?.times ?? 0, usualFailures);
  return { ...state, ...(failing && { failing: { ...failing, times } }), walk: { ...walk, suspect } };
}

/** It has not: what it fails at is not this page. */
export function withoutSuspect<State extends Walking>(state: State): State {
  const { suspect: _, ...walk } = state.walk;
  return { ...state, walk };
}

/**
 * The peer has failed at the page, having given another object before.
 * @param size how many objects the page has
 * @returns undefined if its one object is to be passed over
 */
export function afterFailure(walk: PullWalk, suspect: Suspect, size: number): Suspect | undefined {
  const failed = { ...suspect, isWell: false };
  if (limitOf(walk) !== 1)
    return { ...failed, limit: Math.max(1, Math.floor(size / 2)), end: walk.offset + size, times: 0 };
  const times = suspect.times + 1;
  return times < mostFailures ? { ...failed, times } : undefined;
}

/** A page has come. @param offset of the next; @returns undefined if all have come among which it was */
export function afterPage({ suspect }: PullWalk, offset: number): Suspect | undefined {
  const { limit, end = 0 } = suspect ?? {};
  if (!suspect || limit === undefined || offset >= end) return undefined;
  const half = Math.max(1, Math.floor((end - offset) / 2));
  return { ...suspect, isWell: true, limit: Math.min(limit, half), times: 0 };
}

/** Bad ones come together at times: the next one is asked for alone too. @param offset of the next */
export function afterPassing(suspect: Suspect, offset: number, { count }: PassedOver): Suspect | undefined {
  return count < mostPassedOver ? { url: suspect.url, isWell: false, limit: 1, end: offset + 1, times: 0 } : undefined;
}

export const withPassed = (passed: PassedOver | undefined, offset: number): PassedOver => ({
  count: (passed?.count ?? 0) + 1,
  offsets: [...(passed?.offsets ?? []), offset].slice(0, mostOffsets),
});
