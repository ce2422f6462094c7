/** A platform that we are connected with, and what it may do here. Our own object, kept beside what OCPI says of the peer. */
import { sameParty } from '../ocpi/values.ts';
import type { PartyId, VersionNumber } from '../ocpi/versions.ts';

export type PeerRole = 'CPO' | 'EMSP' | 'HUB' | 'NAP' | 'NSP' | 'OTHER' | 'SCSP';

/** One entry of what the peer announced: a party that it speaks for. */
export interface CredentialsRole extends PartyId {
  role: PeerRole;
}

/** A credentials token that we gave to the peer. Only its hash is ever stored. */
export interface AccessToken {
  /** SHA-256 of the token, in hexadecimal. */
  sha256: string;
}

export interface Peer {
  /** Our name for the connection, unique and stable. */
  id: string;
  roles: CredentialsRole[];
  /** The version in use between us (CRED-32). */
  version: VersionNumber;
  /** All the tokens that authenticate the peer right now. */
  tokensWeGave: AccessToken[];
}

/** Whether the peer may push Tokens of this party: it announced the party, and not merely as a charge point operator (COO-06). */
export const ownsTokensOf = (peer: Peer, party: PartyId): boolean =>
  peer.roles.some((entry) => entry.role !== 'CPO' && sameParty(entry, party));

/** Whether our own Tokens are any of the peer's business: those of an eMSP are not another eMSP's. */
export const mayReadOurTokens = (peer: Peer): boolean => peer.roles.some((entry) => entry.role !== 'EMSP');
