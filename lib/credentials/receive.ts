/** The handshake as the side that is asked: a partner registers with us, renews, or unregisters. */
import type { CredentialsCall } from '../crud/crud.ts';
import { retryOnConflict } from '../crud/retry.ts';
import { wrongRegistrationState } from '../errors.ts';
import type { AuthorizationEncoding, Credentials } from '../ocpi/credentials.ts';
import type { Role } from '../ocpi/versions.ts';
import { type AccessToken, isRegistered, type Peer } from '../peers/peer.ts';
import { PeerConflict, updatePeer } from '../peers/store.ts';
import type { PeerRuntime } from '../runtime/peer-runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { Wire } from '../wire/wire.ts';
import { newCredentialsToken, sha256 } from './access-token.ts';
import { rightfulParties, takenParties } from './claims.ts';
import { connectPeer, disconnected, forgetListed, forgetSync, handOver } from './connect.ts';
import { discover } from './discover.ts';
import { ownCredentials } from './own.ts';
import { whileThereIsRoom } from './under-way.ts';

/** Who asks, and with which of its tokens. */
export interface Asking {
  peerId: string;
  accessToken: AccessToken;
  /** What each call of the request carries. */
  call: CredentialsCall;
}

/** A request with a credentials object in it. */
export interface Announcing extends Asking {
  receivedAt: Date;
  correlationId: string;
  /** How the token stood in the header. */
  encoding: AuthorizationEncoding;
  wire: Wire;
  /** The role of ours that the connection is about, in a version with one tree for each. */
  ourRole: Role | undefined;
  /** JSON, as it came. */
  body: unknown;
}

/** How long the partner's own API may take in all. The gateway waits 30 seconds, and our own work needs a few of them (CRED-13). */
const patienceMs = 22_000;

const hasChanged = () => wrongRegistrationState('Another request has changed this registration', true);

const holds = ({ tokensWeGave }: Peer, { sha256 }: AccessToken): boolean =>
  tokensWeGave.some((token) => token.sha256 === sha256);

/** @throws 405 if the request did not find what it was sent for, because another one came first */
async function readCaller({ backend }: Runtime, { peerId, accessToken, call }: Asking) {
  const known = await backend.credentials.get({ ...call, id: peerId });
  if (!known || !holds(known.data, accessToken)) throw hasChanged();
  return known;
}

/** Whether it is still the registration that was read before. Settings, and tokens that we have offered since, are none of it. */
const isSame = (before: Peer, now: Peer, used: AccessToken): boolean =>
  holds(now, used) && now.connection?.sealedToken === before.connection?.sealedToken;

/**
 * Fetches the partner's endpoints with the token that it gives us, and takes it on. On failure nothing has changed.
 * @param tokens those of the peer once it has the new one
 * @returns our credentials, with the new token
 * @throws OcpiError 2001, 3001, 3002, 3003; 405 if another request came first; 3000 if too many are under way
 */
async function takeOn(
  runtime: PeerRuntime,
  peer: Peer,
  { receivedAt, correlationId, encoding, wire, ourRole, accessToken, call, body }: Announcing,
  tokens: (known: Peer, newToken: string) => AccessToken[],
): Promise<Credentials> {
  const credentials = wire.decodeCredentials(body, ourRole);
  // What needs no answer of the partner's is said before it is asked.
  rightfulParties(credentials, peer, runtime.config);
  const access = {
    id: peer.id,
    token: credentials.token,
    settings: peer.settings ?? {},
    seenEncoding: encoding,
    correlationId,
    deadline: receivedAt.getTime() + patienceMs,
  };
  const discovery = await discover(runtime, access, credentials.url, wire.version);

  const newToken = newCredentialsToken();
  try {
    await connectPeer(
      runtime,
      peer.id,
      { credentials, discovery, ourRole },
      {
        call,
        tokens(known) {
          if (!isSame(peer, known, accessToken)) throw hasChanged();
          return tokens(known, newToken);
        },
      },
    );
  } catch (error) {
    if (!(error instanceof PeerConflict)) throw error;
    throw error.claims.length > 0 ? takenParties(error, credentials) : hasChanged();
  }
  return ownCredentials(runtime.config, newToken, ourRole, access.settings);
}

/**
 * POST: the partner's TOKEN_A is void with this, and whatever it had before. A fresh TOKEN_A for a registered peer means that it
 * lost its own token: it may register again (CRED-11, CRED-22, CRED-29).
 * @throws OcpiError, see takeOn; 405 if it is registered already
 */
export async function receiveRegistration(runtime: PeerRuntime, request: Announcing): Promise<Credentials> {
  const { data: peer } = await readCaller(runtime, request);
  if (isRegistered(peer) && !request.accessToken.isForRegistration) {
    throw wrongRegistrationState('You are registered already: use PUT to change your credentials', true);
  }
  return whileThereIsRoom(runtime, peer.id, () =>
    takeOn(runtime, peer, request, (_known, newToken) => [{ sha256: sha256(newToken) }]),
  );
}

/**
 * PUT: the token that the partner came with stays good until the new one is used (CRED-23, CRED-30). What it was given in between
 * and did not come with, it never got; but what we have just offered it may be on its way.
 * @throws OcpiError, see takeOn; 405 if it is not registered
 */
export async function receiveUpdate(runtime: PeerRuntime, request: Announcing): Promise<Credentials> {
  const { data: peer } = await readCaller(runtime, request);
  const { accessToken } = request;
  if (!isRegistered(peer) || accessToken.isForRegistration) {
    throw wrongRegistrationState('You are not registered: use POST to register', false);
  }
  return whileThereIsRoom(runtime, peer.id, () =>
    takeOn(runtime, peer, request, ({ tokensWeGave }, newToken) =>
      handOver(
        runtime,
        tokensWeGave.filter((token) => token.isPending || token.sha256 === accessToken.sha256),
        newToken,
      ),
    ),
  );
}

/** DELETE (CRED-24). @throws 405 if it is not registered, or another request came first */
export async function receiveUnregistration(runtime: Runtime, request: Asking): Promise<void> {
  const { data: first } = await readCaller(runtime, request);
  if (!isRegistered(first) || request.accessToken.isForRegistration) {
    throw wrongRegistrationState('You are not registered', false);
  }
  await retryOnConflict(async () => {
    const { data: peer, ...known } = await readCaller(runtime, request);
    if (!isSame(first, peer, request.accessToken)) throw hasChanged();
    await updatePeer(runtime, known, disconnected(peer), request.call);
  });
  await forgetListed(runtime, first.listed);
  await forgetSync(runtime, first.id);
}
