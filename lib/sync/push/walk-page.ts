/** One page of a walk through our own Tokens: read, sent, and the place behind it. */
import { ownTokensCall } from '../../crud/calls.ts';
import type { StoredToken } from '../../crud/crud.ts';
import { accessOf, mayAskAboutType } from '../../peers/access.ts';
import type { Peer } from '../../peers/peer.ts';
import { listOwn, type OwnList } from '../../tokens/own/list.ts';
import { isErased } from '../../tokens/settings.ts';
import { partiesPushed } from '../lanes.ts';
import type { PushState, WalkPlace } from '../state.ts';
import { tokenName } from '../token-name.ts';
import type { Ground, Step } from '../work.ts';
import { mayRemember, remembered, stampsOf } from './memory.ts';
import { noteRefusal } from './refusals.ts';
import { pageMs, sendAll } from './send-all.ts';

export const firstPageSize = 20;
const largestPage = 100;

/** After so many starts without an end a page is halved. */
export const startsPerSize = 3;
/** After so many the largest page is none. */
export const startsToNothing = startsPerSize * Math.ceil(Math.log2(largestPage + 1));

interface Walk {
  walk: WalkPlace;
  /** How often the page has been begun without coming to its end. */
  begun: number;
  /** Of a walk of changes. */
  date_from?: string;
  /** Whether what is stamped when the walk began or later is left to the next walk of changes; by default while it cannot be remembered. */
  leavesLater?: boolean;
}

interface WalkedPage extends Omit<Step<PushState>, 'next'> {
  walk: WalkPlace;
  isLast: boolean;
  total: number;
}

/** Not pushed unless the operator names it: a CPO asks the eMSP that the EMAID itself tells (ENUM-05). */
const notPushed = 'EMAID';

/** Whether a Token is the peer's business. What is left of an erased one is nobody's. */
export function isFor(peer: Peer): (stored: StoredToken) => boolean {
  const access = accessOf(peer);
  return ({ data: { type }, settings }) => {
    const isPushed = access.tokenTypes ? mayAskAboutType(access, type) : type !== notPushed;
    return isPushed && !isErased(settings);
  };
}

const sizeOf = ({ pageSize }: PushState, { begun }: Walk): number => pageSize >> Math.floor(begun / startsPerSize);

export const listPage = (
  { runtime, peer }: Ground,
  state: PushState,
  { walk, begun, date_from }: Walk,
): Promise<OwnList> =>
  listOwn(runtime.backend.tokens, {
    call: ownTokensCall,
    parties: partiesPushed(runtime.config, peer),
    filters: {
      date_from,
      date_to: undefined,
      offset: walk.offset,
      limit: Math.max(1, sizeOf(state, { walk, begun })),
    },
    after: walk.place,
  });

export const walkPage = async (ground: Ground, state: PushState, about: Walk): Promise<WalkedPage> =>
  sendPage(ground, state, about, await listPage(ground, state, about));

export async function sendPage(ground: Ground, state: PushState, about: Walk, list: OwnList): Promise<WalkedPage> {
  const { runtime, peer } = ground;
  const { walk, leavesLater = !mayRemember(state.fresh) } = about;
  const isTheirs = isFor(peer);
  const size = sizeOf(state, about);
  const waiting = list.items.filter((stored) => isTheirs(stored) && isToSend(state, walk, stored, leavesLater));
  // Not even one by itself comes to an end.
  if (size === 0) return passOver(ground, state, walk, list, waiting);

  const startedAt = runtime.now().getTime();
  const { handled, failure, ...after } =
    waiting.length > 0
      ? await sendAll(runtime, await ground.line(), waiting, state)
      : { handled: [], state, failure: undefined };
  const sent = { ...after.state, fresh: remembered(state.fresh, handled, walk.began) };
  if (handled.length < waiting.length || failure !== undefined) {
    const cut = { ...walk, sent: { ...walk.sent, ...stampsOf(handled) } };
    const pageSize = failure === undefined ? Math.max(1, handled.length) : state.pageSize;
    return { state: { ...sent, pageSize }, walk: cut, isLast: false, total: list.total, failure };
  }
  const pageSize = sizeAfter(state.pageSize, waiting.length, runtime.now().getTime() - startedAt);
  return { state: { ...sent, pageSize }, ...placeBehind(walk, list, handled) };
}

function isToSend({ fresh, many }: PushState, walk: WalkPlace, { data }: StoredToken, leavesLater: boolean): boolean {
  const name = tokenName(data);
  const { last_updated: stamp } = data;
  if (leavesLater && stamp >= walk.began) return false;
  const known = [fresh[name], walk.sent?.[name], many?.told[name]];
  return !known.some((last) => last !== undefined && last >= stamp);
}

const placeBehind = (walk: WalkPlace, list: OwnList, handled: readonly StoredToken[]) => ({
  walk: {
    began: walk.began,
    offset: walk.offset + list.items.length,
    sent: stillToMeet(walk, list, handled),
    ...(list.next && { place: list.next }),
  },
  isLast: list.isLast,
  total: list.total,
});

/**
 * What was sent of a larger page, before it was cut, stands behind a smaller one. Without places, or between
 * two parties, even what stands before may come again, because each change of a Token that was none yet moves those behind it.
 */
function stillToMeet({ sent = {} }: WalkPlace, list: OwnList, handled: readonly StoredToken[]): Record<string, string> {
  if (list.next?.next === undefined)
    return Object.fromEntries(Object.entries({ ...sent, ...stampsOf(handled) }).slice(-2 * largestPage));
  const passed = new Set(list.items.map(({ data }) => tokenName(data)));
  return Object.fromEntries(Object.entries(sent).filter(([name]) => !passed.has(name)));
}

/** So many as the peer takes in the time of a page. */
function sizeAfter(size: number, count: number, tookMs: number): number {
  if (count < size / 2) return size;
  const fits = Math.round((size * pageMs) / Math.max(tookMs, 1));
  return Math.max(1, Math.min(largestPage, 2 * size, fits));
}

async function passOver(
  { runtime, peer }: Ground,
  state: PushState,
  walk: WalkPlace,
  list: OwnList,
  tokens: readonly StoredToken[],
): Promise<WalkedPage> {
  const at = runtime.now().toISOString();
  for (const { data } of tokens) {
    const { uid, type, last_updated: stamp } = data;
    await noteRefusal(runtime.backend, peer.id, { uid, type, stamp, at, why: 'Sending it never comes to an end' });
  }
  const refused = [...new Set([...state.refused, ...tokens.map(({ data }) => tokenName(data))])];
  return { state: { ...state, refused, pageSize: firstPageSize }, ...placeBehind(walk, list, []) };
}
