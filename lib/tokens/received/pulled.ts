/** A Token that we have read in its owner's list. It goes the way of a push, but never undoes one. */
import { isDeepStrictEqual } from 'node:util';
import type { StoredToken } from '../../crud/crud.ts';
import { retryOnConflict } from '../../crud/retry.ts';
import type { Token } from '../../ocpi/token.ts';
import type { Wire } from '../../wire/wire.ts';
import { findToken } from '../find.ts';
import { inSeconds, isLate } from './late.ts';
import type { ReceivedCall, ReceiverRuntime } from './put.ts';

export type Pulled = 'created' | 'updated' | 'unchanged' | 'late';

/**
 * While a page was under way, its Tokens may have been pushed in a later state: only the later date tells that they were not.
 * @param settleMs of the storage: by so much a push that was written meanwhile may say that it came in before
 */
function isOvertaken({ data, arrived_at }: StoredToken, incoming: Token, askedAt: string, settleMs: number): boolean {
  const hasArrivedMeanwhile = arrived_at !== undefined && Date.parse(arrived_at) >= Date.parse(askedAt) - settleMs;
  return hasArrivedMeanwhile && inSeconds(incoming.last_updated) <= inSeconds(data.last_updated);
}

/** What was read of a Token just before, if it was. */
export type Known = { stored: StoredToken | undefined };

/**
 * get, then nothing if it is as it was, else update or create; again from get when what was read has moved on in between.
 * @param askedAt when the page was asked for that names the Token; a canonical DateTime
 * @param known in place of the first get
 * @returns `late` if what is stored is newer (COO-17)
 */
export function pullToken(
  { backend: { tokens }, now }: ReceiverRuntime,
  wire: Wire,
  call: ReceivedCall & { token_type: string },
  data: Token,
  askedAt: string,
  known?: Known,
): Promise<Pulled> {
  // Where there is none of type OTHER, it may be of a type that the peer's version has no name for (ENUM-03).
  let first = known?.stored || call.token_type !== 'OTHER' ? known : undefined;
  return retryOnConflict(async () => {
    const { stored } = first ?? { stored: await findToken(tokens, wire, call) };
    first = undefined;
    const arrived_at = now().toISOString();
    if (!stored) {
      const { id: _, ...createCall } = call;
      await tokens.create({ ...createCall, data, arrived_at });
      return 'created';
    }
    const { type } = stored.data;
    const pulled = { ...data, type };
    if (isDeepStrictEqual({ ...stored.data }, pulled)) return 'unchanged';
    if (isOvertaken(stored, pulled, askedAt, tokens.settleMs) || isLate(stored, pulled, arrived_at)) return 'late';
    await tokens.update({ ...call, token_type: type, data: pulled, arrived_at, revision: stored.revision });
    return 'updated';
  });
}
