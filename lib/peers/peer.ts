/** A platform that we are connected with, and what it may do here. Our own object, kept beside what OCPI says of the peer. */
import type { AuthorizationEncoding } from '../credentials/access-token.ts';
import type { ModuleEndpoint, PartnerRole } from '../ocpi/credentials.ts';
import { fold, sameParty } from '../ocpi/values.ts';
import type { PartyId, Role, VersionNumber } from '../ocpi/versions.ts';
import type { PeerSettings } from './settings.ts';

/** A party that the peer speaks for, as it announced it. */
export interface PeerParty extends PartyId {
  role: PartnerRole;
  /** The name in its business details. */
  name?: string;
}

export type PeerRole = PartnerRole;

/** A credentials token that we gave to the peer. Only its hash is ever stored. */
export interface AccessToken {
  /** SHA-256 of the token, in hexadecimal. */
  sha256: string;
  /** A CREDENTIALS_TOKEN_A: good once, and for versions and credentials only (TRN-11). */
  isForRegistration?: true;
  /** A canonical DateTime from which it authenticates no longer. */
  expiresAt?: string;
  /** Sent with a request of ours whose answer is still out: it works, and the token before it works too (CRED-12, CRED-30). */
  isPending?: true;
}

/** How we reach the peer, from its own versions and credentials endpoints. */
export interface Connection {
  versionsUrl: string;
  endpoints: ModuleEndpoint[];
  /** The token that we present to the peer, encrypted. */
  sealedToken: string;
  /** How the peer was found to take it. */
  authorizationEncoding: AuthorizationEncoding;
  /** A canonical DateTime: when the tokens were last exchanged. */
  exchangedAt: string;
}

export interface Peer {
  /** Our name for the connection, unique and stable. */
  id: string;
  /** All the parties of the peer; empty before it has registered. */
  roles: PeerParty[];
  /** The version in use between us; absent before it has registered (CRED-32). */
  version?: VersionNumber;
  /** All the tokens that may authenticate the peer, the newest last. */
  tokensWeGave: AccessToken[];
  /** Absent as long as the peer is not registered, or has unregistered. */
  connection?: Connection;
  /** The hub whose platform this is, country code and party id in one (CRED-04). */
  hub_party_id?: string;
  /** The role of ours that a 2.1.1 connection is about, which has one each (VER-08). */
  ourRole?: Role;
  settings?: PeerSettings;
}

/** The token that the peer is to use by now. */
export const newestToken = ({ tokensWeGave }: Peer): AccessToken | undefined =>
  tokensWeGave.findLast(({ isForRegistration, isPending }) => !isForRegistration && !isPending);

/** Whether credentials have been exchanged with the peer. */
export const isRegistered = (peer: Peer): boolean => peer.connection !== undefined;

/** Whether the peer routes for others: the operator says so; or the peer does, by its role until 2.2.1, by its hub_party_id from 2.3.0 on (CRED-03, CRED-04). */
export const isHub = (peer: Peer): boolean =>
  peer.settings?.isHub === true || peer.hub_party_id !== undefined || peer.roles.some(({ role }) => role === 'HUB');

/** Whether a role may push the Tokens of its party. A charge point operator has none, and a hub only those of others. */
export const maySpeakForTokens = (role: PartnerRole): boolean => role !== 'CPO' && role !== 'HUB';

/**
 * Whether the peer may push Tokens of this party (COO-06): it announced the party, and not merely as a charge point operator;
 * or it is a hub that the operator lets speak for the party (COO-07).
 */
export const ownsTokensOf = (peer: Peer, party: PartyId): boolean =>
  peer.roles.some((entry) => maySpeakForTokens(entry.role) && sameParty(entry, party)) ||
  (isHub(peer) && (peer.settings?.hubParties ?? []).some((entry) => sameParty(entry, party)));

/** Whether our own Tokens are any of the peer's business: those of an eMSP are not another eMSP's. */
export const mayReadOurTokens = (peer: Peer): boolean =>
  isHub(peer) || peer.roles.some((entry) => entry.role !== 'EMSP');

/** A stable name for a connection: `de-dms`. */
export const peerIdOf = ({ country_code, party_id }: PartyId): string =>
  `${fold(country_code)}-${fold(party_id)}`.toLowerCase();
