/** Erases what we keep of a uid of other parties: nothing is left. */
import { receivedTokensCall } from '../../crud/calls.ts';
import type { Backend } from '../../crud/crud.ts';
import { retryOnConflict } from '../../crud/retry.ts';
import { findReceived } from './find-received.ts';

/**
 * May be repeated after any failure.
 * @param type only of this type; of all unless given
 * @returns how many Tokens there were
 */
export const eraseReceived = (backend: Pick<Backend, 'tokens'>, uid: string, type?: string): Promise<number> =>
  retryOnConflict(async () => {
    const found = (await findReceived(backend, uid)).filter(({ data }) => type === undefined || data.type === type);
    for (const { data, revision } of found) {
      const { country_code, party_id, uid: id, type: token_type } = data;
      await backend.tokens.delete({ ...receivedTokensCall, country_code, party_id, id, token_type, revision });
    }
    return found.length;
  });
