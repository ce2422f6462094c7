/** A whole world that pushes for a while: owners who write, a stream or none, a minute's schedule, a queue, workers that die, and partners. */
import { endpoint as republishLate } from '../../../functions/stream/republish-late.ts';
import { withActions } from '../../../lib/crud/actions.ts';
import { peersCall } from '../../../lib/crud/calls.ts';
import { changeRecord } from '../../../lib/crud/change-record.ts';
import type { Backend, StoredToken } from '../../../lib/crud/crud.ts';
import { memoryCredentials } from '../../../lib/crud/memory/credentials.ts';
import { memoryRecords } from '../../../lib/crud/memory/records.ts';
import type { PartyId, VersionNumber } from '../../../lib/ocpi/versions.ts';
import type { Peer } from '../../../lib/peers/peer.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import type { Config } from '../../../lib/runtime/config.ts';
import type { SyncRuntime, Wake } from '../../../lib/sync/runtime.ts';
import { runSlice } from '../../../lib/sync/slice.ts';
import { type Changed, wakeChanged, wakeDue } from '../../../lib/sync/wake.ts';
import { type Wishes, wishesCollection } from '../../../lib/sync/wishes.ts';
import { createLog } from '../../../lib/telemetry/log.ts';
import type { OwnTokensRuntime } from '../../../lib/tokens/own/write.ts';
import { ownParties, peer, peerCreation, peerUpdate } from '../builders.ts';
import { config as baseConfig } from '../runtime.ts';
import { clocksMs, type SlowTokens, settleMs, slowTokens } from '../slow-tokens.ts';
import { streamRecord } from '../stream-record.ts';
import type { World } from '../world.ts';
import { type FifoQueue, fifoQueue } from './fifo-queue.ts';
import { type Life, mortal, noAnswer, type Perils } from './mortal.ts';
import { createPartner, type Partner } from './pushed-partner.ts';

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const dayMs = 24 * 60 * minuteMs;

/** The parties of ours whose Tokens are pushed. */
export const pushedParties = ownParties.slice(0, 2);

export const config: Config = {
  ...baseConfig,
  parties: pushedParties.map((party) => ({ role: 'EMSP', ...party })),
};

const sliceMs = 45 * secondMs;
const functionMs = 80 * secondMs;

/** Who tells that something has changed, before the minute is over. */
export type Teller = 'stream' | 'writer' | 'nobody';

export interface PushingOptions {
  partners: Record<string, PeerSettings>;
  teller: Teller;
  hasPlaces: boolean;
  workers: number;
  perils: Perils;
  queuePerils: FifoQueue['perils'];
  version?: VersionNumber;
}

/** Why a partner may have been sent one state twice. */
export interface Excuse {
  what: 'death' | 'full' | 'scope' | 'retry';
  at: number;
}

export interface Counted {
  slices: number;
  /** Of the storage, by all slices. */
  requests: number;
}

export interface Pushing {
  tokens: SlowTokens;
  partners: Map<string, Partner>;
  excuses: Map<string, Excuse[]>;
  queue: FifoQueue;
  records: Backend['records'];
  /** What goes wrong from now on. */
  perils: Perils;
  counted: Counted;
  /** When a block of a Token was first told of, by uid and stamp. */
  told: Map<string, number>;
  /** An instance that writes. */
  writer(): OwnTokensRuntime & Pick<SyncRuntime, 'newId'>;
  /** What the writer does after a write where there is no stream. */
  tell(changed: readonly Changed[]): Promise<void>;
  minute(): Promise<number>;
  wish(id: string, edit: (wishes: Wishes) => Wishes): Promise<void>;
  settle(id: string, settings: PeerSettings): Promise<void>;
  remove(id: string): Promise<void>;
  comeBack(id: string): Promise<void>;
  settingsOf(id: string): PeerSettings | undefined;
}

export const changeOf = (after: Pick<StoredToken, 'data'>, before: Pick<StoredToken, 'data'> | undefined): Changed => {
  const { country_code, party_id, uid, type, last_updated: stamp, valid } = after.data;
  return { country_code, party_id, uid, type, stamp, becameInvalid: !valid && before?.data.valid !== false };
};

const peerOf = (id: string, version: VersionNumber, settings: PeerSettings): Peer =>
  peer({
    id,
    version,
    roles: [{ role: 'CPO', country_code: 'FR', party_id: id.slice(0, 3) }],
    settings,
    ourRole: 'EMSP',
    connection: {
      versionsUrl: `https://${id}.example/versions`,
      endpoints: [{ identifier: 'tokens', role: 'RECEIVER', url: `https://${id}.example/tokens` }],
      sealedToken: 'sealed',
      authorizationEncoding: 'base64',
      exchangedAt: '2026-01-01T00:00:00.000Z',
    },
  });

/** Says of each Token its date as it is stored, which partners do not see otherwise. */
const told = (stored: StoredToken): StoredToken => ({
  ...stored,
  data: { ...stored.data, visual_number: stored.data.last_updated },
});

export async function startPushing(world: World, options: PushingOptions): Promise<Pushing> {
  const { teller, version = world.oneOf(['2.2.1', '2.3.0']) } = options;
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `id-${ids}`;
  };
  const log = createLog('silent', () => new Date(world.now()));
  const records = delayed(world, memoryRecords(newId));
  const known = memoryCredentials(newId);
  const credentials = delayed(world, known);
  const hasStream = teller === 'stream';
  const storage = slowTokens({
    world,
    hasStream,
    hasPlaces: options.hasPlaces,
    onLanded: (...images) => stream(images),
    indexLag,
  });
  const tokens = withActions(storage, async () => undefined);
  const shown: Backend['tokens'] = {
    ...tokens,
    get: async (call) => {
      const stored = await tokens.get(call);
      return stored && told(stored);
    },
    list: async (call) => {
      const page = await tokens.list(call);
      return { ...page, items: page.items.map(told) };
    },
  };
  const clocks = [0, 1, 2].map(() => {
    const offsetMs = world.between(0, clocksMs + 1);
    return () => new Date(world.now() + offsetMs);
  });
  const partners = new Map(Object.keys(options.partners).map((id) => [id, createPartner(world, id)]));
  const excuses = new Map<string, Excuse[]>(Object.keys(options.partners).map((id) => [id, []]));
  const settings = new Map(Object.entries(options.partners));
  const excuse = (id: string, what: Excuse['what']) => excuses.get(id)?.push({ what, at: world.now() });

  function indexLag(): number {
    const mostMs = settleMs / 2 - clocksMs;
    return world.oneOf([world.between(0, 20), world.between(0, mostMs), world.between(0.9 * mostMs, mostMs + 1)]);
  }

  function runtimeOf(life: Life): SyncRuntime {
    return {
      config,
      log,
      newId,
      now: world.oneOf(clocks),
      random: world.random,
      sleep: (ms) => life.request(() => world.sleep(ms)),
      vault: { seal: async () => '', unseal: async () => 'secret' },
      client: { ask: (request) => life.request(() => (partners.get(request.peer.id) as Partner).ask(request)) },
      queue: { send: (wakes) => life.request(() => queue.send(wakes)) },
      backend: { tokens: life.asks(shown), records: life.asks(records), credentials: life.asks(credentials) },
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
    // A failing storage and a death are rare for one request, and a slice has dozens.
    const life = mortal(world, pushing.perils);
    let isHeld = false;
    const isDone = await run(life, async (runtime) => {
      isHeld = (await runSlice(runtime, wake, new Date(runtime.now().getTime() + sliceMs))) === 'held';
    });
    pushing.counted.slices += 1;
    pushing.counted.requests += life.asked();
    if (!isDone) excuse(wake.peer, 'death');
    return isDone && !isHeld;
  }

  async function tell(changed: readonly Changed[]): Promise<void> {
    for (const { becameInvalid, uid, stamp } of changed) {
      if (becameInvalid) pushing.told.set(`${uid} ${stamp}`, world.now());
    }
    await run(mortal(world, pushing.perils), (runtime) => wakeChanged(runtime, changed));
  }

  function stream([after, before]: [StoredToken, StoredToken | undefined]): void {
    if (!hasStream) return;
    const Records = [streamRecord(after, before, Math.floor(world.now() / 1_000))];
    world.spawn(async () => {
      do await world.sleep(world.between(200, settleMs));
      while ((await republishLate({ ...writer(), config, log } as never)({ Records })).batchItemFailures.length > 0);
    });
    world.spawn(async () => {
      if (after.data.last_updated === before?.data.last_updated) return;
      const changed = changeOf(after, before?.data.uid === after.data.uid ? before : undefined);
      let isDone = false;
      while (!isDone) {
        await world.sleep(world.between(100, 400));
        for (const { uid, stamp } of changed.becameInvalid ? [changed] : []) {
          if (!pushing.told.has(`${uid} ${stamp}`)) pushing.told.set(`${uid} ${stamp}`, world.now());
        }
        isDone = await run(mortal(world, pushing.perils), (runtime) => wakeChanged(runtime, [changed]));
      }
      if (world.chance(pushing.queue.perils.doubled)) await tell([changed]);
    });
  }

  const writer = () => ({
    backend: { tokens, records, credentials },
    now: world.oneOf(clocks),
    newId: () => `erased-${newId()}`,
  });

  async function putPeer(id: string, next: PeerSettings): Promise<void> {
    const stored = await credentials.get({ ...peersCall, id });
    const data = peerOf(id, version, next);
    await (stored ? credentials.update(peerUpdate(data, stored.revision)) : credentials.create(peerCreation(data)));
    settings.set(id, next);
    excuse(id, 'scope');
  }

  const queue = fifoQueue(world, { workers: options.workers, work, perils: options.queuePerils });
  const pushing: Pushing = {
    tokens: storage,
    partners,
    excuses,
    queue,
    records,
    perils: options.perils,
    counted: { slices: 0, requests: 0 },
    told: new Map(),
    writer,
    tell,
    async minute() {
      const life = mortal(world, pushing.perils);
      await run(life, wakeDue);
      return life.asked();
    },
    async wish(id, edit) {
      await changeRecord(records, { collection: wishesCollection, id: `${id}/push` }, (wishes = {}) => ({
        ...edit(wishes),
      }));
    },
    settle: putPeer,
    async remove(id) {
      await credentials.delete({ ...peersCall, id });
      excuse(id, 'scope');
    },
    comeBack: (id) => putPeer(id, settings.get(id) ?? {}),
    settingsOf: (id) => settings.get(id),
  };
  for (const [id, each] of Object.entries(options.partners))
    await known.create(peerCreation(peerOf(id, version, each)));
  return pushing;
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

export const ownerOf = ({ country_code, party_id }: PartyId): string => `${country_code}-${party_id}`;
