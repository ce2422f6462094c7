/** A world that pulls for a while: partners whose lists change and who push too, a minute's schedule, a queue, and workers that die. */
import { isDeepStrictEqual } from 'node:util';
import { withActions } from '../../../lib/crud/actions.ts';
import { peersCall, receivedTokensCall } from '../../../lib/crud/calls.ts';
import { changeRecord } from '../../../lib/crud/change-record.ts';
import type { Backend, StoredToken, TokenActions, TokensStorage } from '../../../lib/crud/crud.ts';
import { memoryCredentials } from '../../../lib/crud/memory/credentials.ts';
import { memoryRecords } from '../../../lib/crud/memory/records.ts';
import { memoryTokens } from '../../../lib/crud/memory/tokens.ts';
import { OcpiError } from '../../../lib/errors.ts';
import type { PartyId, VersionNumber } from '../../../lib/ocpi/versions.ts';
import type { Peer } from '../../../lib/peers/peer.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import type { SyncRuntime, Wake } from '../../../lib/sync/runtime.ts';
import { runSlice } from '../../../lib/sync/slice.ts';
import { wakeDue } from '../../../lib/sync/wake.ts';
import { type Wishes, wishesCollection } from '../../../lib/sync/wishes.ts';
import { createLog } from '../../../lib/telemetry/log.ts';
import { putToken } from '../../../lib/tokens/received/put.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { peer, peerCreation, peerUpdate } from '../builders.ts';
import { config as baseConfig } from '../runtime.ts';
import { clocksMs, settleMs } from '../slow-tokens.ts';
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
import { type Life, mortal, noAnswer, type Perils } from './mortal.ts';

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;

const sliceMs = 45 * secondMs;
const functionMs = 80 * secondMs;

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
  peer({
    id,
    version,
    roles,
    settings,
    ourRole: 'CPO',
    connection: {
      versionsUrl: `https://${id}.example/versions`,
      endpoints: [{ identifier: 'tokens', role: 'SENDER', url: `https://${id}.example/tokens` }],
      sealedToken: 'sealed',
      authorizationEncoding: 'base64',
      exchangedAt: '2026-01-01T00:00:00.000Z',
    },
  });

export async function startPulledWorld(world: World, options: PulledWorldOptions): Promise<PulledWorld> {
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `id-${ids}`;
  };
  const log = createLog('silent', () => new Date(world.now()));
  const records = delayed(world, memoryRecords(newId));
  const known = memoryCredentials(newId);
  const credentials = delayed(world, known);
  const kept = memoryTokens(newId);
  const tokens = crudOf(world, kept, options.readsMany);
  const clocks = [0, 1, 2].map(() => {
    const offsetMs = world.between(0, clocksMs + 1);
    return () => new Date(world.now() + offsetMs);
  });
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

  function runtimeOf(life: Life): SyncRuntime {
    return {
      config,
      log,
      newId,
      now: world.oneOf(clocks),
      random: world.random,
      sleep: (ms) => life.request(() => world.sleep(ms)),
      vault: { seal: async () => '', unseal: async () => 'secret' },
      client: { ask: (request) => life.request(() => (partners.get(request.peer.id) as ListingPartner).ask(request)) },
      queue: { send: (wakes) => life.request(() => queue.send(wakes)) },
      backend: { tokens: life.asks(pulledTokens), records: life.asks(records), credentials: life.asks(credentials) },
    };
  }

  /** @returns whether it has come to its end */
  async function run(life: Life, call: (runtime: SyncRuntime) => Promise<unknown>): Promise<boolean> {
    void world.sleep(functionMs).then(() => life.end());
    const failing = call(runtimeOf(life)).then(
      () => true,
      (error: Error) => {
        if (error.message === noAnswer) return false;
        throw error;
      },
    );
    return Promise.race([failing, life.over.then(() => false)]);
  }

  async function work(wake: Wake): Promise<boolean> {
    const life = mortal(world, pulled.perils);
    let isHeld = false;
    const isDone = await run(life, async (runtime) => {
      isHeld = (await runSlice(runtime, wake, new Date(runtime.now().getTime() + sliceMs))) === 'held';
    });
    pulled.slices += 1;
    pulled.requests += life.asked();
    return isDone && !isHeld;
  }

  const queue = fifoQueue(world, { workers: options.workers, work, perils: options.queuePerils });
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
      await run(mortal(world, pulled.perils), wakeDue);
    },
    async minutes(count) {
      for (let minute = 0; minute < count; minute += 1) {
        await pulled.minute();
        await world.sleep(minuteMs);
      }
    },
    async wish(id, edit) {
      await changeRecord(records, { collection: wishesCollection, id: `${id}/pull` }, (wishes = {}) => ({
        ...edit(wishes),
      }));
    },
    remove: (id) => credentials.delete({ ...peersCall, id }),
    async comeBack(id) {
      const stored = await credentials.get({ ...peersCall, id });
      const data = peerOf(id, optionsOf(id));
      await (stored ? credentials.update(peerUpdate(data, stored.revision)) : credentials.create(peerCreation(data)));
    },
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

/** Each call takes a while. */
function delayed<T extends object>(world: World, api: T): T {
  const wrapped = Object.entries(api).map(([name, call]) => [
    name,
    async (...given: unknown[]) => {
      await world.sleep(world.between(1, 12));
      return call(...given);
    },
  ]);
  return Object.fromEntries(wrapped);
}
