/** All that may be shown of a peer: never a secret, nor a hash of one. */
import type { KnownPeer } from '../../crud/crud.ts';
import { agreedRoles, ignoredRolesOf } from '../../peers/claims.ts';
import { isHub, type Peer, type PeerParty } from '../../peers/peer.ts';
import { rotationDueAt } from '../../peers/rotation.ts';
import { adviceFor, isOver, purposeOf, stateOf } from '../../peers/state.ts';
import type { PeerView } from '../api/peers.ts';

function tokensOf(peer: Peer, now: Date): PeerView['tokens'] {
  return peer.tokensWeGave.map((token) => ({
    purpose: purposeOf(token, peer),
    ...(token.expiresAt && { expiresAt: token.expiresAt }),
    ...(isOver(token, now) && { isExpired: true }),
  }));
}

function connectionOf({ connection }: Peer) {
  if (!connection) return {};
  const { versionsUrl, endpoints, authorizationEncoding, exchangedAt } = connection;
  return {
    versionsUrl,
    endpoints: endpoints.map(({ identifier, role, url }) => ({ identifier, ...(role && { role }), url })),
    authorizationEncoding,
    exchangedAt,
  };
}

function rotationOf(peer: Peer) {
  const rotatesAt = rotationDueAt(peer)?.toISOString();
  return rotatesAt === undefined ? {} : { rotatesAt };
}

const partyOf = ({ role, country_code, party_id, name }: PeerParty) => ({
  role,
  country_code,
  party_id,
  ...(name && { name }),
});

function ignoredOf(peer: Peer) {
  const ignoredRoles = ignoredRolesOf(peer).map(partyOf);
  return ignoredRoles.length > 0 ? { ignoredRoles } : {};
}

export const viewOf = ({ data: peer, lastUse }: Pick<KnownPeer, 'data' | 'lastUse'>, now: Date): PeerView => ({
  id: peer.id,
  state: stateOf(peer, now),
  ...(peer.version && { version: peer.version }),
  ...(peer.ourRole && { ourRole: peer.ourRole }),
  roles: agreedRoles(peer, peer.roles).map(partyOf),
  ...ignoredOf(peer),
  isHub: isHub(peer),
  ...(peer.listed && { listedParties: peer.listed.parties }),
  ...(peer.hub_party_id && { hub_party_id: peer.hub_party_id }),
  ...connectionOf(peer),
  ...rotationOf(peer),
  ...(lastUse && { lastUsedAt: lastUse.at }),
  tokens: tokensOf(peer, now),
  settings: peer.settings ?? {},
  advice: adviceFor(peer, now),
});

/** What the audit says of a peer. */
export const auditView = (peer: Peer, now: Date): object => {
  const { state, version, roles, isHub, settings, tokens } = viewOf({ data: peer }, now);
  return { state, version, roles: roles.map(({ name: _, ...role }) => role), isHub, settings, tokens: tokens.length };
};
