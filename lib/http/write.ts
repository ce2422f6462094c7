/** Writes that lose nothing when many arrive at once: each starts from what is stored, and starts again when that has moved on. */
import type { TokenAddress, TokensCall, TokensCrud } from '../crud/crud.ts';
import { retryOnConflict } from '../crud/retry.ts';
import { invalid, unknownToken } from '../errors.ts';
import { type Token, token } from '../ocpi/token.ts';
import { type Changes, decode, fold } from '../ocpi/values.ts';
import type { PartyId } from '../ocpi/versions.ts';
import type { Wire } from '../wire/wire.ts';
import { findToken } from './find-token.ts';

/** A push that arrives late must not undo a newer one; the same again is fine (COO-17). */
function refuseStale(stored: Token, last_updated: string): void {
  if (last_updated < stored.last_updated) {
    throw invalid(
      `last_updated should not be before ${stored.last_updated}, but was ${last_updated}: a newer Token is stored`,
    );
  }
}

/**
 * get, then update if it exists, else create.
 * @throws 2001 if a newer Token is stored
 */
export const putToken = (
  crud: TokensCrud,
  wire: Wire,
  call: TokensCall & TokenAddress & PartyId & { token_type: string },
  data: Token,
): Promise<'created' | 'replaced'> =>
  retryOnConflict(async () => {
    const stored = await findToken(crud, wire, call);
    if (!stored) {
      const { id: _, ...createCall } = call;
      await crud.create({ ...createCall, data });
      return 'created';
    }
    refuseStale(stored.data, data.last_updated);
    const { type } = stored.data;
    await crud.update({ ...call, token_type: type, data: { ...data, type }, revision: stored.revision });
    return 'replaced';
  });

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
 * get, then update with the merged Token.
 * @throws 404 if there is no such Token; 2001 if a newer one is stored, or if the result would be no valid Token (COO-12, COO-16)
 */
export const patchToken = (
  crud: TokensCrud,
  wire: Wire,
  call: TokensCall & TokenAddress & PartyId,
  changes: Changes<Token>,
): Promise<void> =>
  retryOnConflict(async () => {
    const stored = await findToken(crud, wire, call);
    if (!stored) throw unknownToken(wire.unknownTokenStatus);
    refuseOtherIdentity(stored.data, changes.set, wire);
    if (changes.set.last_updated) refuseStale(stored.data, changes.set.last_updated);
    const data = merge(stored.data, changes);
    await crud.update({ ...call, token_type: data.type, data, revision: stored.revision });
  });
