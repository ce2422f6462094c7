/** Who a request comes from. */
import type { CredentialsCall } from '../crud/crud.ts';
import type { PeerAccess } from '../peers/access.ts';
import type { AccessToken } from '../peers/peer.ts';
import { hasSuccessor, isExpired, isReplaced } from '../peers/tokens.ts';
import type { Runtime } from '../runtime/runtime.ts';

export interface Caller {
  access: PeerAccess;
  /** The one of the peer's tokens that it came with. */
  accessToken: AccessToken;
  sha256: string;
}

/**
 * Looked up for every request, so that a revoked token stops at once (TRN-09, CRED-12). One read; two while the peer has a newer
 * token, which ends this one when it is used (CRED-30).
 * @param call what each call of the request carries
 * @param hashes SHA-256, in hexadecimal, of each token that the request may have meant, the likeliest first
 * @returns undefined for a token that is unknown, has expired, or has been replaced. One that is only for registration is found too.
 */
export async function authenticate(
  { backend, now }: Pick<Runtime, 'backend' | 'now'>,
  call: CredentialsCall,
  hashes: readonly string[],
): Promise<Caller | undefined> {
  const found = await backend.credentials.authenticate({ ...call, sha256: hashes });
  if (!found) return undefined;
  const { access, sha256 } = found;
  const { id, tokensWeGave } = access;
  const accessToken = tokensWeGave.find((token) => token.sha256 === sha256);
  if (!accessToken || isExpired(accessToken, now())) return undefined;
  if (!accessToken.isForRegistration && hasSuccessor(tokensWeGave, sha256)) {
    const lastUse = await backend.credentials.lastUse({ ...call, id });
    if (isReplaced(tokensWeGave, sha256, lastUse)) return undefined;
  }
  return { access, accessToken, sha256 };
}
