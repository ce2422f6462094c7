/** A world that pulls for a while: partners whose lists change and who push too, a minute's schedule, a queue, and workers that die. */
import { isDeepStrictEqual } from 'node:util';
import { withActions } from '../../../lib/crud/actions.ts';
import { peersCall, receivedTokensCall } from '../../../lib/crud/calls.ts';
import type { Backend, StoredToken, TokenActions, TokensStorage } from '../../../lib/crud/crud.ts';
import { memoryCredentials } from '../../../lib/crud/memory/credentials.ts';
import { memoryRecords } from '../../../lib/crud/memory/records.ts';
import { memoryTokens } from '../../../lib/crud/memory/tokens.ts';
import { OcpiError } from '../../../lib/errors.ts';
import type { PartyId, VersionNumber } from '../../../lib/ocpi/versions.ts';
import type { Peer } from '../../../lib/peers/peer.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import type { Wake } from '../../../lib/sync/runtime.ts';
import { wakeDue } from '../../../lib/sync/wake.ts';
import type { Wishes } from '../../../lib/sync/wishes.ts';
import { putToken } from '../../../lib/tokens/received/put.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { peerCreation } from '../builders.ts';
import { config as baseConfig } from '../runtime.ts';
import { settleMs } from '../slow-tokens.ts';
import type { World } from '../world.ts';
import { type FifoQueue, fifoQueue } from './fifo-queue.ts';
import {
  createListingPartner,
  type ListedToken,
  type ListingOptions,
  type ListingPartner,
  stateOf,
  tokenListed,
} from './listing-partner.ts';
import { mortal, type Perils } from './mortal.ts';
import {
  changeWishes,
  clocksOf,
  connectedPeer,
  countedIds,
  delayed,
  functionsIn,
  minuteMs,
  putPeer,
} from './simulated.ts';

export interface PulledPartner extends ListingOptions {
  roles: Peer['roles'];
  settings: PeerSettings;
}

export interface PulledWorldOptions {
  partners: Record<string, PulledPartner>;
  /** Whether the storage reads many at once. */
  readsMany: boolean;
  workers: number;
  perils: Perils;
  queuePerils: FifoQueue['perils'];
}

export interface PulledWorld {
  partners: Map<string, ListingPartner>;
  records: Backend['records'];
  queue: FifoQueue;
  perils: Perils;
  /** What must never happen, and did. */
  findings: string[];
  /** Of the storage, by all slices. */
  requests: number;
  /** Of Tokens, by slices. */
  writes: number;
  slices: number;
  minute(): Promise<void>;
  minutes(count: number): Promise<void>;
  wish(id: string, edit: (wishes: Wishes) => Wishes): Promise<void>;
  remove(id: string): Promise<void>;
  comeBack(id: string): Promise<void>;
  /** The partner sends a Token as it was at a time. */
  push(id: string, listed: ListedToken): Promise<void>;
  /** What we hold of a party. */
  copy(party: PartyId): Promise<StoredToken[]>;
}

const config = { ...baseConfig, parties: [{ role: 'CPO' as const, country_code: 'NL', party_id: 'LCP' }] };

const peerOf = (id: string, { version, roles, settings }: PulledPartner): Peer =>
  connectedPeer({ id, version, roles, settings, ourRole: 'CPO' }, 'SENDER');

export async function startPulledWorld(world: World, options: PulledWorldOptions): Promise<PulledWorld> {
  const newId = countedIds();
  const records = delayed(world, memoryRecords(newId));
  const known = memoryCredentials(newId);
  const credentials = delayed(world, known);
  const kept = memoryTokens(newId);
  const tokens = crudOf(world, kept, options.readsMany);
  const clocks = clocksOf(world);
  const partners = new Map(
    Object.entries(options.partners).map(([id, each]) => [id, createListingPartner(world, id, each)]),
  );

  /** Whatever a pull writes is looked at. */
  const pulledTokens: Backend['tokens'] = {
    ...tokens,
    async create(call) {
      await tokens.create(call);
      pulled.writes += 1;
    },
    async update(call) {
      await world.sleep(world.between(1, 12));
      const before = await kept.get(call);
      await kept.update(call);
      pulled.writes += 1;
      const [was, is] = [before?.data ?? call.data, call.data];
      const name = `${is.party_id} ${is.uid}`;
      if (isDeepStrictEqual({ ...was }, { ...is })) pulled.findings.push(`${name} was written unchanged`);
      if (stateOf(is) < stateOf(was)) pulled.findings.push(`${name} went back from ${stateOf(was)} to ${stateOf(is)}`);
      const isListed = [...partners.values()].some(({ list }) =>
        list.some(
          ({ uid, owner, valid, state }) =>
            uid === is.uid && owner.party_id === is.party_id && valid && state === stateOf(is),
        ),
      );
      if (was.valid && !is.valid && isListed) pulled.findings.push(`${name} is listed, and was made invalid`);
    },
  };

  async function work(wake: Wake): Promise<boolean> {
    const life = mortal(world, pulled.perils);
    const outcome = await functions.work(life, wake);
    pulled.slices += 1;
    pulled.requests += life.asked();
    return outcome === 'done';
  }

  const queue = fifoQueue(world, { workers: options.workers, work, perils: options.queuePerils });
  const functions = functionsIn({
    world,
    config,
    newId,
    clocks,
    backend: { tokens: pulledTokens, records, credentials },
    partners,
    send: (wakes) => queue.send(wakes),
  });
  const optionsOf = (id: string) => options.partners[id] as PulledPartner;
  const pulled: PulledWorld = {
    partners,
    records,
    queue,
    perils: options.perils,
    findings: [],
    requests: 0,
    writes: 0,
    slices: 0,
    async minute() {
      await functions.run(mortal(world, pulled.perils), wakeDue);
    },
    async minutes(count) {
      for (let minute = 0; minute < count; minute += 1) {
        await pulled.minute();
        await world.sleep(minuteMs);
      }
    },
    wish: (id, edit) => changeWishes(records, { peer: id, direction: 'pull' }, edit),
    remove: (id) => credentials.delete({ ...peersCall, id }),
    comeBack: (id) => putPeer(credentials, peerOf(id, optionsOf(id))),
    async push(id, listed) {
      const data = tokenListed(listed);
      const { country_code, party_id, uid, type: token_type } = data;
      const call = { ...receivedTokensCall, country_code, party_id, id: uid, token_type };
      const receiver = { backend: { tokens }, now: world.oneOf(clocks) };
      await putToken(receiver, wires[optionsOf(id).version], call, data).catch((error: unknown) => {
        // Late, and said so.
        if (!(error instanceof OcpiError)) throw error;
      });
    },
    async copy(party) {
      const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: 10_000 };
      return (await kept.list({ ...receivedTokensCall, ...party, filters })).items;
    },
  };
  for (const [id, each] of Object.entries(options.partners)) await known.create(peerCreation(peerOf(id, each)));
  return pulled;
}

export const versionOf = (isHub: boolean): VersionNumber => (isHub ? '2.1.1' : '2.2.1');

function crudOf(world: World, kept: TokensStorage, readsMany: boolean): Backend['tokens'] {
  const ReadTokens: TokenActions['ReadTokens'] = async (call) => {
    await world.sleep(world.between(1, 12));
    return Promise.all(call.data.map((address) => kept.get({ ...call, ...address })));
  };
  const { actions: _, ...calls } = kept;
  // What a storage promises where its clients have clocks of their own.
  const storage = { ...delayed(world, calls), settleMs, ...(readsMany && { actions: { ReadTokens } }) };
  return withActions(storage, async () => undefined);
}
