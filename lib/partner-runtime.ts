/** What a function or a command has around it that talks to partners: the runtime, the outgoing client, and the vault. */
import { createPeerClient, type PeerClient } from './client/ask-peer.ts';
import type { Runtime } from './runtime.ts';
import { openVault, type Vault } from './vault.ts';

export interface PartnerRuntime extends Runtime {
  client: PeerClient;
  vault: Vault;
}

/** @throws Error if the configuration lacks something */
export function partnerRuntime(runtime: Runtime): PartnerRuntime {
  const { config, log, now, newId } = runtime;
  return {
    ...runtime,
    client: createPeerClient({ policy: config.peerUrls, log, now, newId }),
    vault: openVault(config.secretsKey),
  };
}
