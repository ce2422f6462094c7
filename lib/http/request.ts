/** What the middlewares learn about a request, each adding its part to `context.ocpi`, and what an endpoint answers. */
import type { MiddlewareObj } from '@middy/core';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import type { Reading } from '../credentials/access-token.ts';
import type { CredentialsCall, TokenAddress, TokensCall } from '../crud/crud.ts';
import type { PartyId, Role } from '../ocpi/versions.ts';
import type { AccessToken, Peer } from '../peers/peer.ts';
import type { Wire } from '../wire/wire.ts';

export interface OcpiRequest {
  receivedAt: Date;
  /** Such as `PUT /ocpi/cpo/{version}/tokens/{path+}`. */
  routeKey: string;
  /** From the caller, or made here (HDR-01, HDR-02, HDR-06). */
  ids: { requestId: string; correlationId: string };
  wire: Wire;
  peer: Peer;
  /** The revision of the peer that was looked up, for changing it. */
  peerRevision: string;
  /** The one of the peer's tokens that it used, and how it stood in the header. The latter holds the secret. */
  accessToken: AccessToken;
  /** Resolves when it is on record that the token was used. */
  useNoted: Promise<void>;
  authorization: Reading;
  /** From and to whom the request goes, in a version that says so. */
  routing?: Routing;
  /** The one of our parties whose Tokens the request is about; undefined for all of them. */
  addressee?: PartyId | undefined;
  query: Partial<Record<string, string>>;
  /** The rest of the path, behind the endpoint's own: `NL/TNM/012345678`. */
  path: string;
  /** JSON; undefined if the endpoint takes none, or none was sent. */
  body: unknown;
  /** What each CRUD call of this request carries. */
  call: TokensCall;
  /** The same for calls of the credentials module. */
  credentialsCall: CredentialsCall;
  /** Of a configuration endpoint in a tree of one role: the role. */
  ourRole?: Role;
}

/** `self` is the party of ours that answers: the one that the request names, or the only one that it can mean. */
export interface Routing {
  from?: PartyId | undefined;
  to?: PartyId | undefined;
  self?: PartyId | undefined;
}

/** A request to our Receiver interface: about one Token of the party in the path. */
export interface ReceiverRequest extends OcpiRequest {
  address: TokenAddress & PartyId;
}

/** A success. */
export interface Reply {
  /** HTTP status code; 200 if absent. */
  http?: number;
  data?: unknown;
  headers?: Record<string, string>;
}

/** While the middlewares run, only what the earlier ones have added is there. */
export interface OcpiContext extends Context {
  ocpi: Partial<ReceiverRequest>;
}

/** A middleware has one job: it adds to `context.ocpi`, or it throws. Only the envelope writes the response. */
export type Middleware = MiddlewareObj<
  APIGatewayProxyEventV2,
  Reply | APIGatewayProxyStructuredResultV2,
  Error,
  OcpiContext
>;
