/** The parties that a peer has for itself. OCPI authenticates platforms and not the parties behind them, so this is ours to guard (TRN-14). */
import type { PartyRole } from '../ocpi/credentials.ts';
import { fold } from '../ocpi/values.ts';
import type { PartyId, Platform } from '../ocpi/versions.ts';
import { isExpected, isHub, maySpeakForTokens, type Peer } from './peer.ts';

type PartyInRole = PartyId & { role: PartyRole };

/** `DE DMS`, for people. */
export const partyName = ({ country_code, party_id }: PartyId): string => fold(`${country_code} ${party_id}`);

/** A key: no two parties have the same, whatever characters they are made of. */
export const partyKey = ({ country_code, party_id }: PartyId): string =>
  [country_code, party_id].map((part) => encodeURIComponent(fold(part))).join(' ');

/**
 * One company may be CPO here and eMSP there, on two platforms or, in 2.1.1, in two connections (VER-08). All roles that may push
 * Tokens of a party are one and the same claim.
 */
export const claimOf = ({ role, ...party }: PartyInRole): string =>
  `${maySpeakForTokens(role) ? 'EMSP' : role} ${partyKey(party)}`;

/** The claim on which it hangs who may push Tokens of a party. */
export const tokensClaimOf = (party: PartyId): string => claimOf({ ...party, role: 'EMSP' });

/** The most parties of one peer, times their roles. No platform that is no hub has nearly as many. */
export const mostClaims = 40;

/** The roles that a peer may have of which nothing is set. */
export const usualRoles: readonly PartyRole[] = ['CPO', 'EMSP'];

export const expectedRolesOf = ({ settings }: Pick<Peer, 'settings'>): readonly PartyRole[] =>
  settings?.expectedRoles ?? usualRoles;

/**
 * From 2.2.1 on a platform announces all that it is, and not all of it may have been agreed on (TRN-14). The rest counts for nothing: it
 * opens nothing and claims nothing, so what is expected can be changed at any time, and counts from then on.
 */
export function agreedRoles<T extends PartyInRole>(peer: Pick<Peer, 'settings'>, announced: readonly T[]): T[] {
  // Where nothing was agreed on, a peer may be what reads our Tokens and what pushes its own, and so there is nothing to keep from it.
  if (isHub(peer) || peer.settings?.expectedRoles === undefined) return [...announced];
  const expected = expectedRolesOf(peer);
  return announced.filter(({ role }) => expected.includes(role));
}

/** What a peer announces and was not agreed on. */
export const ignoredRolesOf = (peer: Peer): Peer['roles'] => {
  const agreed = agreedRoles(peer, peer.roles);
  return peer.roles.filter((each) => !agreed.includes(each));
};

/** Whom the peer speaks for by now, or may come to speak for by a handshake that is still open; nothing that a hub lists. */
function partiesOfPeer(peer: Peer): PartyInRole[] {
  const { roles, settings = {} } = peer;
  if (isHub(peer)) return (settings.hubParties ?? []).map((party) => ({ ...party, role: 'EMSP' }));
  const expected = isExpected(peer) ? (settings.expectedParties ?? []) : [];
  return [
    ...agreedRoles(peer, roles),
    ...expected.flatMap((party) => expectedRolesOf(peer).map((role) => ({ ...party, role }))),
  ];
}

export interface Claims {
  claims: string[];
  /** Those among them that are of parties that we are ourselves. */
  ours: string[];
}

export function claimsOf(peer: Peer, platform: Pick<Platform, 'parties'>): Claims {
  const claims = [...new Set(partiesOfPeer(peer).map(claimOf))];
  const ours = new Set(platform.parties.map(claimOf));
  return { claims, ours: claims.filter((claim) => ours.has(claim)) };
}
