/** Swapping credentials as the side that begins: what registering and renewing have in common. */
import { PeerError } from '../client/peer-error.ts';
import { OcpiError } from '../errors.ts';
import type { Credentials } from '../ocpi/credentials.ts';
import { hasTreePerRole, type Role } from '../ocpi/versions.ts';
import type { AccessToken, Peer } from '../peers/peer.ts';
import type { PeerSettings } from '../peers/settings.ts';
import { changePeer, PeerConflict, putPeer } from '../peers/store.ts';
import type { PeerRuntime } from '../runtime/peer-runtime.ts';
import { newCredentialsToken, sha256 } from './access-token.ts';
import { connectPeer, disconnected, forgetListed, forgetSync } from './connect.ts';
import { credentialsUrlOf, type Discovery } from './discover.ts';
import { HandshakeError } from './handshake-error.ts';
import { ownCredentials } from './own.ts';
import { askPeer, type PeerAccess } from './peer-access.ts';

export interface Swap {
  /** POST also for a peer that is not stored yet. */
  method: 'POST' | 'PUT';
  access: PeerAccess;
  discovery: Discovery;
  ourRole: Role | undefined;
  /** What is set for the peer from now on. */
  settings?: PeerSettings;
  /** What this partner's tokens become when the new one is in force. */
  tokens: (known: Peer, newToken: string) => AccessToken[];
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** @throws HandshakeError if the version wants to know which of our roles the connection is about, and nobody says so */
export function roleFor({ config }: PeerRuntime, { wire }: Discovery, asked: Role | undefined): Role | undefined {
  if (!hasTreePerRole(wire.version)) return undefined;
  const roles = [...new Set(config.parties.map(({ role }) => role))];
  const [only, ...others] = roles;
  const role = asked ?? (others.length === 0 ? only : undefined);
  if (!role) {
    throw new HandshakeError(
      `In ${wire.version} a connection is about one role of ours: say which, --as CPO or --as EMSP`,
    );
  }
  return role;
}

/**
 * Sends our credentials with a new token and takes on the partner's. The new token works before it is sent, because the partner
 * comes back with it while our request is open (CRED-12); if the answer is lost it goes on working, because the partner may
 * believe in it (CRED-30).
 * @throws HandshakeError; PeerConflict if others have the parties that it is to have, and then nothing was sent
 */
export async function swapCredentials(runtime: PeerRuntime, swap: Swap): Promise<Peer> {
  const newToken = newCredentialsToken();
  await expectAnswer(runtime, swap, newToken);
  const theirs = await ask(runtime, swap, newToken).catch(async (error: unknown) => {
    throw await afterFailure(runtime, swap, newToken, error);
  });
  const { access, discovery, ourRole, tokens } = swap;
  try {
    return await connectPeer(
      runtime,
      access.id,
      { credentials: theirs, discovery, ourRole },
      { tokens: (known) => tokens(known, newToken) },
    );
  } catch (error) {
    if (error instanceof OcpiError || error instanceof PeerConflict) {
      const goBack = swap.method === 'POST' ? retreat : keepParties;
      throw await goBack(runtime, swap, { theirs, newToken }, error);
    }
    throw error;
  }
}

async function expectAnswer(runtime: PeerRuntime, { method, access, settings }: Swap, newToken: string): Promise<void> {
  const pending: AccessToken = { sha256: sha256(newToken), isPending: true };
  const write = method === 'POST' ? putPeer : changePeer;
  await write(runtime, access.id, (peer) => ({
    ...peer,
    ...(settings && { settings: { ...peer.settings, ...settings } }),
    tokensWeGave: [...peer.tokensWeGave, pending],
  }));
}

async function ask(
  runtime: PeerRuntime,
  { method, access, discovery, ourRole }: Swap,
  newToken: string,
): Promise<Credentials> {
  const { wire, endpoints, encoding } = discovery;
  const body = wire.encodeCredentials(ownCredentials(runtime.config, newToken, ourRole, access.settings), ourRole);
  const url = credentialsUrlOf(endpoints) ?? '';
  const question = { module_id: 'credentials', method, url, body, wire } as const;
  const { data } = await askPeer(runtime, { ...access, seenEncoding: encoding }, question);
  return wire.decodeCredentials(data, ourRole);
}

/** What has gone over and come back. */
interface Exchanged {
  theirs: Credentials;
  newToken: string;
}

/**
 * A partner that renews has accepted our token and given us its own, which count: to end a connection that works is nobody's wish.
 * What it announces besides counts for nothing, and its parties stay what they were.
 */
async function keepParties(
  runtime: PeerRuntime,
  { access: { id }, discovery, tokens }: Swap,
  { theirs, newToken }: Exchanged,
  cause: OcpiError | PeerConflict,
): Promise<HandshakeError> {
  const sealedToken = await runtime.vault.seal(theirs.token, id);
  await changePeer(runtime, id, (peer) => ({
    ...peer,
    version: discovery.wire.version,
    ...(peer.connection && {
      connection: {
        ...peer.connection,
        endpoints: discovery.endpoints,
        sealedToken,
        authorizationEncoding: discovery.encoding,
        exchangedAt: runtime.now().toISOString(),
      },
    }),
    tokensWeGave: tokens(peer, newToken),
  }));
  return new HandshakeError(
    `${id} announces what it may not: ${cause.message}. The new tokens count, and its parties are what they were`,
    { cause },
  );
}

/** The partner has accepted us and we cannot accept the partner: both sides forget about it. */
async function retreat(
  runtime: PeerRuntime,
  { access, discovery: { wire, endpoints } }: Swap,
  { theirs: { token } }: Exchanged,
  cause: OcpiError | PeerConflict,
): Promise<HandshakeError> {
  const url = credentialsUrlOf(endpoints) ?? '';
  const goodbye = { module_id: 'credentials', method: 'DELETE', url, wire } as const;
  await askPeer(runtime, { ...access, token }, goodbye).catch(() => undefined);
  let listed: Peer['listed'];
  await changePeer(runtime, access.id, (peer) => {
    listed = peer.listed;
    return disconnected(peer);
  });
  await forgetListed(runtime, listed);
  await forgetSync(runtime, access.id);
  return new HandshakeError(`${access.id} announces what it may not: ${cause.message}. The connection was ended`, {
    cause,
    isOver: true,
  });
}

/** Whoever redirects with these wants the request to be made elsewhere, and so has not carried it out. */
const undone = [307, 308];

/** Whether the partner has certainly not accepted. A failure of its own may have come after the deed. */
const isRefusal = (error: unknown): boolean =>
  error instanceof PeerError &&
  (error.kind === 'forbidden-url' ||
    (error.kind === 'broken' && undone.includes(error.http ?? 0)) ||
    (error.kind === 'refused' && (error.http ?? 0) < 500 && error.status_code !== 3000));

/** A refusal leaves nothing behind; after anything else the partner may have accepted, so what we sent stays good. */
async function afterFailure(
  runtime: PeerRuntime,
  { access: { id }, method }: Swap,
  newToken: string,
  error: unknown,
): Promise<HandshakeError> {
  if (isRefusal(error)) {
    const sent = sha256(newToken);
    await changePeer(runtime, id, (peer) => ({
      ...peer,
      tokensWeGave: peer.tokensWeGave.filter((token) => token.sha256 !== sent),
    }));
    return new HandshakeError(`${id} refused our credentials: ${reasonOf(error)}. Nothing has changed`, {
      cause: error,
      isOver: true,
    });
  }
  const remedy =
    method === 'POST'
      ? 'If they say that we are registered, ask them for a new token A and run this again'
      : 'Both the old and the new token work; run this again. If it says the same each time, they cannot renew: register again with a new token A';
  return new HandshakeError(`${id} gave no usable answer: ${reasonOf(error)}. ${remedy}`, { cause: error });
}
