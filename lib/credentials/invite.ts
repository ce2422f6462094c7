/** What a partner needs to register with us. */
import type { Role } from '../ocpi/versions.ts';
import type { Peer } from '../peers/peer.ts';
import type { PeerSettings } from '../peers/settings.ts';
import { type Peers, putPeer } from '../peers/store.ts';
import type { PeerRuntime } from '../runtime/peer-runtime.ts';
import { newCredentialsToken, sha256 } from './access-token.ts';
import { inDays } from './connect.ts';
import { withExpectedRoles } from './expected-roles.ts';

/** What to send to a partner, who then registers with us. */
export interface Invitation {
  peer: Peer;
  /** The CREDENTIALS_TOKEN_A, shown this once. */
  token: string;
  expiresAt: string;
}

/** Of a guest whom we cannot know yet the one that opens least: an eMSP pushes its own Tokens and reads none of ours. */
const whenBoth = ['EMSP'] as const;

/**
 * Makes a CREDENTIALS_TOKEN_A, for a new peer or for one that has lost its token (CRED-29). A former one is void. The parties
 * that are expected of the peer are kept for it as long as the invitation is there.
 * @param validDays how long it is good
 * @param ourRole the role of ours that the connection is about, if it is about one
 * @throws PeerConflict if a party that is expected of it is ours or another peer's
 */
export async function invite(
  runtime: Peers & Pick<PeerRuntime, 'config' | 'now'>,
  id: string,
  settings: PeerSettings,
  validDays: number = runtime.config.invitationDays,
  ourRole?: Role,
): Promise<Invitation> {
  const token = newCredentialsToken();
  const expiresAt = inDays(runtime, validDays);
  const peer = await putPeer(runtime, id, (before) => ({
    ...before,
    settings: withExpectedRoles({ ...before.settings, ...settings }, { ourRole, platform: runtime.config, whenBoth }),
    tokensWeGave: [
      ...before.tokensWeGave.filter(({ isForRegistration }) => !isForRegistration),
      { sha256: sha256(token), isForRegistration: true, expiresAt },
    ],
  }));
  return { peer, token, expiresAt };
}
