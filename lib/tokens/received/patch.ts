/** A peer changes some fields of one of its Tokens here. */
import { retryOnConflict } from '../../crud/retry.ts';
import { invalid, unknownToken } from '../../errors.ts';
import { type Token, token } from '../../ocpi/token.ts';
import { type Changes, decode, fold } from '../../ocpi/values.ts';
import type { Wire } from '../../wire/wire.ts';
import { findToken } from '../find.ts';
import { refuseLate } from './late.ts';
import type { ReceivedCall, ReceiverRuntime } from './put.ts';

const identity = ['country_code', 'party_id', 'uid', 'type'] as const;

/** A PATCH may repeat what identifies the Token, and cannot change it; the stored spelling stays (COO-15). */
function refuseOtherIdentity(stored: Token, set: Partial<Token>, wire: Wire): void {
  for (const field of identity) {
    const value = set[field];
    const own = field === 'type' ? wire.encodeTokenType(stored.type) : stored[field];
    const isSame = value === undefined || (field === 'type' ? value === own : fold(value) === fold(own));
    if (!isSame) throw invalid(`${field} should be "${own}" as in the Token that is stored, but was "${value}"`);
  }
}

function merge(stored: Token, { set, clear }: Changes<Token>): Token {
  const { country_code, party_id, uid, type } = stored;
  const merged: Partial<Token> = { ...stored, ...set, country_code, party_id, uid, type };
  for (const field of clear) delete merged[field];
  return decode(token, merged, 'the patched Token');
}

/**
 * get, then update with the merged Token; again from get when what was read has moved on in between.
 * @throws 404 if there is no such Token; 2001 if a newer one is stored, or if the result would be no valid Token (COO-12, COO-16)
 */
export const patchToken = (
  { backend: { tokens }, now }: ReceiverRuntime,
  wire: Wire,
  call: ReceivedCall,
  changes: Changes<Token>,
): Promise<void> =>
  retryOnConflict(async () => {
    const stored = await findToken(tokens, wire, call);
    if (!stored) throw unknownToken(wire.unknownTokenStatus);
    refuseOtherIdentity(stored.data, changes.set, wire);
    const arrived_at = now().toISOString();
    const data = merge(stored.data, changes);
    // Without a date of its own it says nothing of how old it is: 2.1.1 does not want one (COO-10).
    if (changes.set.last_updated) refuseLate(stored, data, arrived_at);
    await tokens.update({ ...call, token_type: data.type, data, arrived_at, revision: stored.revision });
  });
