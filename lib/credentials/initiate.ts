/** The handshake as the side that begins: we register with a partner, renew, move to a newer version, and unregister. */
import { PeerError } from '../client/peer-error.ts';
import type { CredentialsCall, KnownPeer } from '../crud/crud.ts';
import { retryOnConflict } from '../crud/retry.ts';
import { OcpiError } from '../errors.ts';
import type { Credentials } from '../ocpi/credentials.ts';
import type { Role, VersionNumber } from '../ocpi/versions.ts';
import type { PartnerRuntime } from '../partner-runtime.ts';
import { type AccessToken, type Connection, isRegistered, type Peer } from '../peers/peer.ts';
import type { PeerSettings } from '../peers/settings.ts';
import { type Wire, wires } from '../wire/wire.ts';
import { newCredentialsToken, sha256 } from './access-token.ts';
import { withRightfulRoles } from './claims.ts';
import { connected, disconnected, handOver, inDays } from './connect.ts';
import { credentialsUrlOf, type Discovery, discover } from './discover.ts';
import { ownCredentials } from './own.ts';
import { askPeer, type PeerAccess } from './peer-access.ts';

/** These calls come from an operator and not from a request, so no peer's token goes with them. */
const operatorCall: CredentialsCall = { module_id: 'credentials', version: '2.3.0', auth_token: '' };

/** What went wrong, for an operator: what happened, what it means for the connection, and what to do. */
export class HandshakeError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'HandshakeError';
  }
}

type Storage = Pick<PartnerRuntime, 'backend'>;

/** @throws HandshakeError if there is no such peer */
async function readPeer({ backend }: Storage, id: string): Promise<KnownPeer> {
  const stored = await backend.credentials.get({ ...operatorCall, id });
  if (!stored) throw new HandshakeError(`There is no peer ${id}`);
  return stored;
}

/** Writes a peer that was read before. The revision keeps two operators, or an operator and the partner, from undoing each other. */
async function save({ backend }: Storage, peer: Peer, revision: string | undefined): Promise<void> {
  if (revision === undefined) await backend.credentials.create({ ...operatorCall, data: peer });
  else await backend.credentials.update({ ...operatorCall, id: peer.id, data: peer, revision });
}

/** Changes a peer as it is now, whoever else changes it at the same time. */
export const changePeer = (runtime: Storage, id: string, edit: (peer: Peer) => Peer | Promise<Peer>): Promise<Peer> =>
  retryOnConflict(async () => {
    const { data, revision } = await readPeer(runtime, id);
    const changed = await edit(data);
    await save(runtime, changed, revision);
    return changed;
  });

/** Far more tries than anybody makes before he calls the partner, and few enough to store. */
const mostPending = 20;

/** Of tokens whose fate is unknown only the latest are kept: they do not expire, because the partner may believe in one of them. */
const withFewPending = (tokens: AccessToken[]): AccessToken[] => {
  const kept = new Set(tokens.filter(({ isPending }) => isPending).slice(-mostPending));
  return tokens.filter((token) => !token.isPending || kept.has(token));
};

const without = (tokens: AccessToken[], token: string): AccessToken[] =>
  tokens.filter((each) => each.sha256 !== sha256(token));

/** @throws HandshakeError if the version wants to know which of our roles the connection is about, and nobody says so */
function roleFor({ config }: PartnerRuntime, { wire }: Discovery, asked: Role | undefined): Role | undefined {
  if (!wire.hasTreePerRole) return undefined;
  const roles = [...new Set(config.parties.map(({ role }) => role))];
  const [only, ...others] = roles;
  const role = asked ?? (others.length === 0 ? only : undefined);
  if (!role)
    throw new HandshakeError(
      `In ${wire.version} a connection is about one role of ours: say which, --as CPO or --as EMSP`,
    );
  return role;
}

interface Exchange {
  method: 'POST' | 'PUT';
  access: PeerAccess;
  discovery: Discovery;
  ourRole: Role | undefined;
  /** What this partner's tokens become when the new one is in force. */
  takeOver: (peer: Peer, newToken: string) => AccessToken[];
}

/**
 * Sends our credentials with a new token and takes on the partner's. The new token works before it is sent, because the partner
 * comes back with it while our request is open (CRED-12); if the answer is lost it goes on working, because the partner may
 * believe in it (CRED-30).
 * @throws HandshakeError
 */
async function exchange(
  runtime: PartnerRuntime,
  { method, access, discovery, ourRole, takeOver }: Exchange,
): Promise<Peer> {
  const { wire, endpoints } = discovery;
  const { id } = access;
  const newToken = newCredentialsToken();
  const pending: AccessToken = { sha256: sha256(newToken), isPending: true };
  await changePeer(runtime, id, (peer) => ({
    ...peer,
    tokensWeGave: [...withFewPending(peer.tokensWeGave), pending],
  }));

  const body = wire.encodeCredentials(ownCredentials(runtime.config, newToken, ourRole), ourRole);
  const url = credentialsUrlOf(endpoints) ?? '';
  let theirs: Credentials;
  try {
    const question = { module_id: 'credentials', method, url, body, wire } as const;
    const { data } = await askPeer(runtime, { ...access, seenEncoding: discovery.encoding }, question);
    theirs = wire.decodeCredentials(data, ourRole);
  } catch (error) {
    throw await afterFailure(runtime, id, newToken, method, error);
  }

  const all = await runtime.backend.credentials.list(operatorCall);
  const others = all.map(({ data }) => data).filter((other) => other.id !== id);
  try {
    return await changePeer(runtime, id, async (peer) => {
      const rightful = withRightfulRoles(theirs, peer, others, runtime.config);
      return {
        ...(await connected(runtime, peer, rightful, discovery, ourRole)),
        tokensWeGave: takeOver(peer, newToken),
      };
    });
  } catch (error) {
    if (error instanceof OcpiError) throw await retreat(runtime, { ...access, token: theirs.token }, url, wire, error);
    throw error;
  }
}

/** The partner has accepted us and we cannot accept the partner: both sides forget about it. */
async function retreat(
  runtime: PartnerRuntime,
  access: PeerAccess,
  url: string,
  wire: Wire,
  cause: OcpiError,
): Promise<Error> {
  await askPeer(runtime, access, { module_id: 'credentials', method: 'DELETE', url, wire }).catch(() => undefined);
  await changePeer(runtime, access.id, disconnected);
  return new HandshakeError(`${access.id} announces what it may not: ${cause.message}. The connection was ended`, {
    cause,
  });
}

/** Whether the partner has certainly not accepted. A failure of its own may have come after the deed. */
const isRefusal = ({ kind, http = 0, status_code = 0 }: PeerError): boolean =>
  kind === 'forbidden-url' || (kind === 'refused' && http < 500 && status_code !== 3000);

/** A refusal leaves nothing behind; after anything else the partner may have accepted, so what we sent stays good. */
async function afterFailure(
  runtime: PartnerRuntime,
  id: string,
  newToken: string,
  method: 'POST' | 'PUT',
  error: unknown,
): Promise<Error> {
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof PeerError && isRefusal(error)) {
    await changePeer(runtime, id, (peer) => ({ ...peer, tokensWeGave: without(peer.tokensWeGave, newToken) }));
    return new HandshakeError(`${id} refused our credentials: ${reason}. Nothing has changed`, { cause: error });
  }
  const remedy =
    method === 'POST'
      ? 'If they say that we are registered, ask them for a new token A and run this again'
      : 'Both the old and the new token work; run this again';
  return new HandshakeError(`${id} gave no usable answer: ${reason}. ${remedy}`, { cause: error });
}

export interface Registration {
  id: string;
  versionsUrl: string;
  /** The CREDENTIALS_TOKEN_A that the partner gave us. */
  tokenA: string;
  settings: PeerSettings;
  /** The role of ours that the connection is about, if it is to be of 2.1.1. */
  ourRole?: Role | undefined;
  version?: VersionNumber | undefined;
}

/**
 * Registers us with a partner, in the newest version that both serve. A peer that is there already is registered anew.
 * @throws HandshakeError; OcpiError if the partner's API does not work or lacks something, and then nothing was sent (CRED-33)
 */
export async function register(
  runtime: PartnerRuntime,
  { id, versionsUrl, tokenA, settings, ourRole, version }: Registration,
): Promise<Peer> {
  const known = await runtime.backend.credentials.get({ ...operatorCall, id });
  const peer: Peer = { ...(known?.data ?? disconnected({ id, roles: [], tokensWeGave: [] })) };
  peer.settings = { ...peer.settings, ...settings };

  const access = { id, token: tokenA, settings: peer.settings };
  const discovery = await discover(runtime, access, versionsUrl, version ?? 'latest');
  const role = roleFor(runtime, discovery, ourRole);
  await save(runtime, peer, known?.revision);
  return exchange(runtime, {
    method: 'POST',
    access,
    discovery,
    ourRole: role,
    takeOver: (_peer, newToken) => [{ sha256: sha256(newToken) }],
  });
}

const notRegistered = (id: string) => new HandshakeError(`${id} is not registered`);

/** @throws HandshakeError if the peer is not registered, or its token cannot be opened */
export async function accessTo(runtime: PartnerRuntime, peer: Peer): Promise<PeerAccess & { connection: Connection }> {
  const { id, connection, settings = {} } = peer;
  if (!connection) throw notRegistered(id);
  const token = await runtime.vault.open(connection.sealedToken, id).catch((cause: unknown) => {
    throw new HandshakeError(`The token of ${id} cannot be opened: it was sealed with another SECRETS_KEY`, { cause });
  });
  return { id, token, settings, connection };
}

/**
 * Exchanges new tokens, and looks at the partner's versions and endpoints afresh (CRED-23, CRED-31).
 * @param version the one to move to; by default the one in use stays
 * @throws HandshakeError, OcpiError
 */
export async function renew(
  runtime: PartnerRuntime,
  id: string,
  version?: VersionNumber | 'latest',
  ourRole?: Role,
): Promise<Peer> {
  const { data: peer } = await readPeer(runtime, id);
  const { connection, ...access } = await accessTo(runtime, peer);
  const wanted = version ?? peer.version ?? 'latest';
  const discovery = await discover(
    runtime,
    // Another version may take the token in another way.
    { ...access, seenEncoding: wanted === peer.version ? connection.authorizationEncoding : undefined },
    connection.versionsUrl,
    wanted,
  );
  return exchange(runtime, {
    method: 'PUT',
    access,
    discovery,
    ourRole: roleFor(runtime, discovery, ourRole ?? peer.ourRole),
    takeOver: ({ tokensWeGave }, newToken) => handOver(runtime, tokensWeGave, newToken),
  });
}

/**
 * Ends the connection on both sides (CRED-24). What the partner does not know any more has ended too.
 * @param force to end it here even if the partner cannot be told
 * @throws HandshakeError
 */
export async function unregister(runtime: PartnerRuntime, id: string, force: boolean): Promise<void> {
  const { data: peer } = await readPeer(runtime, id);
  if (!isRegistered(peer)) throw notRegistered(id);
  try {
    const { connection, ...access } = await accessTo(runtime, peer);
    await askPeer(
      runtime,
      { ...access, seenEncoding: connection.authorizationEncoding },
      {
        module_id: 'credentials',
        method: 'DELETE',
        url: credentialsUrlOf(connection.endpoints) ?? '',
        wire: wires[peer.version ?? '2.3.0'],
      },
    );
  } catch (error) {
    if (!hasEnded(error) && !force) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new HandshakeError(
        `${id} could not be told: ${reason}. Nothing has changed; force it to end the connection here`,
        {
          cause: error,
        },
      );
    }
  }
  await changePeer(runtime, id, disconnected);
}

/** The partner knows us no more, or has said so without OCPI's envelope. */
const hasEnded = (error: unknown): boolean =>
  error instanceof PeerError && (error.http === 401 || error.http === 405 || error.http === 204);

/** What to send to a partner, who then registers with us. */
export interface Invitation {
  peer: Peer;
  /** The CREDENTIALS_TOKEN_A, shown this once. */
  token: string;
  expiresAt: string;
}

/**
 * Makes a CREDENTIALS_TOKEN_A, for a new peer or for one that has lost its token (CRED-29). A former one is void.
 * @param validDays how long it is good
 */
export async function invite(
  runtime: PartnerRuntime,
  id: string,
  settings: PeerSettings,
  validDays: number = runtime.config.invitationDays,
): Promise<Invitation> {
  const known = await runtime.backend.credentials.get({ ...operatorCall, id });
  const peer = known?.data ?? disconnected({ id, roles: [], tokensWeGave: [] });
  const token = newCredentialsToken();
  const expiresAt = inDays(runtime, validDays);
  const invited: Peer = {
    ...peer,
    settings: { ...peer.settings, ...settings },
    tokensWeGave: [
      ...peer.tokensWeGave.filter(({ isForRegistration }) => !isForRegistration),
      { sha256: sha256(token), isForRegistration: true, expiresAt },
    ],
  };
  await save(runtime, invited, known?.revision);
  return { peer: invited, token, expiresAt };
}
