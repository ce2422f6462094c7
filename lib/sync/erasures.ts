/**
 * Erases Tokens of ours, in two steps: one is published as invalid at once, and goes when everybody knows who may hold a copy, or
 * after some days. In between a record stands for it, which the schedule works off.
 */
import { ownTokensCall, peersCall } from '../crud/calls.ts';
import { type Backend, CrudError, type StoredToken } from '../crud/crud.ts';
import { retryOnConflict } from '../crud/retry.ts';
import type { PartyId, Platform } from '../ocpi/versions.ts';
import { accessOf, isAmong, mayReadOurTokens } from '../peers/access.ts';
import type { Peer } from '../peers/peer.ts';
import { beginErasing, eraseOwn } from '../tokens/own/erase.ts';
import { createWriteOwn } from '../tokens/own/write.ts';
import { isErased } from '../tokens/settings.ts';
import { forgetToken } from './forget.ts';
import { partiesPushed, whyNoLane } from './lanes.ts';
import { type PushState, readState } from './state.ts';
import { tokenName } from './token-name.ts';
import { isPast } from './told.ts';

const erasuresCollection = 'erasures';

export interface ErasuresRuntime {
  backend: Backend;
  config: Pick<Platform, 'parties'> & { eraseAfterDays: number };
  now: () => Date;
  newId: () => string;
}

/** What stands for an erasure that is under way; its id begins with when it is done at the latest. */
interface Erasure extends PartyId {
  uid: string;
  type: string;
  /** When it was asked for: nobody can have been told before. */
  at: string;
  /** The Token is gone, or is about to be: one of its name that is there later is another. */
  isLast?: true;
}

interface Known {
  id: string;
  data: Erasure;
}

/** `until`: when it is gone at the latest. */
export type Erased = { outcome: 'none' | 'done' } | { outcome: 'waiting'; until: string };

const dayMs = 86_400_000;

const dueIn = (id: string): string => id.slice(0, id.indexOf('#'));

const read = ({ backend }: ErasuresRuntime, { uid: id, type: token_type }: { uid: string; type: string }) =>
  backend.tokens.get({ ...ownTokensCall, id, token_type });

/** Erases a Token as far as it may go now. May be repeated after any failure. */
export async function eraseToken(runtime: ErasuresRuntime, address: { uid: string; type: string }): Promise<Erased> {
  const { backend, config, now } = runtime;
  const stored = await read(runtime, address);
  if (!stored || isErased(stored.settings)) return { outcome: 'none' };
  const { country_code, party_id, uid, type } = stored.data;
  const at = now().toISOString();
  const until = stored.settings?.erasing ?? new Date(Date.parse(at) + config.eraseAfterDays * dayMs).toISOString();
  const erasure = await createOnce(backend, `${until}#${tokenName(address)}`, {
    country_code,
    party_id,
    uid,
    type,
    at,
  });
  await createWriteOwn(runtime)([beginErasing(stored.data, until)]);
  const isDone = await goOn(runtime, await readersOf(runtime), erasure);
  return isDone ? { outcome: 'done' } : { outcome: 'waiting', until };
}

async function createOnce({ records }: Pick<Backend, 'records'>, id: string, data: Erasure): Promise<Known> {
  try {
    await records.create({ collection: erasuresCollection, id, data: { ...data } });
  } catch (error) {
    if (!(error instanceof CrudError && error.code === 'already-exists')) throw error;
  }
  return { id, data };
}

/** Whoever may hold copies of our Tokens, and how far its push is. */
interface Reader {
  peer: Peer;
  /** Undefined if nobody pushes to it. */
  state: PushState | undefined;
}

interface Readers {
  readers: Reader[];
  /** All that there are. */
  peers: string[];
}

const hasToken = ({ tokensWeGave }: Peer): boolean => tokensWeGave.some(({ isForRegistration }) => !isForRegistration);

async function readersOf({ backend, config }: ErasuresRuntime): Promise<Readers> {
  const all = (await backend.credentials.list(peersCall)).map(({ data }) => data);
  const may = all.filter((peer) => hasToken(peer) && mayReadOurTokens(accessOf(peer)));
  const readers = await Promise.all(
    may.map(async (peer) => {
      const isPushed = whyNoLane(config, peer, 'push') === undefined;
      const state = isPushed ? await readState(backend, { peer: peer.id, direction: 'push' }) : undefined;
      return { peer, state: state?.data };
    }),
  );
  return { readers, peers: all.map(({ id }) => id) };
}

/** Who takes no push, or has none yet, learns it from our list, and nobody knows when. */
const allKnow = ({ config }: ErasuresRuntime, { readers }: Readers, party: PartyId, stamp: string): boolean =>
  readers
    .filter(({ peer }) => isAmong(partiesPushed(config, peer), party))
    .every(({ state }) => state !== undefined && isPast(state, stamp));

/** @returns whether nothing is left to do */
async function goOn(runtime: ErasuresRuntime, readers: Readers, { id, data }: Known): Promise<boolean> {
  const { backend, now } = runtime;
  const { uid, type, isLast } = data;
  const isDue = dueIn(id) <= now().toISOString();
  if (!isLast && !isDue && !allKnow(runtime, readers, data, data.at)) return false;
  const stored = await read(runtime, data);
  if (isMeant(stored, { id, data })) {
    if (stored.settings?.erasing === undefined) await createWriteOwn(runtime)([beginErasing(data, dueIn(id))]);
    const stamp = (await read(runtime, data))?.data.last_updated ?? '';
    if (!isDue && !allKnow(runtime, readers, data, stamp)) return false;
    if (!isLast) await markLast(backend, { id, data });
    await eraseOwn(runtime, data);
  }
  if (!(await forgetToken(backend.records, readers.peers, { uid, type }, now()))) return false;
  await backend.records.delete({ collection: erasuresCollection, id });
  return true;
}

/** Whether the Token that is there is not one that has taken its name since. */
function isMeant(stored: StoredToken | undefined, { id, data }: Known): stored is StoredToken {
  if (!stored) return false;
  const { erasing } = stored.settings ?? {};
  return erasing === undefined ? !data.isLast : erasing === dueIn(id);
}

const markLast = ({ records }: Pick<Backend, 'records'>, { id, data }: Known): Promise<void> =>
  retryOnConflict(async () => {
    const address = { collection: erasuresCollection, id };
    const stored = await records.get(address);
    if (stored) await records.update({ ...address, data: { ...data, isLast: true }, revision: stored.revision });
  });

const pageSize = 100;

/**
 * Goes on with all erasures that are under way.
 * @param mayGoOn asked after each, because there may be more than the time allows
 * @returns how many were completed
 */
export async function completeErasures(runtime: ErasuresRuntime, mayGoOn: () => boolean = () => true): Promise<number> {
  const { records } = runtime.backend;
  let completed = 0;
  let readers: Readers | undefined;
  let after: string | undefined;
  do {
    const page = await records.list({ collection: erasuresCollection, limit: pageSize, ...(after && { after }) });
    for (const { id, data } of page.items) {
      readers ??= await readersOf(runtime);
      if (await goOn(runtime, readers, { id, data: data as unknown as Erasure })) completed += 1;
      if (!mayGoOn()) return completed;
    }
    after = page.next;
  } while (after !== undefined);
  return completed;
}
