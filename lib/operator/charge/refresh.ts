/** The Token in an answer of its eMSP replaces our copy, if it is newer. */
import { peersCall, receivedTokensCall } from '../../crud/calls.ts';
import type { StoredToken } from '../../crud/crud.ts';
import { retryOnConflict } from '../../crud/retry.ts';
import type { Token } from '../../ocpi/token.ts';
import { sameCiString, sameParty } from '../../ocpi/values.ts';
import { accessOf } from '../../peers/access.ts';
import type { Peer } from '../../peers/peer.ts';
import { ownsTokensOf } from '../../peers/reach.ts';
import { wireOfPeer } from '../../peers/tokens-line.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';

/** A peer may speak of another Token than it was asked about, or of another party's (COO-06). */
const isOf = ({ data }: StoredToken, token: Token, peer: Peer): boolean =>
  sameCiString(data.uid, token.uid) &&
  sameParty(data, token) &&
  wireOfPeer(peer).encodeTokenType(data.type) === token.type;

/**
 * Changes only what is there: a Token that nobody has told us is not taken on by asking about it.
 * @returns the Token as it is now, if it was newer (COO-17)
 * @throws Error of the storage
 */
export async function refresh(
  { backend, now }: Pick<PeerRuntime, 'backend' | 'now'>,
  peer: Peer,
  copy: StoredToken,
  token: Token,
): Promise<Token | undefined> {
  const { country_code, party_id, uid: id, type: token_type } = copy.data;
  const isNewer = ({ data }: StoredToken) => token.last_updated > data.last_updated;
  if (!isOf(copy, token, peer) || !isNewer(copy)) return undefined;
  const owner = { country_code, party_id };
  if (!(await ownsTokensOf(backend, peersCall, accessOf(peer), owner))) return undefined;
  const call = { ...receivedTokensCall, ...owner, id, token_type };
  const data = { ...token, type: token_type };
  return retryOnConflict(async () => {
    const stored = await backend.tokens.get(call);
    if (!stored || !isNewer(stored)) return undefined;
    await backend.tokens.update({ ...call, data, arrived_at: now().toISOString(), revision: stored.revision });
    return data;
  });
}
