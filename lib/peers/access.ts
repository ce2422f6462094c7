/** What every request of a peer needs to know of it: kept with each of its tokens, and small, whatever the peer has announced. */
import type { PartyRole } from '../ocpi/credentials.ts';
import { sameCiString, sameParty } from '../ocpi/values.ts';
import type { PartyId, Role, VersionNumber } from '../ocpi/versions.ts';
import { agreedRoles } from './claims.ts';
import { type AccessToken, isHub, isRegistered, type Peer, type PeerParty } from './peer.ts';

export interface PeerAccess {
  /** Our name for the connection. */
  id: string;
  version?: VersionNumber;
  /** The parties that it speaks for itself; of a hub none, because what a hub lists is kept elsewhere. */
  roles: (PartyId & { role: PartyRole })[];
  isRegistered: boolean;
  /** Of a hub: the parties that the operator lets it speak for (COO-07), and where the parties are that it has listed. */
  hub?: { parties: PartyId[]; listed?: string };
  /** All the tokens that may authenticate the peer, the newest last. */
  tokensWeGave: AccessToken[];
  /** The role of ours that a 2.1.1 connection is about (VER-08). */
  ourRole?: Role;
  /** The only ones of our own parties whose Tokens are the peer's business, and the only types that it may ask about. */
  ownParties?: PartyId[];
  tokenTypes?: string[];
  /** For the credentials object that it asks for. */
  sendsNullDecoration?: boolean;
}

const bareParty = ({ role, country_code, party_id }: PeerParty) => ({ role, country_code, party_id });

export function accessOf(peer: Peer): PeerAccess {
  const { id, version, roles, tokensWeGave, ourRole, listed, settings = {} } = peer;
  const { hubParties = [], ownParties, tokenTypes, sendsNullDecoration } = settings;
  return {
    id,
    ...(version && { version }),
    roles: isHub(peer) ? [] : agreedRoles(peer, roles).map(bareParty),
    isRegistered: isRegistered(peer),
    ...(isHub(peer) && { hub: { parties: hubParties, ...(listed && { listed: listed.collection }) } }),
    tokensWeGave,
    ...(ourRole && { ourRole }),
    ...(ownParties && { ownParties }),
    ...(tokenTypes && { tokenTypes }),
    ...(sendsNullDecoration && { sendsNullDecoration }),
  };
}

export const isAmong = (parties: readonly PartyId[], party: PartyId): boolean =>
  parties.some((entry) => sameParty(entry, party));

/** Whether our own Tokens are any of the peer's business: those of an eMSP are not another eMSP's. */
export const mayReadOurTokens = ({ roles, hub }: PeerAccess): boolean =>
  hub !== undefined || roles.some(({ role }) => role !== 'EMSP');

/** Whether the Tokens of this party of ours are among those that the peer gets. */
export const mayReadTokensOf = ({ ownParties }: PeerAccess, party: PartyId): boolean =>
  !ownParties || isAmong(ownParties, party);

/** Whether the peer may have an authorization for Tokens of this type. */
export const mayAskAboutType = ({ tokenTypes }: PeerAccess, type: string): boolean =>
  !tokenTypes || tokenTypes.some((each) => sameCiString(each, type));
