/** We register with a partner that has given us its versions URL and a token A. */
import { peersCall } from '../crud/calls.ts';
import type { Role, VersionNumber } from '../ocpi/versions.ts';
import { usualRoles } from '../peers/claims.ts';
import { isExpected, isRegistered, type Peer } from '../peers/peer.ts';
import type { PeerSettings } from '../peers/settings.ts';
import { changePeer, removePeer } from '../peers/store.ts';
import type { PeerRuntime } from '../runtime/peer-runtime.ts';
import { sha256 } from './access-token.ts';
import { discover } from './discover.ts';
import { withExpectedRoles } from './expected-roles.ts';
import { HandshakeError } from './handshake-error.ts';
import { roleFor, swapCredentials } from './swap.ts';

export interface Registration {
  id: string;
  versionsUrl: string;
  /** The CREDENTIALS_TOKEN_A that the partner gave us. */
  tokenA: string;
  settings: PeerSettings;
  /** The role of ours that the connection is about, if it is to be of 2.1.1. */
  ourRole?: Role | undefined;
  version?: VersionNumber | undefined;
  /** When whoever waits for it will wait no longer; milliseconds since the epoch. */
  deadline?: number | undefined;
  /** Of the request that it is part of. */
  correlationId?: string | undefined;
}

/**
 * Registers us, in the newest version that both serve. A peer that is there already is registered anew.
 * @throws HandshakeError; PeerConflict if others have its parties; OcpiError if the partner's API does not work or lacks
 * something. Of what was certainly refused nothing is left (CRED-33)
 */
export async function register(
  runtime: PeerRuntime,
  { id, versionsUrl, tokenA, settings: changed, ourRole, version, deadline, correlationId }: Registration,
): Promise<Peer> {
  const before = (await runtime.backend.credentials.get({ ...peersCall, id }))?.data;
  const given = { ...before?.settings, ...changed };
  const settings = withExpectedRoles(given, { ourRole, platform: runtime.config, whenBoth: usualRoles });
  const access = { id, token: tokenA, settings, deadline, correlationId };
  const discovery = await discover(runtime, access, versionsUrl, version ?? 'latest');
  try {
    return await swapCredentials(runtime, {
      method: 'POST',
      access,
      discovery,
      ourRole: roleFor(runtime, discovery, ourRole),
      settings,
      tokens: (_known, newToken) => [{ sha256: sha256(newToken) }],
    });
  } catch (error) {
    if (error instanceof HandshakeError && error.isOver) await undo(runtime, id, before);
    throw error;
  }
}

/** A peer that was there goes back to its settings; one that was not is gone again, unless it has been invited meanwhile. */
async function undo(runtime: PeerRuntime, id: string, before: Peer | undefined): Promise<void> {
  if (before) {
    await changePeer(runtime, id, (peer) => ({ ...peer, settings: before.settings ?? {} }));
    return;
  }
  const known = await runtime.backend.credentials.get({ ...peersCall, id });
  if (known && !isRegistered(known.data) && !isExpected(known.data)) await removePeer(runtime.backend, id);
}
