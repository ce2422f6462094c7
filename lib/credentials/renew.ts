/** New tokens with a partner, a look at its endpoints, a move to another version. */
import type { Role, VersionNumber } from '../ocpi/versions.ts';
import type { Connection, Peer } from '../peers/peer.ts';
import { readPeer } from '../peers/store.ts';
import type { PeerRuntime } from '../runtime/peer-runtime.ts';
import { handOver } from './connect.ts';
import { discover } from './discover.ts';
import { HandshakeError } from './handshake-error.ts';
import type { PeerAccess } from './peer-access.ts';
import { roleFor, swapCredentials } from './swap.ts';

export const notRegistered = (id: string) => new HandshakeError(`${id} is not registered`);

/** @throws HandshakeError if the peer is not registered, or its token cannot be opened */
export async function accessTo(runtime: PeerRuntime, peer: Peer): Promise<PeerAccess & { connection: Connection }> {
  const { id, connection, settings = {} } = peer;
  if (!connection) throw notRegistered(id);
  const token = await runtime.vault.unseal(connection.sealedToken, id).catch((cause: unknown) => {
    throw new HandshakeError(`The token of ${id} cannot be opened: it was sealed with another SECRETS_KEY`, { cause });
  });
  return { id, token, settings, connection };
}

/**
 * Swaps tokens, and looks at the partner's versions and endpoints afresh (CRED-23, CRED-31).
 * @param version the one to move to; by default the one in use stays
 * @throws HandshakeError, PeerConflict, OcpiError
 */
export async function renew(
  runtime: PeerRuntime,
  id: string,
  version?: VersionNumber | 'latest',
  ourRole?: Role,
): Promise<Peer> {
  const { data: peer } = await readPeer(runtime, id);
  const { connection, ...access } = await accessTo(runtime, peer);
  const wanted = version ?? peer.version ?? 'latest';
  const discovery = await discover(
    runtime,
    // Another version may take the token in another way.
    { ...access, seenEncoding: wanted === peer.version ? connection.authorizationEncoding : undefined },
    connection.versionsUrl,
    wanted,
  );
  return swapCredentials(runtime, {
    method: 'PUT',
    access,
    discovery,
    ourRole: roleFor(runtime, discovery, ourRole ?? peer.ourRole),
    tokens: ({ tokensWeGave }, newToken) => handOver(runtime, tokensWeGave, newToken),
  });
}
