/** What became invalid, before anything else: looked for before each page, and read afresh, because no index tells it as fast. */
import { ownTokensCall } from '../../crud/calls.ts';
import type { StoredToken } from '../../crud/crud.ts';
import { partiesPushed } from '../lanes.ts';
import type { PushState } from '../state.ts';
import { tokenName } from '../token-name.ts';
import { isToCome } from '../told.ts';
import { readUrgent } from '../urgent.ts';
import type { Ground, Step } from '../work.ts';
import { sentOutOfTurn, withTold } from './memory.ts';
import { sendAll } from './send-all.ts';
import { isFor } from './walk-page.ts';

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
  const isTheirs = (each: StoredToken | undefined): each is StoredToken => each !== undefined && isFor(peer)(each);
  const toSend = stored.filter(isTheirs).filter(({ data }) => state.fresh[tokenName(data)] !== data.last_updated);
  if (toSend.length === 0) {
    // The walk of changes is behind it soon, and the one through many changes is not.
    const others = waiting.filter((_, i) => !isTheirs(stored[i])).map((urgent) => [tokenName(urgent), urgent.stamp]);
    return state.many && others.length > 0
      ? { state: withTold(state, Object.fromEntries(others)), next: 'more' }
      : undefined;
  }
  const { handled, failure, ...after } = await sendAll(runtime, await ground.line(), toSend, state);
  return {
    state: sentOutOfTurn(after.state, handled),
    next: 'more',
    ...(failure !== undefined && { failure }),
  };
}
