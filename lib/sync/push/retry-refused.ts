/** What a peer has refused is tried again: daily while it is little, and when the operator says so. */
import { ownTokensCall } from '../../crud/calls.ts';
import type { StoredToken } from '../../crud/crud.ts';
import { type Refused, refusedCollection } from '../refused.ts';
import type { PushState } from '../state.ts';
import { tokenName } from '../token-name.ts';
import { isUnmet, type Wishes } from '../wishes.ts';
import type { Ground, Step } from '../work.ts';
import { sentOutOfTurn } from './memory.ts';
import { forgetRefusal } from './refusals.ts';
import { sendAll } from './send-all.ts';
import { isFor } from './walk-page.ts';

const few = 100;
const dayMs = 24 * 3_600_000;
/** Fewer than are a failure in a row. */
const pageSize = 10;

export function isRetryDue({ refused, retriedAt, retryAt, met }: PushState, wishes: Wishes, now: Date): boolean {
  if (refused.length === 0) return false;
  if (isUnmet(wishes.retry, met.retry)) return true;
  if (retryAt !== undefined && retryAt <= now.toISOString()) return true;
  return refused.length <= few && now.getTime() - Date.parse(retriedAt ?? '1970-01-01') > dayMs;
}

/** A page of the records, by their ids; those that are not reached come again. */
export async function retryRefused(
  ground: Ground,
  state: PushState,
  { after }: NonNullable<PushState['retrying']>,
): Promise<Step<PushState>> {
  const { runtime, peer } = ground;
  const { tokens, records } = runtime.backend;
  const collection = refusedCollection(peer.id);
  const page = await records.list({ collection, limit: pageSize, ...(after !== undefined && { after }) });
  const { retriedAt = '' } = state;
  // What is invalid goes first, so that of a page that was cut others than its first may have been tried again by now.
  const refusals = page.items
    .map(({ id, data }) => ({ id, ...(data as unknown as Refused) }))
    .filter(({ at }) => at < retriedAt);
  const read = await Promise.all(
    refusals.map(({ uid, type }) => tokens.get({ ...ownTokensCall, id: uid, token_type: type })),
  );
  const theirs = (each: StoredToken | undefined): each is StoredToken => each !== undefined && isFor(peer)(each);
  const gone = refusals.filter((_, i) => !theirs(read[i]));
  for (const each of gone) await forgetRefusal(runtime.backend, peer.id, each);
  const names = new Set(gone.map(tokenName));
  const known = { ...state, refused: state.refused.filter((name) => !names.has(name)), refusedInARow: 0 };

  const { handled, failure, ...sent } = await sendAll(runtime, await ground.line(), read.filter(theirs), known);
  const { retrying: _, ...rest } = sentOutOfTurn(sent.state, handled);
  const isLeft = (each: StoredToken | undefined) => theirs(each) && !handled.includes(each);
  const firstLeft = page.items.findIndex(({ id }) => id === refusals[read.findIndex(isLeft)]?.id);
  const place = firstLeft < 0 ? page.next : (page.items[firstLeft - 1]?.id ?? after);
  const isOver = firstLeft < 0 && place === undefined;
  return {
    state: isOver ? rest : { ...rest, retrying: place === undefined ? {} : { after: place } },
    next: 'more',
    ...(failure !== undefined && { failure }),
  };
}
