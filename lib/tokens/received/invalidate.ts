/** Invalidates a received Token that its owner's list names no more (TOK-LIST-05). */
import { receivedTokensCall } from '../../crud/calls.ts';
import { type Backend, CrudError, type StoredToken } from '../../crud/crud.ts';

/**
 * Its last_updated stays as it is: it is the owner's, and whatever the owner says next of the Token, in the same state too, is
 * then not late and brings it back.
 * @param stored as it was when the list did not name it
 * @returns false if it has changed since, because then its owner knows it after all
 */
export async function invalidateReceived(
  { tokens }: Pick<Backend, 'tokens'>,
  { data, arrived_at = data.last_updated, revision }: StoredToken,
): Promise<boolean> {
  const { country_code, party_id, uid: id, type: token_type } = data;
  const address = { ...receivedTokensCall, country_code, party_id, id, token_type };
  try {
    await tokens.update({ ...address, data: { ...data, valid: false }, arrived_at, revision });
    return true;
  } catch (error) {
    if (error instanceof CrudError) return false;
    throw error;
  }
}
