/** What a function or a command has around it that talks to partners: the runtime, the outgoing client, and the vault. */
import { createPeerClient, type PeerClient } from '../client/ask-peer.ts';
import type { BackendModule } from './backend.ts';
import { type Runtime, storageRuntime } from './runtime.ts';
import { openVault, type Vault } from './vault.ts';

export interface PeerRuntime extends Runtime {
  client: PeerClient;
  vault: Vault;
}

/** @throws Error if the configuration lacks something */
export function peerRuntime(runtime: Runtime): PeerRuntime {
  const { config, log, now, newId } = runtime;
  return {
    ...runtime,
    client: createPeerClient({ policy: config.peerUrls, log, now, newId }),
    vault: openVault(config.secretsKey),
  };
}

/**
 * The runtime of a function that talks to peers.
 * @throws Error that names everything that is missing in the environment
 */
export const handshakeRuntime = async (opened: BackendModule): Promise<PeerRuntime> =>
  peerRuntime(await storageRuntime(opened));
