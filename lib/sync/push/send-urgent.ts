/** What became invalid, before anything else: looked for before each page, and read afresh, because no index tells it as fast. */
import { ownTokensCall } from '../../crud/calls.ts';
import type { StoredToken } from '../../crud/crud.ts';
import { partiesPushed } from '../lanes.ts';
import type { PushState } from '../state.ts';
import { tokenName } from '../token-name.ts';
import { readUrgent, type Urgent } from '../urgent.ts';
import type { Ground, Step } from '../work.ts';
import { remembered } from './memory.ts';
import { sendAll } from './send-all.ts';
import { isFor } from './walk-page.ts';

/** All that was stamped before the last walk began has been sent by it, or by one before it. */
const isWaiting = ({ changes, fresh }: PushState, urgent: Urgent): boolean => {
  const last = fresh[tokenName(urgent)];
  return urgent.stamp >= changes.from && (last === undefined || last < urgent.stamp);
};

/** @returns undefined if there was nothing to send; else a page of its own, because each page has its time */
export async function sendUrgent(ground: Ground, state: PushState): Promise<Step<PushState> | undefined> {
  const { runtime, peer } = ground;
  const parties = partiesPushed(runtime.config, peer);
  const all = await Promise.all(parties.map((party) => readUrgent(runtime.backend, party)));
  const waiting = all.flat().filter((urgent) => isWaiting(state, urgent));
  if (waiting.length === 0) return undefined;

  const stored = await Promise.all(
    waiting.map(({ uid, type }) => runtime.backend.tokens.get({ ...ownTokensCall, id: uid, token_type: type })),
  );
  const theirs = (each: StoredToken | undefined): each is StoredToken =>
    each !== undefined && isFor(peer)(each) && state.fresh[tokenName(each.data)] !== each.data.last_updated;
  const toSend = stored.filter(theirs);
  if (toSend.length === 0) return undefined;
  const { handled, failure, ...after } = await sendAll(runtime, await ground.line(), toSend, state);
  return {
    state: { ...after.state, fresh: remembered(state.fresh, handled) },
    next: 'more',
    ...(failure !== undefined && { failure }),
  };
}
