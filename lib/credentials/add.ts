/** A peer without a handshake: we give it a token and say who it is. */

import { peersCall } from '../crud/calls.ts';
import { CrudError } from '../crud/crud.ts';
import type { VersionNumber } from '../ocpi/versions.ts';
import { type Peer, type PeerParty, peerIdOf } from '../peers/peer.ts';
import type { PeerSettings } from '../peers/settings.ts';
import { createPeer, PeerConflict, type Peers } from '../peers/store.ts';
import { newCredentialsToken, sha256 } from './access-token.ts';

export interface Addition {
  /** At least one. HUB makes a hub of it. */
  roles: PeerParty[];
  version: VersionNumber;
  /** By default made of the first party. */
  id?: string | undefined;
  /** The credentials token that it will come with; a new one by default. */
  token?: string | undefined;
  settings?: PeerSettings;
}

/** @throws PeerConflict if its id, its token or one of its parties is taken, or a party is ours */
export async function addPeer(
  peers: Peers,
  { roles, version, id, token = newCredentialsToken(), settings = {} }: Addition,
): Promise<{ peer: Peer; token: string }> {
  const [first] = roles;
  if (!first) throw new PeerConflict('A peer has at least one party');
  const names = [...new Set(roles.map(({ role }) => role))];
  const peer: Peer = {
    id: id ?? peerIdOf(first),
    roles,
    version,
    tokensWeGave: [{ sha256: sha256(token) }],
    settings: { expectedRoles: names, ...(names.includes('HUB') && { isHub: true }), ...settings },
  };
  try {
    await createPeer(peers, peer);
  } catch (error) {
    if (!(error instanceof CrudError) || error.code !== 'already-exists') throw error;
    const isIdInUse = await peers.backend.credentials.get({ ...peersCall, id: peer.id });
    throw new PeerConflict(isIdInUse ? `There is a peer ${peer.id} already` : 'Another peer has this token');
  }
  return { peer, token };
}
