/** A platform that we are connected with, and what it may do here. Our own object, kept beside what OCPI says of the peer. */
import type { AuthorizationEncoding, ModuleEndpoint, PartyRole } from '../ocpi/credentials.ts';
import { fold } from '../ocpi/values.ts';
import type { PartyId, Role, VersionNumber } from '../ocpi/versions.ts';
import type { PeerSettings } from './settings.ts';

/** A party that the peer speaks for, as it announced it. */
export interface PeerParty extends PartyId {
  role: PartyRole;
  /** The name in its business details. */
  name?: string;
}

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

/** The parties that a hub lists: too many to stand in the peer (lib/peers/listed.ts). */
export interface Listed {
  /** Of records, with them. */
  collection: string;
  /** How many they are. */
  parties: number;
}

/** An exchange of tokens by schedule that is under way, or has failed; a success leaves none. Canonical DateTimes. */
export interface Rotation {
  since: string;
  triedAt: string;
  nextAt: string;
  times: number;
  /** What went wrong the last time, in words without secrets. */
  why?: string;
}

export interface Peer {
  /** Our name for the connection, unique and stable. */
  id: string;
  /** All that the peer announces, more than was agreed on (`agreedRoles`); of a hub only itself; empty before it has registered. */
  roles: PeerParty[];
  /** Of a hub: whom it has listed as those that it reaches (CRED-04). */
  listed?: Listed;
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
  /** Whether there was room for metrics of its own when it came (lib/peers/measured.ts). */
  isAmongFirst?: true;
  settings?: PeerSettings;
  rotation?: Rotation;
}

/** The token that the peer is to use by now. */
export const newestToken = ({ tokensWeGave }: Pick<Peer, 'tokensWeGave'>): AccessToken | undefined =>
  tokensWeGave.findLast(({ isForRegistration, isPending }) => !isForRegistration && !isPending);

/** Whether credentials have been exchanged with the peer. */
export const isRegistered = (peer: Peer): boolean => peer.connection !== undefined;

/** Whether a handshake with the peer may still come: it has been invited, or has not answered us. */
export const isExpected = ({ tokensWeGave }: Peer): boolean =>
  tokensWeGave.some(({ isForRegistration, isPending }) => isForRegistration ?? isPending ?? false);

/** Whether the peer routes for others. The operator says so, and not the peer, in every version: a hub reads our Tokens. */
export const isHub = ({ settings }: Pick<Peer, 'settings'>): boolean => settings?.isHub === true;

/** Whether a role may push the Tokens of its party. A charge point operator has none, and a hub only those of others. */
export const maySpeakForTokens = (role: PartyRole): boolean => role !== 'CPO' && role !== 'HUB';

/** A stable name for a connection: `de-dms`. */
export const peerIdOf = ({ country_code, party_id }: PartyId): string =>
  `${fold(country_code)}-${fold(party_id)}`.toLowerCase();
