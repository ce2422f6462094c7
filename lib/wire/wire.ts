/**
 * What a version of OCPI does its own way. The newest is canonical; each older one is the next newer with its differences,
 * so one file of this folder is everything that a version does differently.
 */
import type * as v from 'valibot';
import type { Credentials, ModuleEndpoint } from '../ocpi/credentials.ts';
import type { AuthorizationAnswer, AuthorizationInfo, LocationReferences, Token } from '../ocpi/token.ts';
import type { Changes } from '../ocpi/values.ts';
import type { PartyId, Role, VersionNumber } from '../ocpi/versions.ts';

/** What of a partner's bodies the decoders check against, for whoever describes a version. */
export interface WireSchemas {
  token: v.GenericSchema;
  tokenType: v.GenericSchema;
  locationReferences: v.GenericSchema;
  credentials: v.GenericSchema;
}

export interface Wire {
  version: VersionNumber;
  /** How a credentials token may stand in the Authorization header, the usual way first (TRN-03, TRN-04, TRN-07). */
  authorizationEncodings: readonly ('base64' | 'raw')[];
  /** Whether OCPI-to and OCPI-from headers exist (RTE-02, RTE-17). */
  hasRoutingHeaders: boolean;
  /** The OCPI status code for a Token that we do not have (AUTH-10, AUTH-11, COO-12). */
  unknownTokenStatus: 2000 | 2004;
  /** The type that a URL without one means; undefined where the version leaves it open (TOK-GET-03, TOK-GET-05). */
  defaultTokenType: string | undefined;
  /** The types of newer versions that this one cannot name: it knows their Tokens as OTHER (ENUM-03). */
  typesKnownAsOther: readonly string[];
  /** COO-10 */
  patchRequiresLastUpdated: boolean;
  schemas: WireSchemas;

  /** @param instant a canonical DateTime */
  encodeDateTime(instant: string): string;
  /** @throws 2001 for a type that this version does not have */
  decodeTokenType(value: string): string;
  encodeTokenType(type: string): string;
  /**
   * @param body a complete Token of this version
   * @param owner who a Token belongs to that does not say so itself (TOK-LIST-07)
   * @throws 2001
   */
  decodeToken(body: unknown, owner: PartyId): Token;
  /** @throws 2001 */
  decodeTokenChanges(body: unknown): Changes<Token>;
  encodeToken(token: Token): unknown;
  /** @throws 2001 */
  decodeLocationReferences(body: unknown): LocationReferences;
  encodeLocationReferences(location: LocationReferences): unknown;
  encodeAuthorizationInfo(info: AuthorizationInfo): unknown;
  /**
   * Reads a partner's answer: strict on what decides, while what cannot be read of the rest is left out.
   * @throws 2001
   */
  decodeAuthorizationInfo(body: unknown): AuthorizationAnswer;

  /**
   * @param entry what a partner's version details say of one module
   * @throws 2001
   */
  decodeModuleEndpoint(entry: unknown): ModuleEndpoint;
  encodeModuleEndpoint(endpoint: ModuleEndpoint): unknown;
  /**
   * @param body the credentials object of a partner
   * @param ourRole the role of ours that the connection is about, in a version that has one tree for each
   * @throws 2001
   */
  decodeCredentials(body: unknown, ourRole: Role | undefined): Credentials;
  encodeCredentials(credentials: Credentials, ourRole: Role | undefined): unknown;
}
