/**
 * The seam between the handlers and a storage. The names of the calls and of their keys are a contract: README, "Swap the storage".
 * An implementation is a function that returns a `Backend`; the suite in test/contract proves it.
 */
import type { AuthorizationInfo, LocationReferences, Token } from '../ocpi/token.ts';
import type { PartyId, Role, VersionNumber } from '../ocpi/versions.ts';
import type { Peer } from '../peers/peer.ts';

/** What every call of the Tokens module carries. */
export interface TokensCall {
  module_id: 'tokens';
  /** Our own role: CPO keeps Tokens of others, EMSP owns the Tokens. */
  role: Role;
  version: VersionNumber;
  /** The decoded credentials token of the request. A secret: never log it. */
  auth_token: string;
}

/** An object as it is stored. */
export interface Stored<T> {
  data: T;
  /** Opaque; changes with every write of the object. */
  revision: string;
}

/**
 * Which Token is meant: by owner, uid and type for received Tokens (role CPO), by uid and type for our own (role EMSP).
 * country_code, party_id and id compare without case, token_type with case.
 */
export interface TokenAddress extends Partial<PartyId> {
  /** The Token's uid. */
  id: string;
  /** Absent: the Token of type RFID with that uid, else the only Token with that uid (TOK-GET-05, TOK-PATCH-03). */
  token_type?: string;
}

export interface TokenFilters {
  /** Inclusive, on last_updated; a canonical DateTime. */
  date_from?: string;
  /** Exclusive, on last_updated; a canonical DateTime. */
  date_to?: string;
  offset: number;
  limit: number;
}

export interface Page<T> {
  /** In order of creation, from `offset` on; never empty unless it is the last page. */
  items: T[];
  /** How many objects the filters match, whatever offset and limit are. */
  total: number;
  isLast: boolean;
  /** The most that a page can hold with these filters: `filters.limit`, or less where the storage caps it. */
  limit: number;
}

export interface AuthorizeToken {
  action: 'AuthorizeToken';
  data: { token_uid: string; token_type: string | undefined; location_reference: LocationReferences | undefined };
}

/** The calls of the Tokens module. Objects are canonical (lib/ocpi/token.ts), whatever `version` says. */
export interface TokensCrud {
  /** @returns undefined if there is no such Token */
  get(call: TokensCall & TokenAddress): Promise<Stored<Token> | undefined>;
  /** Our own Tokens (role EMSP); with a party only that party's, else every own party's, one after the other. */
  list(call: TokensCall & Partial<PartyId> & { filters: TokenFilters }): Promise<Page<Token>>;
  /**
   * Stores a new Token.
   * @throws CrudError 'already-exists'; a Token that is there is never overwritten
   */
  create(call: TokensCall & PartyId & { token_type: string; data: Token }): Promise<void>;
  /**
   * Replaces a Token that `get` has returned.
   * @throws CrudError 'conflict' if it has changed since, or is not there; it is never created
   */
  update(call: TokensCall & PartyId & { id: string; token_type: string; data: Token; revision: string }): Promise<void>;
  /** @returns undefined if a location is needed to decide, and none was given (AUTH-09); also if there is no such Token */
  do(call: TokensCall & AuthorizeToken): Promise<AuthorizationInfo | undefined>;
}

/** What every call of the credentials module carries. */
export interface CredentialsCall extends Omit<TokensCall, 'module_id' | 'role'> {
  module_id: 'credentials';
  /** Absent where the call is about all our roles, as from 2.2.1 on it mostly is (VER-09). */
  role?: Role;
}

export interface Authenticate {
  action: 'Authenticate';
  /** SHA-256, in hexadecimal, of each token that the request may have meant, the likeliest first. */
  data: { sha256: string[] };
}

/** The peer is alive. */
export interface RecordUse {
  action: 'RecordUse';
  /**
   * @property at a canonical DateTime
   * @property sha256 the peer's newest token, if it has used that one: those that stand before it in `tokensWeGave`
   * authenticate no longer (CRED-30)
   */
  data: { id: string; at: string; sha256?: string };
}

/** The calls of the credentials module: who our peers are. */
export interface CredentialsCrud {
  get(call: CredentialsCall & { id: string }): Promise<KnownPeer | undefined>;
  /** All peers, by id. */
  list(call: CredentialsCall): Promise<KnownPeer[]>;
  /** @throws CrudError 'already-exists' if the id or one of its tokens is in use */
  create(call: CredentialsCall & { data: Peer }): Promise<void>;
  /** @throws CrudError 'conflict' if it has changed since, or is not there; 'already-exists' if a new token is in use */
  update(call: CredentialsCall & { id: string; data: Peer; revision: string }): Promise<void>;
  /** Its tokens stop at once. Deleting a peer that is not there is no error. */
  delete(call: CredentialsCall & { id: string }): Promise<void>;
  /**
   * Authenticate finds the peer of a token, strongly consistent: a token counts from the moment its peer is stored, and no
   * longer than that (CRED-12). Whether it has expired is for the caller to judge. RecordUse resolves to nothing.
   */
  do(call: CredentialsCall & (Authenticate | RecordUse)): Promise<AuthenticatedPeer | undefined>;
}

export interface KnownPeer extends Stored<Peer> {
  /** The last RecordUse; a canonical DateTime. */
  lastUsedAt?: string;
}

export interface AuthenticatedPeer extends Stored<Peer> {
  /** The first of the hashes that is one of the peer's. */
  sha256: string;
}

/** One CRUD per module; swap one of them or all. */
export interface Backend {
  tokens: TokensCrud;
  credentials: CredentialsCrud;
}

/** How a `create` or an `update` says that the object is not as the caller believed. The core then starts again from `get`. */
export class CrudError extends Error {
  readonly code: 'already-exists' | 'conflict';

  constructor(code: 'already-exists' | 'conflict', options?: ErrorOptions) {
    super(code, options);
    this.name = 'CrudError';
    this.code = code;
  }
}
