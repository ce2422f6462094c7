/** We end a connection. */
import { PeerError } from '../client/peer-error.ts';
import { canonicalVersion } from '../ocpi/versions.ts';
import { isRegistered, type Peer } from '../peers/peer.ts';
import { changePeer, readPeer } from '../peers/store.ts';
import type { PeerRuntime } from '../runtime/peer-runtime.ts';
import { wires } from '../wire/registry.ts';
import { disconnected, forgetListed, forgetSync } from './connect.ts';
import { credentialsUrlOf } from './discover.ts';
import { HandshakeError } from './handshake-error.ts';
import { askPeer } from './peer-access.ts';
import { accessTo, notRegistered } from './renew.ts';

/** The partner knows us no more, or has said so without OCPI's envelope. */
const hasEnded = (error: unknown): boolean =>
  error instanceof PeerError && (error.http === 401 || error.http === 405 || error.http === 204);

async function tell(runtime: PeerRuntime, peer: Peer): Promise<void> {
  const { connection, ...access } = await accessTo(runtime, peer);
  await askPeer(
    runtime,
    { ...access, seenEncoding: connection.authorizationEncoding },
    {
      module_id: 'credentials',
      method: 'DELETE',
      url: credentialsUrlOf(connection.endpoints) ?? '',
      wire: wires[peer.version ?? canonicalVersion],
    },
  );
}

/**
 * Ends the connection on both sides (CRED-24). What the partner does not know any more has ended too.
 * @param force to end it here even if the partner cannot be told
 * @throws HandshakeError
 */
export async function unregister(runtime: PeerRuntime, id: string, force: boolean): Promise<void> {
  const { data: peer } = await readPeer(runtime, id);
  if (!isRegistered(peer)) throw notRegistered(id);
  await tell(runtime, peer).catch((error: unknown) => {
    if (hasEnded(error) || force) return;
    const reason = error instanceof Error ? error.message : String(error);
    throw new HandshakeError(
      `${id} could not be told: ${reason}. Nothing has changed; force it to end the connection here`,
      { cause: error },
    );
  });
  await changePeer(runtime, id, disconnected);
  await forgetListed(runtime, peer.listed);
  await forgetSync(runtime, id);
}
