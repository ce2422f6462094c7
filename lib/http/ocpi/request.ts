/** What the OCPI middlewares learn about a request, each its part. */
import type { PresentedToken } from '../../credentials/access-token.ts';
import type { CredentialsCall, TokenAddress, TokensCall } from '../../crud/crud.ts';
import type { PartyId, Role } from '../../ocpi/versions.ts';
import type { PeerAccess } from '../../peers/access.ts';
import type { AccessToken } from '../../peers/peer.ts';
import type { Wire } from '../../wire/wire.ts';
import type { Begun } from '../request.ts';

export interface Identified {
  /** From the caller, or made here (HDR-01, HDR-02, HDR-06). */
  ids: { requestId: string; correlationId: string };
}

export interface Versioned {
  wire: Wire;
}

export interface InTree {
  /** Of a configuration endpoint in a tree of one role: the role. */
  ourRole: Role | undefined;
}

export interface Authenticated {
  access: PeerAccess;
  /** The one of the peer's tokens that it used, and how it stood in the header. The latter holds the secret. */
  accessToken: AccessToken;
  authorization: PresentedToken;
  /** What each CRUD call of the credentials module carries. */
  credentialsCall: CredentialsCall;
}

/** What each CRUD call of the Tokens module carries. */
export interface Calling<Ours extends Role = Role> {
  call: TokensCall & { role: Ours };
}

export interface Routed {
  /** From and to whom the request goes, in a version that says so. */
  routing: Routing | undefined;
  /** The parties of ours, in the role asked, that the request is about. */
  addressees: readonly PartyId[];
}

/** `self` is the party of ours that answers: the one that the request names, or the only one that it can mean. */
export interface Routing {
  from: PartyId | undefined;
  to: PartyId | undefined;
  self: PartyId | undefined;
}

export interface Addressed {
  /** One Token of the party in the path. */
  address: TokenAddress & PartyId;
}

/** Whatever may be known by the time of the answer. */
export type OcpiKnown = Begun & Identified & Versioned & Authenticated & Pick<Routed, 'routing'>;
