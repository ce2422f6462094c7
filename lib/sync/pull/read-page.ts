/** Asks for one page of the peer's list, takes what is on it, and finds the next. */
import type { PeerAnswer } from '../../client/ask-peer.ts';
import { PeerError, TooLargeError } from '../../client/peer-error.ts';
import { partiesOf } from '../../ocpi/versions.ts';
import type { TokensLine } from '../../peers/tokens-line.ts';
import type { PullState, Suspect } from '../state.ts';
import type { Ground, Step } from '../work.ts';
import { latest } from './due.ts';
import { writeNames } from './names.ts';
import { hasOffsets, type Next, nextPage, withParameter } from './next-page.ts';
import { partiesAsked } from './parties.ts';
import { hasSeen, remember, shortHash } from './seen.ts';
import {
  afterFailure,
  afterPage,
  afterPassing,
  anotherUrl,
  limitOf,
  mayBeOfPage,
  wantsAnother,
  withAnother,
  withoutSuspect,
  withPassed,
} from './suspect.ts';
import { mostProblems, type Taken, takeObjects } from './take-objects.ts';
import { endList, endWalk, type Walking, withProblem } from './walk.ts';

/** A page of ten thousand Tokens has less than half of it. */
const mostBytesOfPage = 16 * 2 ** 20;
/** Of a walk: ten Tokens a page, a million Tokens. */
export const mostPages = 100_000;
export const mostBytes = 4 * 2 ** 30;
export const longestMs = 2 * 86_400_000;
/** How many more objects a list may have than it says: it may be read twice, and grow meanwhile. */
const mostBeyond = 10_000;

/** Where nothing tells how many objects a page has. */
const usualLimit = 1_000;

function firstUrl({ walk }: Walking, { url, wire }: TokensLine, pullLimit: number | undefined): string {
  const since = walk.date_from === undefined ? undefined : wire.encodeDateTime(`${walk.date_from.slice(0, 19)}.000Z`);
  const filtered = since === undefined ? url : withParameter(url, 'date_from', since);
  return pullLimit === undefined ? filtered : withParameter(filtered, 'limit', pullLimit);
}

export async function readPage(ground: Ground, state: Walking): Promise<Step<PullState>> {
  const { runtime, peer } = ground;
  const now = runtime.now();
  const beyond = beyondBounds(state, now);
  if (beyond !== undefined)
    return { state: endWalk(state, peer, now.toISOString(), { stopped: beyond }), next: 'more' };
  const line = await ground.line();
  const url = state.walk.url ?? firstUrl(state, line, peer.settings?.pullLimit);
  if (wantsAnother(state, url)) return askForAnother(ground, state, line, url);
  try {
    const answer = await askFor(ground, state, line, url, limitOf(state.walk));
    return await takePage(ground, state, { line, url, answer, askedAt: now.toISOString() });
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    const smaller = isTooMuch(error) ? withSmallerPage(state, ground) : undefined;
    return smaller ? { state: smaller, next: 'more' } : failedAt(ground, state, error);
  }
}

/** A step of its own, so that what comes of it is known to whoever goes on, and its time is not that of the page. */
async function askForAnother(
  ground: Ground,
  state: Walking,
  line: TokensLine,
  pageUrl: string,
): Promise<Step<PullState>> {
  const url = anotherUrl(state, pageUrl, line.url, ground.runtime.random());
  try {
    const answer = await askFor(ground, state, line, url, 1);
    // Of whoever does not look at the limit, no object can be had alone.
    if (objectsIn(answer, url).length === 1) return { state: withAnother(state, url), next: 'more' };
  } catch (error) {
    if (!(error instanceof PeerError)) throw error;
    return { state: withoutSuspect(state), next: 'more', failure: error };
  }
  const { failing } = state;
  return {
    state: withoutSuspect({ ...state, ...(failing && { failing: { ...failing, times: failing.times + 1 } }) }),
    next: 'more',
  };
}

async function failedAt(ground: Ground, state: Walking, failure: PeerError): Promise<Step<PullState>> {
  const { walk } = state;
  const { suspect } = walk;
  if (!suspect?.isWell) return { state, next: 'more', failure };
  if (!mayBeOfPage(failure))
    return { state: { ...state, walk: { ...walk, suspect: { ...suspect, isWell: false } } }, next: 'more', failure };
  const next = afterFailure(walk, suspect, sizeOfPage(walk, ground));
  if (!next) return { state: await passOver(ground, state, suspect), next: 'more' };
  const { done: _, ...rest } = walk;
  const failed = { ...state, walk: { ...rest, suspect: next } };
  // The next one tells more: there is nothing to wait for before the page is as small as can be.
  return next.times === 0 ? { state: failed, next: 'more' } : { state: failed, next: 'more', failure };
}

function beyondBounds({ walk: { startedAt, mark, pages, bytes } }: Walking, now: Date): string | undefined {
  // While nothing has been read, nothing is too old.
  if (mark !== undefined && now.getTime() - Date.parse(startedAt) > longestMs) return 'it takes too long';
  if (pages >= mostPages) return 'it has too many pages';
  return bytes >= mostBytes ? 'it has too many bytes' : undefined;
}

/** Whether the answer had begun and would not end, in bytes or in time. */
const isTooMuch = (error: PeerError): boolean =>
  error instanceof TooLargeError || (error.kind === 'unreachable' && error.http === 200);

/** How many objects the page at the place has, where it is asked for; nobody knows that of the first. */
const sizeOfPage = (walk: Walking['walk'], { peer }: Pick<Ground, 'peer'>): number =>
  limitOf(walk) ?? peer.settings?.pullLimit ?? walk.last?.objects ?? usualLimit;

/**
 * @param by a half where that will do; less where each time costs a lease
 * @returns undefined if the page has but one object
 */
export function withSmallerPage(state: Walking, ground: Pick<Ground, 'peer'>, by = 2): Walking | undefined {
  const { walk } = state;
  const limit = sizeOfPage(walk, ground);
  if (limit <= 1 && limitOf(walk) !== undefined) return undefined;
  const { done: _, ...rest } = walk;
  return { ...state, begun: 0, walk: { ...rest, limit: Math.max(1, Math.floor(limit / by)) } };
}

/**
 * What ends our process each time that we take it is passed over, once it is the only one on its page; and so is what the peer fails at.
 * It is in the list, and unknown: nothing counts as missing then.
 * @param suspect if it is the peer that fails
 * @returns the end of the list if nobody can ask for what is behind it
 */
export async function passOver(ground: Ground, state: Walking, suspect?: Suspect): Promise<PullState> {
  const { peer, runtime } = ground;
  const now = runtime.now().toISOString();
  const { limit: _, done: __, suspect: ___, ...walk } = state.walk;
  const line = await ground.line();
  const url = walk.url ?? firstUrl(state, line, peer.settings?.pullLimit);
  if (!hasOffsets({ url, hasLinks: walk.hasLinks ?? false }))
    return endList(state, peer, now, 'a page cannot be taken');
  const offset = walk.offset + 1;
  const passedOver = withPassed(walk.passedOver, walk.offset);
  const next = suspect && afterPassing(suspect, offset, passedOver);
  const passed = {
    ...walk,
    url: withUsualLimit(withParameter(url, 'offset', offset), ground),
    offset,
    read: walk.read + 1,
    listed: walk.listed + 1,
    counts: { ...walk.counts, invalid: walk.counts.invalid + 1 },
    isShort: true as const,
    passedOver,
    ...(next && { suspect: next }),
  };
  const { failing: ____, ...isWell } = state;
  // The peer does what it can.
  const rest = suspect ? isWell : state;
  const why = suspect ? 'the peer fails at it, and not at others' : 'taking it never ended';
  const behind = withProblem(
    { ...rest, begun: 0, walk: passed },
    now,
    `Object ${walk.offset}: passed over, because ${why}`,
  );
  // Whoever counts may have no answer for what is behind the end.
  const isEnd = !walk.hasLinks && walk.total !== undefined && offset >= walk.total;
  return isEnd ? endList(behind, peer, now) : behind;
}

/** A `Link` repeats the limit of a page that was made smaller. */
function withUsualLimit(url: string, { peer }: Pick<Ground, 'peer'>): string {
  const { pullLimit } = peer.settings ?? {};
  if (pullLimit !== undefined) return withParameter(url, 'limit', pullLimit);
  const usual = new URL(url);
  usual.searchParams.delete('limit');
  return usual.href;
}

function askFor(
  { runtime, peer }: Ground,
  { walk }: Walking,
  line: TokensLine,
  url: string,
  limit: number | undefined,
): Promise<PeerAnswer> {
  const [from] = partiesOf(runtime.config, 'CPO');
  if (!from) throw new Error('There is no party of ours that is a CPO');
  const to = partiesAsked(peer)[walk.party];
  return line.ask({
    method: 'GET',
    url: limit === undefined ? url : withParameter(url, 'limit', limit),
    from,
    ...(to && { to, insistsOnTo: peer.settings?.pullParties !== undefined }),
    maxBytes: mostBytesOfPage,
  });
}

interface Answered {
  line: TokensLine;
  /** As it would be asked if pages were not made smaller. */
  url: string;
  answer: PeerAnswer;
  askedAt: string;
}

/** An empty list may be null (TRN-24). */
function objectsIn({ data, http }: PeerAnswer, url: string): unknown[] {
  if (data === undefined || data === null) return [];
  if (Array.isArray(data)) return data;
  throw new PeerError('broken', `${new URL(url).host} answered HTTP ${http} with data that is no list`, { http });
}

/** In characters of JSON, which is near enough to bytes for a bound. */
const sizeOf = ({ data }: PeerAnswer): number => JSON.stringify(data ?? null).length;

const hashOf = (object: unknown): string => shortHash(JSON.stringify(object) ?? '');

/** Of the first and the last object, because the whole page may have megabytes. */
const hashOfPage = (objects: readonly unknown[]): string =>
  hashOf([objects.length, objects[0] ?? null, objects.at(-1) ?? null]);

/** @returns where to go on in a page that was taken in part, if it is still the same up to there */
function startIn({ done }: Walking['walk'], objects: readonly unknown[]): number {
  return done && hashOf(objects[done.objects - 1]) === done.hash ? done.objects : 0;
}

async function takePage(ground: Ground, state: Walking, answered: Answered): Promise<Step<PullState>> {
  const { runtime, peer } = ground;
  const { line, url, answer, askedAt } = answered;
  const objects = objectsIn(answer, url);
  const { walk } = state;
  const start = startIn(walk, objects);
  const parties = partiesAsked(peer);
  const taken = await takeObjects(ground, line.wire, { objects, start, offset: walk.offset, askedAt, parties });
  const place = `${String(walk.pages).padStart(6, '0')}-${start}`;
  const { startedAt, isNamed } = walk;
  if (isNamed) await writeNames(runtime.backend.records, { peer: peer.id, startedAt }, place, taken.names);

  const after = withTaken(state, answered, taken, start);
  if (taken.end < objects.length) {
    const done = { objects: taken.end, hash: hashOf(objects[taken.end - 1]) };
    return { state: { ...after, walk: { ...after.walk, url, done } }, next: 'more' };
  }
  const hash = hashOfPage(objects);
  const { total, offset, hasLinks = false, last } = walk;
  const next = nextPage({
    endpoint: line.url,
    url,
    offset,
    limit: limitOf(walk) ?? peer.settings?.pullLimit,
    total,
    hasLinks,
    isRepeated: last?.hash === hash && objects.length > 0,
    objects: objects.length,
    headers: answer.headers,
  });
  const { done: _, ...rest } = after.walk;
  const size = walk.suspect?.limit === undefined ? objects.length : (last?.objects ?? usualLimit);
  const page = {
    pages: walk.pages + 1,
    last: { objects: size, hash },
    ...(objects.length > 0 && { good: offset + objects.length - 1 }),
  };
  const seen = remember(walk.seen, url, page.pages);
  const behind = { ...after, walk: { ...rest, ...page, seen } };
  return { state: goOn(behind, next, ground, runtime.now().toISOString()), next: 'more' };
}

function withTaken(state: Walking, { answer, askedAt }: Answered, taken: Taken, start: number): Walking {
  const { failing: _, ...rest } = state;
  const { walk } = rest;
  const counts = { ...walk.counts };
  for (const name of Object.keys(counts) as (keyof typeof counts)[]) counts[name] += taken.counts[name];
  const objects = taken.end - start;
  const newest = latest(walk.newest, taken.newest);
  return {
    ...rest,
    begun: 0,
    succeededAt: askedAt,
    problems: [...taken.problems, ...state.problems].slice(0, mostProblems),
    walk: {
      ...walk,
      mark: walk.mark ?? earliest(answer.timestamp, askedAt),
      counts,
      owners: [...new Set([...walk.owners, ...taken.owners])],
      ...(newest !== '' && { newest }),
      read: walk.read + objects,
      listed: walk.listed + objects,
      bytes: walk.bytes + sizeOf(answer),
    },
  };
}

const earliest = (a: string | undefined, b: string): string => (a !== undefined && a < b ? a : b);

function goOn(state: Walking, next: Next, ground: Pick<Ground, 'peer'>, now: string): PullState {
  const { peer } = ground;
  const { hasLinks: _, total: __, suspect: before, ...walk } = state.walk;
  const { total } = next;
  if (next.is === 'stop') return endList(state, peer, now, next.why);
  if (next.is === 'end') return endList(judgedShort(state, total, now), peer, now);
  const seen = seenBefore(walk.seen, next);
  if (!seen) return endList(state, peer, now, 'its pages go round in a circle');
  if (total !== undefined && walk.listed > 2 * total + mostBeyond)
    return endList(state, peer, now, 'it is longer than it says');
  const { offset, hasLinks } = next;
  const suspect = afterPage(state.walk, offset);
  const url = before?.limit !== undefined && !suspect ? withUsualLimit(next.url, ground) : next.url;
  return {
    ...state,
    walk: {
      ...walk,
      seen,
      url,
      offset,
      ...(total !== undefined && { total }),
      ...(hasLinks && { hasLinks: true }),
      ...(suspect && { suspect }),
    },
  };
}

/**
 * Whoever goes back because the list has become shorter meets the same pages again, and each with other objects on it: they count as
 * new. Only to go back there once more, from as long a list, is a circle.
 * @returns undefined if the walk has been there
 */
function seenBefore(seen: string[], { url, total, isBack }: Extract<Next, { is: 'page' }>): string[] | undefined {
  const place = isBack ? `${url} of ${total}` : url;
  if (hasSeen(seen, place)) return undefined;
  return isBack ? [shortHash(place)] : seen;
}

/** Who says that there is more than he gave us has perhaps not given us all. */
function judgedShort(state: Walking, total = 0, now: string): Walking {
  const { walk } = state;
  if (walk.listed >= total) return state;
  const short = { ...state, walk: { ...walk, isShort: true as const } };
  return withProblem(short, now, `The list ended after ${walk.listed} of ${total} objects`);
}
