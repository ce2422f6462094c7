/** Erases a Token of ours: what is left in its place of the list names nobody. */
import { ownTokensCall } from '../../crud/calls.ts';
import type { StoredToken } from '../../crud/crud.ts';
import { retryOnConflict } from '../../crud/retry.ts';
import type { Token } from '../../ocpi/token.ts';
import { dayOf, expiriesOf, expiryId } from './note-expiry.ts';
import { stampOf } from './publish.ts';
import type { OwnTokensRuntime } from './write.ts';

export interface EraseRuntime extends OwnTokensRuntime {
  /** A new UUID, which a uid has room for. */
  newId: () => string;
}

/** An invalid Token of a random uid, so that the offsets of the list stay what they were. */
function placeholder({ data }: StoredToken, { newId, now, backend }: EraseRuntime): Token {
  const uid = newId();
  const { country_code, party_id, last_updated } = data;
  return {
    country_code,
    party_id,
    uid,
    type: 'OTHER',
    contract_id: uid,
    issuer: 'erased',
    valid: false,
    whitelist: 'NEVER',
    last_updated: stampOf(now(), backend.tokens.settleMs, last_updated),
  };
}

/**
 * Replaces the Token in its place, and removes the records that name it. May be repeated after any failure.
 * @returns whether there was such a Token
 */
export const eraseOwn = (runtime: EraseRuntime, address: { uid: string; type: string }): Promise<boolean> =>
  retryOnConflict(async () => {
    const { tokens, records } = runtime.backend;
    const { uid: id, type: token_type } = address;
    const stored = await tokens.get({ ...ownTokensCall, id, token_type });
    if (!stored) return false;
    const { country_code, party_id } = stored.data;
    const { expiresAt } = stored.settings ?? {};
    if (expiresAt !== undefined) {
      await records.delete({ collection: expiriesOf(dayOf(expiresAt)), id: expiryId(expiresAt, stored.data) });
    }
    const data = placeholder(stored, runtime);
    const { revision } = stored;
    await tokens.delete({
      ...ownTokensCall,
      country_code,
      party_id,
      id,
      token_type,
      revision,
      data,
      settings: { erased: true },
    });
    return true;
  });
