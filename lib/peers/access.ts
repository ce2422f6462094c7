/** What every request of a peer needs to know of it: kept with each of its tokens, and small, whatever the peer has announced. */
import type { PartyRole } from '../ocpi/credentials.ts';
import { sameCiString, sameParty } from '../ocpi/values.ts';
import {
  type OwnParty,
  type PartyId,
  type Platform,
  partiesOf,
  type Role,
  type VersionNumber,
} from '../ocpi/versions.ts';
import type { Wire } from '../wire/wire.ts';
import { agreedRoles } from './claims.ts';
import { isMeasured } from './measured.ts';
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
  /** How many requests of a kind it may send in a second; by default as `allowance.ts` says. */
  incomingPerSecond?: number;
  /** For the credentials object that it asks for. */
  sendsNullDecoration?: boolean;
  /** Whether it has metrics of its own. */
  isMeasured?: true;
}

const bareParty = ({ role, country_code, party_id }: PeerParty) => ({ role, country_code, party_id });

export function accessOf(peer: Peer): PeerAccess {
  const { id, version, roles, tokensWeGave, ourRole, listed, settings = {} } = peer;
  const { hubParties = [], ownParties, tokenTypes, incomingPerSecond, sendsNullDecoration } = settings;
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
    ...(incomingPerSecond && { incomingPerSecond }),
    ...(sendsNullDecoration && { sendsNullDecoration }),
    ...(isMeasured(peer) && { isMeasured: true }),
  };
}

export const isAmong = (parties: readonly PartyId[], party: PartyId): boolean =>
  parties.some((entry) => sameParty(entry, party));

/** Whether our own Tokens are any of the peer's business: those of an eMSP are not another eMSP's. */
export const mayReadOurTokens = ({ roles, hub }: PeerAccess): boolean =>
  hub !== undefined || roles.some(({ role }) => role !== 'EMSP');

/** Whether the Tokens of this party of ours are among those that the peer gets. */
export const mayReadTokensOf = ({ ownParties }: Pick<PeerAccess, 'ownParties'>, party: PartyId): boolean =>
  !ownParties || isAmong(ownParties, party);

/**
 * The parties of ours whose Tokens are the peer's business, in the configured order.
 * @param wire of the connection: one of 2.1.1 is about one party, the first, and its Tokens name no owner (CRED-01, TOK-LIST-07)
 */
export function partiesForPeer(
  platform: Pick<Platform, 'parties'>,
  access: Pick<PeerAccess, 'ownParties'>,
  { hasRoutingHeaders }: Pick<Wire, 'hasRoutingHeaders'>,
): OwnParty[] {
  const open = partiesOf(platform, 'EMSP').filter((own) => mayReadTokensOf(access, own));
  return hasRoutingHeaders ? open : open.slice(0, 1);
}

/** Whether Tokens of this type are the peer's business. */
export const mayAskAboutType = ({ tokenTypes }: Pick<PeerAccess, 'tokenTypes'>, type: string): boolean =>
  !tokenTypes || tokenTypes.some((each) => sameCiString(each, type));
