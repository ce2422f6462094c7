/** Which parties a platform may announce (TRN-14). Whether another peer has them is for the storage to say, at the moment of writing. */
import { invalid, type OcpiError } from '../errors.ts';
import type { Credentials, CredentialsRole } from '../ocpi/credentials.ts';
import type { PartyId, Platform } from '../ocpi/versions.ts';
import { agreedRoles, claimOf, expectedRolesOf, mostClaims, partyKey, partyName } from '../peers/claims.ts';
import { mostListed } from '../peers/listed.ts';
import { isHub, maySpeakForTokens, type Peer } from '../peers/peer.ts';
import type { PeerConflict } from '../peers/store.ts';

export interface Rightful {
  /** What the peer itself announces. Of it counts what was agreed on (`agreedRoles`), and that is something. */
  roles: CredentialsRole[];
  /** Of a hub: the parties with Tokens that it reaches. */
  listed?: PartyId[];
}

const refusal = ({ role, ...party }: CredentialsRole, reason: string): OcpiError =>
  invalid(`roles should not hold ${role} ${partyName(party)}, ${reason}`);

/**
 * @param peer as it is stored; what it announces counts for nothing here
 * @throws 2001 that says what the peer may not be, or how many parties are too many
 */
export const rightfulParties = (credentials: Credentials, peer: Peer, platform: Pick<Platform, 'parties'>): Rightful =>
  isHub(peer) ? partiesOfHub(credentials, peer, platform) : ownParties(credentials, peer, platform);

function nothingAgreed(roles: readonly CredentialsRole[], peer: Peer): OcpiError {
  const announced = [...new Set(roles.map(({ role }) => role))].join(', ');
  return invalid(`roles should hold ${expectedRolesOf(peer).join(' or ')}: ${announced} was not agreed on`);
}

function ownParties({ roles, hub_party_id }: Credentials, peer: Peer, platform: Pick<Platform, 'parties'>): Rightful {
  if (hub_party_id !== undefined) {
    throw invalid('hub_party_id should not be there: this connection was not agreed on as one with a hub');
  }
  if (roles.length > mostClaims) {
    throw invalid(`roles should hold at most ${mostClaims} for a platform that is no hub, but hold ${roles.length}`);
  }
  const ours = new Set(platform.parties.map(claimOf));
  const expectedParties = peer.settings?.expectedParties && new Set(peer.settings.expectedParties.map(partyKey));
  const agreed = agreedRoles(peer, roles);
  const impostor = roles.find((entry) => ours.has(claimOf(entry)));
  if (impostor) throw refusal(impostor, 'which is a party of ours');
  if (agreed.length === 0) throw nothingAgreed(roles, peer);
  const stranger = agreed.find((entry) => expectedParties && !expectedParties.has(partyKey(entry)));
  if (stranger) throw refusal(stranger, 'which was not agreed on');
  return { roles };
}

/**
 * A hub of 2.3.0 lists everybody whom it reaches, us and other peers among them (CRED-04). Kept are those with Tokens, without
 * us and those whom the operator does not expect; that others connect directly is seen when the hub pushes (COO-07).
 */
function partiesOfHub(
  { roles }: Credentials,
  { settings = {} }: Peer,
  { parties }: Pick<Platform, 'parties'>,
): Rightful {
  const ours = new Set(parties.map(claimOf));
  const expected = settings.expectedParties && new Set(settings.expectedParties.map(partyKey));
  const listed = roles.filter(
    (entry) =>
      maySpeakForTokens(entry.role) && !ours.has(claimOf(entry)) && (!expected || expected.has(partyKey(entry))),
  );
  const itself = roles.filter(({ role }) => role === 'HUB');
  if (itself.length > mostClaims) {
    throw invalid(`roles should hold HUB at most ${mostClaims} times, but hold it ${itself.length} times`);
  }
  if (listed.length > mostListed) {
    throw invalid(`roles should hold at most ${mostListed} parties with Tokens, but hold ${listed.length}`);
  }
  return { roles: itself, listed };
}

/** @returns what a peer is told when others have what it announces: which parties these are, and not that somebody has them */
export function takenParties({ claims }: PeerConflict, { roles }: Credentials): OcpiError {
  const entry = roles.find((each) => claims.includes(claimOf(each)));
  return entry
    ? refusal(entry, 'which you may not speak for')
    : invalid('roles should not hold a party that you may not speak for');
}
