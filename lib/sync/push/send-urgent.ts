/** What became invalid, before anything else: looked for before each page, and read afresh, because no index tells it as fast. */
import { ownTokensCall } from '../../crud/calls.ts';
import type { StoredToken } from '../../crud/crud.ts';
import { partiesPushed } from '../lanes.ts';
import type { PushState } from '../state.ts';
import { tokenName } from '../token-name.ts';
import { isToCome } from '../told.ts';
import { readUrgent, type Urgent } from '../urgent.ts';
import type { Ground, Step } from '../work.ts';
import { remembered } from './memory.ts';
import { sendAll } from './send-all.ts';
import { isFor, stampsOf } from './walk-page.ts';

/** @returns undefined if there was nothing to send; else a page of its own, because each page has its time */
export async function sendUrgent(ground: Ground, state: PushState): Promise<Step<PushState> | undefined> {
  const { runtime, peer } = ground;
  const parties = partiesPushed(runtime.config, peer);
  const all = (await Promise.all(parties.map((party) => readUrgent(runtime.backend, party)))).flat();
  const waiting = all.filter((urgent) => isToCome(state, tokenName(urgent), urgent.stamp));
  if (waiting.length === 0) return undefined;

  const stored = await Promise.all(
    waiting.map(({ uid, type }) => runtime.backend.tokens.get({ ...ownTokensCall, id: uid, token_type: type })),
  );
  const theirs = (each: StoredToken | undefined): each is StoredToken =>
    each !== undefined && isFor(peer)(each) && state.fresh[tokenName(each.data)] !== each.data.last_updated;
  const toSend = stored.filter(theirs);
  const ofMany = waiting.filter(({ stamp }) => stamp < state.changes.from);
  if (toSend.length === 0)
    return ofMany.length > 0 ? { state: withTold(state, ofMany, stored), next: 'more' } : undefined;
  const { handled, failure, ...after } = await sendAll(runtime, await ground.line(), toSend, state);
  const left = new Set(toSend.filter((each) => !handled.includes(each)).map(({ data }) => tokenName(data)));
  const told = ofMany.filter((urgent) => !left.has(tokenName(urgent)));
  return {
    state: withTold({ ...after.state, fresh: remembered(state.fresh, handled) }, told, handled),
    next: 'more',
    ...(failure !== undefined && { failure }),
  };
}

/**
 * Of the many each is looked at once: `fresh` forgets what it was with the next walk of changes.
 * @param stored some of them, as they are now
 */
function withTold(
  { many, later, ...state }: PushState,
  urgent: readonly Urgent[],
  stored: readonly (StoredToken | undefined)[],
): PushState {
  const names = stampsOfUrgent(urgent);
  const now = stored.filter((each) => each !== undefined && tokenName(each.data) in names) as StoredToken[];
  const told = { ...names, ...stampsOf(now) };
  return {
    ...state,
    ...(many && { many: { ...many, told: { ...many.told, ...told } } }),
    ...(later && { later: { ...later, told: { ...later.told, ...told } } }),
  };
}

const stampsOfUrgent = (urgent: readonly Urgent[]): Record<string, string> =>
  Object.fromEntries(urgent.map((each) => [tokenName(each), each.stamp]));
