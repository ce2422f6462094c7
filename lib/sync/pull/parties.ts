/** Whose lists are asked for, and whose Tokens are in them. */

import { isObject, sameCiString } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import { agreedRoles, partyKey } from '../../peers/claims.ts';
import { isHub, maySpeakForTokens, type Peer } from '../../peers/peer.ts';
import { wireOfPeer } from '../../peers/tokens-line.ts';

const distinct = (parties: readonly PartyId[]): PartyId[] => [
  ...new Map(
    parties.map(({ country_code, party_id }) => [partyKey({ country_code, party_id }), { country_code, party_id }]),
  ).values(),
];

/** The parties of the peer that may have Tokens; of a hub none, because it only hands on. */
const ownersOf = (peer: Peer): PartyId[] =>
  isHub(peer) ? [] : distinct(agreedRoles(peer, peer.roles).filter(({ role }) => maySpeakForTokens(role)));

/** Whether the peer may have Tokens for us at all. */
export const mayHaveTokens = (peer: Peer): boolean => isHub(peer) || ownersOf(peer).length > 0;

/**
 * Those that are asked one by one, as OCPI-to: those of the settings; and of a platform of several eMSPs each, because OCPI-to is
 * whose list is meant (TOK-LIST-06), and whoever is asked without it may insist on it.
 * @returns empty if the peer is asked once, for all (RTE-11)
 */
export function partiesAsked(peer: Peer): PartyId[] {
  const { pullParties = [], sendsRoutingHeaders = true } = peer.settings ?? {};
  if (pullParties.length > 0) return distinct(pullParties);
  const owners = wireOfPeer(peer).hasRoutingHeaders && sendsRoutingHeaders ? ownersOf(peer) : [];
  return owners.length > 1 ? owners : [];
}

/** Whose Tokens of ours a full pull is compared with: of a hub only those of which the operator has said that they come from it. */
export function partiesCompared(peer: Peer): PartyId[] {
  const asked = partiesAsked(peer);
  if (asked.length > 0) return asked;
  const { hubParties = [], ownersByIssuer = [] } = peer.settings ?? {};
  return isHub(peer) ? distinct([...hubParties, ...ownersByIssuer]) : ownersOf(peer);
}

/**
 * Who owns a Token that does not say so, as those of 2.1.1 (TOK-LIST-07): the party that the settings have for its issuer, else the
 * peer's own; a hub has none.
 */
export function ownerByConnection(peer: Peer, object: unknown): PartyId | undefined {
  const issuer = issuerIn(object);
  const mapped = peer.settings?.ownersByIssuer?.find((entry) => sameCiString(entry.issuer.trim(), issuer));
  return mapped ?? ownersOf(peer)[0];
}

/** Hubs write it with blanks around it at times. */
export const issuerIn = (object: unknown): string =>
  isObject(object) && typeof object.issuer === 'string' ? object.issuer.trim() : '';
