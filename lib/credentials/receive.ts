/** The handshake as the side that is asked: a partner registers with us, or renews. */
import { type CredentialsCall, CrudError } from '../crud/crud.ts';
import { wrongRegistrationState } from '../errors.ts';
import type { OcpiRequest } from '../http/request.ts';
import type { Credentials } from '../ocpi/credentials.ts';
import type { PartnerRuntime } from '../partner-runtime.ts';
import type { Peer } from '../peers/peer.ts';
import { newCredentialsToken, sha256 } from './access-token.ts';
import { withRightfulRoles } from './claims.ts';
import { connected, handOver } from './connect.ts';
import { discover } from './discover.ts';
import { ownCredentials } from './own.ts';

/** A request of the credentials module with a credentials object in it. */
type Exchange = Pick<
  OcpiRequest,
  | 'receivedAt'
  | 'wire'
  | 'peer'
  | 'peerRevision'
  | 'ourRole'
  | 'ids'
  | 'authorization'
  | 'accessToken'
  | 'credentialsCall'
  | 'body'
>;

/** How long the partner's own API may take in all. The gateway waits 30 seconds, and our own work needs a few of them (CRED-13). */
const patienceMs = 22_000;

async function otherPeers({ backend }: PartnerRuntime, peer: Peer, call: CredentialsCall): Promise<Peer[]> {
  const all = await backend.credentials.list(call);
  return all.map(({ data }) => data).filter(({ id }) => id !== peer.id);
}

/**
 * Fetches the partner's endpoints with the token that it gives us, and takes it on: one conditional write, so that of two
 * requests at once one succeeds (CRED-10, CRED-15). On failure nothing has changed.
 * @param takeOver the tokens of the peer once it has the new one
 * @returns our credentials, with the new token
 * @throws OcpiError 2001, 3001, 3002, 3003; 405 if another request came first
 */
async function exchange(
  runtime: PartnerRuntime,
  { receivedAt, wire, peer, peerRevision, ourRole, ids, authorization, credentialsCall, body }: Exchange,
  takeOver: (newToken: string) => Peer['tokensWeGave'],
): Promise<Credentials> {
  const announced = wire.decodeCredentials(body, ourRole);
  const access = {
    id: peer.id,
    token: announced.token,
    settings: peer.settings ?? {},
    seenEncoding: authorization.encoding,
    correlationId: ids.correlationId,
    deadline: receivedAt.getTime() + patienceMs,
  };
  const discovery = await discover(runtime, access, announced.url, wire.version);

  // After the partner's own time, which another one could use to announce the same party.
  const others = await otherPeers(runtime, peer, credentialsCall);
  const theirs = withRightfulRoles(announced, peer, others, runtime.config);

  const newToken = newCredentialsToken();
  const data = {
    ...(await connected(runtime, peer, theirs, discovery, ourRole)),
    tokensWeGave: takeOver(newToken),
  };
  try {
    await runtime.backend.credentials.update({ ...credentialsCall, id: peer.id, data, revision: peerRevision });
  } catch (error) {
    if (error instanceof CrudError) throw wrongRegistrationState('Another request has changed this registration');
    throw error;
  }
  return ownCredentials(runtime.config, newToken, ourRole);
}

/** POST: the partner's TOKEN_A is void with this, and whatever it had before (CRED-11, CRED-29). */
export const receiveRegistration = (runtime: PartnerRuntime, request: Exchange): Promise<Credentials> =>
  exchange(runtime, request, (newToken) => [{ sha256: sha256(newToken) }]);

/**
 * PUT: the token that the partner came with stays good until the new one is used (CRED-23, CRED-30). What it was given in between
 * and did not come with, it never got.
 */
export const receiveUpdate = (runtime: PartnerRuntime, request: Exchange): Promise<Credentials> =>
  exchange(runtime, request, (newToken) => handOver(runtime, [request.accessToken], newToken));
