/** Whether a push comes too late, because a newer state of the Token is here already (COO-17). */
import type { StoredToken } from '../../crud/crud.ts';
import { invalid } from '../../errors.ts';
import type { Token } from '../../ocpi/token.ts';

/** So long the state that denies wins where two clocks leave a doubt. */
const doubtMs = 15 * 60_000;

/** Half of the peers send whole seconds, and some of them only now and then. */
export const inSeconds = (dateTime: string): string => dateTime.slice(0, 19);

/**
 * Later is what is older than the stored Token, in whole seconds. A stored Token that was from the future when it came in shows
 * that its sender's clock was ahead: what is not older than its arrival is taken after all, but for a while it does not replace an
 * invalid Token. Not even by another invalid one: with its older date it would let in what came between the two.
 * @param now a canonical DateTime
 */
export function isLate(
  stored: Pick<StoredToken, 'data' | 'arrived_at'>,
  incoming: Pick<Token, 'last_updated'>,
  now: string,
): boolean {
  const { data, arrived_at } = stored;
  const isOlderThan = (instant: string) => inSeconds(incoming.last_updated) < inSeconds(instant);
  if (!isOlderThan(data.last_updated)) return false;
  if (arrived_at === undefined || isOlderThan(arrived_at)) return true;
  const isInDoubt = Date.parse(now) - Date.parse(arrived_at) < doubtMs;
  return isInDoubt && !data.valid;
}

/** @throws 2001 */
export function refuseLate(stored: StoredToken, incoming: Pick<Token, 'last_updated'>, now: string): void {
  if (!isLate(stored, incoming, now)) return;
  const { last_updated } = stored.data;
  throw invalid(
    `last_updated should not be before ${last_updated}, but was ${incoming.last_updated}: a newer Token is stored`,
  );
}
