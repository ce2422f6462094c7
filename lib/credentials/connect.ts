/** What a peer becomes when credentials have been exchanged, whichever side began. */
import { removeCollection } from '../crud/collection.ts';
import type { CredentialsCall, KnownPeer } from '../crud/crud.ts';
import { retryOnConflict } from '../crud/retry.ts';
import type { Credentials, CredentialsRole } from '../ocpi/credentials.ts';
import type { Role } from '../ocpi/versions.ts';
import { writeListed } from '../peers/listed.ts';
import type { AccessToken, Connection, Listed, Peer, PeerParty } from '../peers/peer.ts';
import { readPeer, updatePeer } from '../peers/store.ts';
import { isExpired } from '../peers/tokens.ts';
import type { PeerRuntime } from '../runtime/peer-runtime.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { forgetPeer } from '../sync/forget.ts';
import { formerListKept, syncKept } from '../telemetry/events.ts';
import { sha256 } from './access-token.ts';
import { rightfulParties } from './claims.ts';
import { type Discovery, refuseForbiddenUrl } from './discover.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

const inHours = (runtime: Pick<PeerRuntime, 'now'>, hours: number): string =>
  new Date(runtime.now().getTime() + hours * hourMs).toISOString();

export const inDays = (runtime: Pick<PeerRuntime, 'now'>, days: number): string =>
  new Date(runtime.now().getTime() + days * dayMs).toISOString();

/**
 * The peer's tokens when a new one takes over: those that it may still hold stay good until the new one is first used, or for
 * a while (CRED-30). One that was replaced before ends when it was to end then.
 */
export function handOver(runtime: PeerRuntime, tokens: readonly AccessToken[], newToken: string): AccessToken[] {
  const graceEnd = inHours(runtime, runtime.config.rotationGraceHours);
  const newHash = sha256(newToken);
  const outgoing = tokens
    .filter((token) => !token.isForRegistration && token.sha256 !== newHash && !isExpired(token, runtime.now()))
    .map(({ sha256, expiresAt = graceEnd }) => ({ sha256, expiresAt: expiresAt < graceEnd ? expiresAt : graceEnd }));
  return [...outgoing, { sha256: newHash }];
}

/** What a peer has sent, and what we found where it led us. */
export interface Announced {
  credentials: Credentials;
  discovery: Discovery;
  /** Of a connection in a version with one tree for each role. */
  ourRole: Role | undefined;
}

interface Change {
  /**
   * @param known the peer as it is at the moment of writing
   * @returns its tokens from now on
   * @throws if it is no longer the peer with which this began
   */
  tokens: (known: Peer) => AccessToken[];
  /** What each call carries, if a request caused this. */
  call?: CredentialsCall;
}

const partyOf = ({ role, country_code, party_id, business_details: { name } }: CredentialsRole): PeerParty => ({
  role,
  country_code,
  party_id,
  ...(name !== undefined && { name }),
});

function connected(
  { id, settings }: Peer,
  { credentials, discovery, ourRole }: Announced,
  roles: readonly CredentialsRole[],
  rest: { connection: Connection; tokensWeGave: AccessToken[]; listed?: Listed },
): Peer {
  return {
    id,
    roles: roles.map(partyOf),
    version: discovery.wire.version,
    ...rest,
    ...(credentials.hub_party_id !== undefined && { hub_party_id: credentials.hub_party_id }),
    ...(ourRole && { ourRole }),
    ...(settings && { settings }),
  };
}

/**
 * Takes a peer on as it announces itself: one conditional write, so that of two at once that announce a party one succeeds
 * (CRED-10, CRED-15). What is written before it, nobody refers to.
 * @throws OcpiError 2001 for what it may not announce; PeerConflict for what others have
 */
export async function connectPeer(
  runtime: PeerRuntime,
  id: string,
  announced: Announced,
  { tokens, call }: Change,
): Promise<Peer> {
  const { backend, config, vault, now, newId } = runtime;
  const { credentials, discovery } = announced;
  refuseForbiddenUrl(credentials, config.peerUrls);
  const first = await readPeer(runtime, id);
  const { listed: parties } = rightfulParties(credentials, first.data, config);
  const connection: Connection = {
    versionsUrl: credentials.url,
    endpoints: discovery.endpoints,
    sealedToken: await vault.seal(credentials.token, id),
    authorizationEncoding: discovery.encoding,
    exchangedAt: now().toISOString(),
  };
  const listed = parties && (await writeListed(backend.records, id, newId(), parties));

  const write = async ({ data, ...known }: KnownPeer): Promise<Peer> => {
    const { roles } = rightfulParties(credentials, data, config);
    const rest = { connection, tokensWeGave: tokens(data), ...(listed && { listed }) };
    const peer = connected(data, announced, roles, rest);
    await updatePeer(runtime, known, peer, call);
    return peer;
  };
  try {
    const peer = await retryOnConflict(async () => write(await readPeer(runtime, id)));
    await forgetListed(runtime, first.data.listed);
    return peer;
  } catch (error) {
    await forgetListed(runtime, listed);
    throw error;
  }
}

/** What is left of the time of a function that has done the rest. */
const removalPatienceMs = 4_000;

/** Never rejects: what is left of a list that nobody refers to harms nobody. */
export async function forgetListed({ backend, log }: Runtime, listed: Listed | undefined): Promise<void> {
  if (!listed) return;
  const isGone = await removeCollection(backend.records, listed.collection, removalPatienceMs).catch(() => false);
  if (!isGone) formerListKept(log, listed.collection);
}

/** The same of where syncing with a peer is, whose next connection begins anew: what is left of it the owner removes with the peer. */
export async function forgetSync({ backend, log }: Runtime, id: string): Promise<void> {
  const isGone = await forgetPeer(backend.records, id, removalPatienceMs).catch(() => false);
  if (!isGone) syncKept(log, id);
}

/** What is left of a peer that has unregistered: its name and settings, and nothing that opens a door. */
export const disconnected = ({ id, settings = {} }: Peer): Peer => ({ id, roles: [], tokensWeGave: [], settings });
