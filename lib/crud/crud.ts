/**
 * The seam between the core and a storage. The names of the calls and of their keys are a contract: README, "Swap the storage".
 * A storage is a function that returns a `Storage`; it stores, and decides nothing: every rule is the core's. The suite in
 * test/contract proves it.
 */
import type { AuthorizationInfo, LocationReferences, Token } from '../ocpi/token.ts';
import type { PartyId, Role, VersionNumber } from '../ocpi/versions.ts';
import type { PeerAccess } from '../peers/access.ts';
import type { Peer } from '../peers/peer.ts';
import type { TokenSettings } from '../tokens/settings.ts';

/** What every call of the Tokens module carries. */
export interface TokensCall {
  module_id: 'tokens';
  /** Our own role: CPO keeps Tokens of others, EMSP owns the Tokens. */
  role: Role;
  /** Of the request; the canonical one in a call that no request caused. */
  version: VersionNumber;
  /** The decoded credentials token of the request, if one caused the call. A secret: never log it. */
  auth_token?: string;
}

type OwnCall = TokensCall & { role: 'EMSP' };
type ReceivedCall = TokensCall & { role: 'CPO' };

/** An object as it is stored. */
export interface Stored<T> {
  data: T;
  /** Opaque; changes with every write of the object. */
  revision: string;
}

export interface StoredToken extends Stored<Token> {
  /** Of our own Tokens: one JSON object that is kept as it is. */
  settings?: TokenSettings;
  /** Of received Tokens: when it last came in; a canonical DateTime. */
  arrived_at?: string;
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

/** The page's four keys, always there. */
export interface TokenFilters {
  /** Inclusive, on last_updated; a canonical DateTime. */
  date_from: string | undefined;
  /** Exclusive, on last_updated; a canonical DateTime. */
  date_to: string | undefined;
  offset: number;
  /** The most that the page may hold. 0 asks for the total alone. */
  limit: number;
}

/** Our own Tokens, of one party, in order of creation (LIST-11). */
export type ListOwn = OwnCall & PartyId & { filters: TokenFilters; after?: string };

/**
 * Received Tokens, in any order that keeps still: of a party or of all; with `id` those whose uid is the same without case and
 * without leading zeros, whoever owns them; with `arrived_from` those that came in at that moment or later. Of the filters only
 * `limit` counts.
 */
export type ListReceived = ReceivedCall &
  Partial<PartyId> & { id?: string; arrived_from?: string; filters: TokenFilters; after?: string };

export interface TokenPage {
  /** Our own: from the place that was asked for, none left out. Empty only if it is the last, or if `limit` was 0. */
  items: StoredToken[];
  /** Of our own: how many the filters match, whatever offset and limit are. */
  total?: number;
  isLast: boolean;
  /** The most that a page can hold with these filters: `filters.limit`, or less where the storage caps it. */
  limit: number;
  /**
   * A place from which `after` goes on more cheaply than from an offset, of at most 400 printable ASCII characters. Good for the
   * same party and filters; a storage that has none leaves it out, and is asked by offset.
   */
  next?: string;
}

/** What is written of a Token. */
export type OwnToken = { data: Token; settings: TokenSettings };
export type ReceivedToken = { data: Token; arrived_at: string };

type Created = PartyId & { token_type: string };
type Addressed = PartyId & { id: string; token_type: string; revision: string };

export type CreateToken = Created & ((OwnCall & OwnToken) | (ReceivedCall & ReceivedToken));
export type UpdateToken = Addressed & ((OwnCall & OwnToken) | (ReceivedCall & ReceivedToken));
export type DeleteToken = Addressed & ((OwnCall & OwnToken) | ReceivedCall);

/** Actions that are no single write. All but AuthorizeToken are optional for a storage, and only make the core faster. */
export interface TokenActions {
  /** Undefined: a location is needed to decide, and none was given (AUTH-09); also if there is no such Token. */
  AuthorizeToken(
    call: OwnCall & {
      action: 'AuthorizeToken';
      data: { token_uid: string; token_type: string | undefined; location_reference: LocationReferences | undefined };
    },
  ): Promise<AuthorizationInfo | undefined>;
  /** Up to 99 Tokens, ours of any of our parties or received ones of any owner, read as `get` does with a type. */
  ReadTokens(
    call: { action: 'ReadTokens' } & (
      | (OwnCall & { data: { id: string; token_type: string }[] })
      | (ReceivedCall & { data: (PartyId & { id: string; token_type: string })[] })
    ),
  ): Promise<(StoredToken | undefined)[]>;
  /**
   * Up to 99 creates and updates of Tokens of ours, none twice, an outcome each, as if each had been called by itself, the
   * creates in the order in which they stand.
   */
  WriteTokens(call: OwnCall & { action: 'WriteTokens'; data: TokenWrite[] }): Promise<WriteOutcome[]>;
}

/** Without a revision a create, with one an update. */
export type TokenWrite = OwnToken & { revision?: string };
export type WriteOutcome = 'done' | CrudError['code'];

/** The most Tokens in one ReadTokens or WriteTokens. */
export const maxTokensAtOnce = 99;

/** What a storage does for the Tokens module. Objects are canonical (lib/ocpi/token.ts), whatever `version` says. */
export interface TokensStorage {
  /**
   * How long a write may take from its beginning until every reader sees it, indexes and our own clocks included; milliseconds.
   * Half of it is for the write itself, which is one attempt. What has not landed by then may only land where a stream tells it,
   * as functions/stream/ needs it (docs/architecture.md, Time).
   */
  settleMs: number;
  /** A stream of what is written leads to functions/sync/wake-sync.ts, so that the writer need not tell it. */
  hasStream?: true;
  /** Strongly consistent. @returns undefined if there is no such Token */
  get(call: TokensCall & TokenAddress): Promise<StoredToken | undefined>;
  list(call: ListOwn | ListReceived): Promise<TokenPage>;
  /**
   * Stores a new Token.
   * @throws CrudError 'already-exists': a Token that is there is never overwritten; 'conflict' if nothing was written, and the
   * same may succeed now
   */
  create(call: CreateToken): Promise<void>;
  /**
   * Replaces a Token that `get` has returned.
   * @throws CrudError 'conflict' if it has changed since, or is not there; it is never created
   */
  update(call: UpdateToken): Promise<void>;
  /**
   * Erases. A received Token is gone. One of ours is replaced, in its place of the list, by what the call carries, which may have
   * another uid and type: all at once or not at all.
   * @throws CrudError 'conflict' if it has changed since, or is not there; 'already-exists' if what is to replace it does
   */
  delete(call: DeleteToken): Promise<void>;
  actions?: Partial<TokenActions>;
}

/** What the core calls: a storage, with its actions behind `do`. */
export interface TokensCrud extends Omit<TokensStorage, 'actions'> {
  /** Whether the storage has an optional action. */
  has(action: keyof TokenActions): boolean;
  do<Action extends keyof TokenActions>(
    call: Parameters<TokenActions[Action]>[0] & { action: Action },
  ): ReturnType<TokenActions[Action]>;
}

/** What every call of the credentials module carries. */
export interface CredentialsCall extends Omit<TokensCall, 'module_id' | 'role'> {
  module_id: 'credentials';
  /** Absent where the call is about all our roles, as from 2.2.1 on it mostly is (VER-09). */
  role?: Role;
}

/** A peer, and what is kept with it so that no request need read it whole. */
export interface PeerWrite {
  data: Peer;
  /** What every request of the peer needs of it: small, whatever the peer has announced. */
  access: PeerAccess;
  /** Names of which each is at most one peer's; those that it had before and are not here are free again. */
  claims: readonly string[];
}

export interface TokenUse {
  /** A canonical DateTime. */
  at: string;
  /** The newest of the peer's tokens that it has ever used. */
  sha256?: string;
}

/** The calls of the credentials module: who our peers are. */
export interface CredentialsCrud {
  get(call: CredentialsCall & { id: string }): Promise<KnownPeer | undefined>;
  /** All peers, by id. */
  list(call: CredentialsCall): Promise<KnownPeer[]>;
  /** @throws CrudError 'already-exists' if the id or one of its tokens is in use; 'claimed' if another peer has a claim of it */
  create(call: CredentialsCall & PeerWrite): Promise<void>;
  /**
   * All at once or not at all.
   * @throws CrudError 'conflict' if it has changed since, or is not there, or nothing was written and the same may succeed now;
   * 'already-exists' if a new token is in use; 'claimed' if another peer has a claim of it
   */
  update(call: CredentialsCall & PeerWrite & { id: string; revision: string }): Promise<void>;
  /** Its tokens stop at once and its claims are free. Deleting a peer that is not there is no error. */
  delete(call: CredentialsCall & { id: string }): Promise<void>;
  /**
   * Finds the peer of a token, strongly consistent: a token counts from the moment its peer is stored, and no
   * longer than that (CRED-12). Whether it has expired, or a later one has replaced it, is for the caller to judge.
   * @param call.sha256 SHA-256, in hexadecimal, of each token that the request may have meant, the likeliest first
   */
  authenticate(call: CredentialsCall & { sha256: readonly string[] }): Promise<Authenticated | undefined>;
  /**
   * Notes that the peer is alive. A use without `sha256` leaves the last one with it as it is, and so does one with it that is
   * older than that, because a note that comes late would bring back a token that has ended (CRED-30).
   */
  recordUse(call: CredentialsCall & { id: string } & TokenUse): Promise<void>;
  lastUse(call: CredentialsCall & { id: string }): Promise<TokenUse | undefined>;
  /** @param call.claims at most 100. @returns who has each of them: the peer's id, or undefined */
  claimHolders(call: CredentialsCall & { claims: readonly string[] }): Promise<(string | undefined)[]>;
}

export interface KnownPeer extends Stored<Peer> {
  /** The last that was recorded. */
  lastUse?: TokenUse;
}

export interface Authenticated {
  access: PeerAccess;
  /** The first of the hashes that is one of the peer's. */
  sha256: string;
}

/** A small JSON object; what is in it is the business of who wrote it. */
export type JsonObject = Record<string, unknown>;

/** Where a record is: collections and ids are printable ASCII, of at most 200 characters each, and compare with case. */
export interface RecordAddress {
  collection: string;
  id: string;
}

export interface RecordPage {
  /** By id. */
  items: (Stored<JsonObject> & { id: string })[];
  /** Present if there are more. */
  next?: string;
}

/** Small JSON objects in collections: what sync, handshakes and the operator need to remember. Reads are strongly consistent. */
export interface RecordsStorage {
  get(call: RecordAddress): Promise<Stored<JsonObject> | undefined>;
  /** Those whose ids begin with `prefix`, in pages of at most `limit`. */
  list(call: { collection: string; prefix?: string; after?: string; limit: number }): Promise<RecordPage>;
  /** @returns the revision. @throws CrudError 'already-exists' */
  create(call: RecordAddress & { data: JsonObject }): Promise<string>;
  /** @returns the new revision. @throws CrudError 'conflict' */
  update(call: RecordAddress & { data: JsonObject; revision: string }): Promise<string>;
  /** Without a revision whatever it holds. Deleting what is not there is no error. @throws CrudError 'conflict' */
  delete(call: RecordAddress & { revision?: string }): Promise<void>;
}

/** What a company swaps: one of these or all. */
export interface Storage {
  tokens: TokensStorage;
  credentials: CredentialsCrud;
  records: RecordsStorage;
}

/** A storage as the core sees it. */
export interface Backend extends Omit<Storage, 'tokens'> {
  tokens: TokensCrud;
}

/** How a write says that the object is not as the caller believed. The core then starts again from `get`, or gives up. */
export class CrudError extends Error {
  readonly code: 'already-exists' | 'conflict' | 'claimed';

  constructor(code: CrudError['code'], options?: ErrorOptions) {
    super(code, options);
    this.name = 'CrudError';
    this.code = code;
  }
}
