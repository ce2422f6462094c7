/** The one place that writes peers: with what every request needs of them, and with the parties that are theirs alone. */

import { peersCall } from '../crud/calls.ts';
import { removeCollection } from '../crud/collection.ts';
import { type Backend, type CredentialsCall, CrudError, type KnownPeer, type PeerWrite } from '../crud/crud.ts';
import { retryOnConflict } from '../crud/retry.ts';
import type { Platform } from '../ocpi/versions.ts';
import { forgetPeer } from '../sync/forget.ts';
import { accessOf } from './access.ts';
import { allowanceCollection } from './allowance.ts';
import { claimsOf, mostClaims } from './claims.ts';
import { isMeasured, mostMeasured } from './measured.ts';
import type { Peer } from './peer.ts';
import { fewTokens } from './tokens.ts';

const removalPatienceMs = 20_000;

/** What it takes to write a peer. */
export interface Peers {
  backend: Pick<Backend, 'credentials'>;
  config: Pick<Platform, 'parties'>;
}

/** Why a peer cannot be as it is to be written. For the operator: it says who has what. */
export class PeerConflict extends Error {
  /** `EMSP DE ABC`, where it is parties that others have. */
  readonly claims: readonly string[];

  constructor(message: string, claims: readonly string[] = []) {
    super(message);
    this.name = 'PeerConflict';
    this.claims = claims;
  }
}

/** @throws PeerConflict if there is no such peer */
export async function readPeer({ backend }: Pick<Peers, 'backend'>, id: string): Promise<KnownPeer> {
  const known = await backend.credentials.get({ ...peersCall, id });
  if (!known) throw new PeerConflict(`There is no peer ${id}`);
  return known;
}

/**
 * One transaction of DynamoDB takes 100 actions. An update that replaces everything takes 1 for the peer, 2 × 5 for its tokens,
 * old and new, and 2 × 40 for its claims: 91.
 */
function writeOf(peer: Peer, platform: Pick<Platform, 'parties'>): PeerWrite {
  const { claims, ours } = claimsOf(peer, platform);
  if (ours.length > 0) throw new PeerConflict(`${ours.join(', ')} is a party of ours`, ours);
  if (claims.length > mostClaims) {
    throw new PeerConflict(
      `A peer may have ${mostClaims} parties, each counted in each of its roles, and ${peer.id} would have ${claims.length}`,
    );
  }
  return { data: peer, access: accessOf(peer), claims };
}

/** @returns what to say of the parties that others have */
async function taken({ backend }: Peers, id: string, claims: readonly string[]): Promise<PeerConflict> {
  const holders = await backend.credentials.claimHolders({ ...peersCall, claims });
  const others = claims
    .map((claim, i) => ({ claim, holder: holders[i] }))
    .filter(({ holder }) => holder !== undefined && holder !== id);
  // Whoever had it may have gone in between.
  if (others.length === 0) return new PeerConflict('Another peer had a party of this one just now', claims);
  return new PeerConflict(
    others.map(({ claim, holder }) => `${claim} is a party of the peer ${holder}`).join(', '),
    others.map(({ claim }) => claim),
  );
}

async function inWords<T>(peers: Peers, { data, claims }: PeerWrite, write: Promise<T>): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof CrudError && error.code === 'claimed') throw await taken(peers, data.id, claims);
    throw error;
  }
}

/**
 * @param call what caused it, if a request did
 * @throws PeerConflict if others have what it is to have; CrudError 'already-exists' if its id or a token is in use
 */
export async function createPeer(peers: Peers, peer: Peer, call: CredentialsCall = peersCall): Promise<void> {
  const known = await peers.backend.credentials.list(peersCall);
  const hasRoom = known.filter(({ data }) => isMeasured(data)).length < mostMeasured;
  const write = writeOf({ ...peer, ...(hasRoom && { isAmongFirst: true }) }, peers.config);
  await inWords(peers, write, peers.backend.credentials.create({ ...call, ...write }));
}

/**
 * Replaces a peer that was read.
 * @throws PeerConflict if others have what it is to have; CrudError 'conflict' if it has changed since, or the same may succeed now
 */
export async function updatePeer(
  peers: Peers,
  { revision, lastUse }: Pick<KnownPeer, 'revision' | 'lastUse'>,
  changed: Peer,
  call: CredentialsCall = peersCall,
): Promise<void> {
  const peer = { ...changed, tokensWeGave: fewTokens(changed.tokensWeGave, lastUse) };
  const write = writeOf(peer, peers.config);
  await inWords(peers, write, peers.backend.credentials.update({ ...call, ...write, id: peer.id, revision }));
}

/** Changes a peer as it is now, whoever else changes it at the same time. @throws PeerConflict */
export const changePeer = (peers: Peers, id: string, edit: (peer: Peer) => Peer): Promise<Peer> =>
  retryOnConflict(async () => {
    const known = await readPeer(peers, id);
    const changed = edit(known.data);
    await updatePeer(peers, known, changed);
    return changed;
  });

/** Creates a peer, or changes the one that has its id. @throws PeerConflict */
export const putPeer = (peers: Peers, id: string, edit: (peer: Peer) => Peer): Promise<Peer> =>
  retryOnConflict(async () => {
    const known = await peers.backend.credentials.get({ ...peersCall, id });
    const peer = edit(known?.data ?? { id, roles: [], tokensWeGave: [] });
    if (known) await updatePeer(peers, known, peer);
    else await createPeer(peers, peer);
    return peer;
  });

/**
 * Forgets a peer: its tokens stop at once, its parties are free, and what it listed as a hub and where syncing with it was goes too. None is no error.
 * @throws Error of the storage
 */
export async function removePeer(
  { credentials, records }: Pick<Backend, 'credentials' | 'records'>,
  id: string,
): Promise<void> {
  const known = await credentials.get({ ...peersCall, id });
  await credentials.delete({ ...peersCall, id });
  await forgetPeer(records, id, removalPatienceMs);
  await removeCollection(records, allowanceCollection(id), removalPatienceMs);
  if (known?.data.listed) await removeCollection(records, known.data.listed.collection, removalPatienceMs);
}
