/** A whole world that pushes for a while: owners who write, a stream or none, a minute's schedule, a queue, workers that die, and partners. */
import { endpoint as republishLate } from '../../../functions/stream/republish-late.ts';
import { withActions } from '../../../lib/crud/actions.ts';
import { peersCall } from '../../../lib/crud/calls.ts';
import type { Backend, StoredToken } from '../../../lib/crud/crud.ts';
import { memoryCredentials } from '../../../lib/crud/memory/credentials.ts';
import { memoryRecords } from '../../../lib/crud/memory/records.ts';
import type { PartyId, VersionNumber } from '../../../lib/ocpi/versions.ts';
import type { Peer } from '../../../lib/peers/peer.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import type { Config } from '../../../lib/runtime/config.ts';
import type { SyncRuntime, Wake } from '../../../lib/sync/runtime.ts';
import { type Changed, wakeChanged, wakeDue } from '../../../lib/sync/wake.ts';
import type { Wishes } from '../../../lib/sync/wishes.ts';
import { createLog } from '../../../lib/telemetry/log.ts';
import type { OwnTokensRuntime } from '../../../lib/tokens/own/write.ts';
import { ownParties, peerCreation } from '../builders.ts';
import { config as baseConfig } from '../runtime.ts';
import { clocksMs, type SlowTokens, settleMs, slowTokens } from '../slow-tokens.ts';
import { streamRecord } from '../stream-record.ts';
import type { World } from '../world.ts';
import { type FifoQueue, fifoQueue } from './fifo-queue.ts';
import { mortal, type Perils } from './mortal.ts';
import { createPartner, type Partner } from './pushed-partner.ts';
import { changeWishes, clocksOf, connectedPeer, countedIds, delayed, functionsIn, putPeer } from './simulated.ts';

/** The parties of ours whose Tokens are pushed. */
export const pushedParties = ownParties.slice(0, 2);

export const config: Config = {
  ...baseConfig,
  parties: pushedParties.map((party) => ({ role: 'EMSP', ...party })),
};

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

const peerOf = (id: string, version: VersionNumber, settings: PeerSettings): Peer => {
  const roles: Peer['roles'] = [{ role: 'CPO', country_code: 'FR', party_id: id.slice(0, 3) }];
  return connectedPeer({ id, version, roles, settings, ourRole: 'EMSP' }, 'RECEIVER');
};

/** Says of each Token its date as it is stored, which partners do not see otherwise. */
const told = (stored: StoredToken): StoredToken => ({
  ...stored,
  data: { ...stored.data, visual_number: stored.data.last_updated },
});

export async function startPushing(world: World, options: PushingOptions): Promise<Pushing> {
  const { teller, version = world.oneOf(['2.2.1', '2.3.0']) } = options;
  const newId = countedIds();
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
  const clocks = clocksOf(world);
  const partners = new Map(Object.keys(options.partners).map((id) => [id, createPartner(world, id)]));
  const excuses = new Map<string, Excuse[]>(Object.keys(options.partners).map((id) => [id, []]));
  const settings = new Map(Object.entries(options.partners));
  const excuse = (id: string, what: Excuse['what']) => excuses.get(id)?.push({ what, at: world.now() });

  function indexLag(): number {
    const mostMs = settleMs / 2 - clocksMs;
    return world.oneOf([world.between(0, 20), world.between(0, mostMs), world.between(0.9 * mostMs, mostMs + 1)]);
  }

  async function work(wake: Wake): Promise<boolean> {
    // A failing storage and a death are rare for one request, and a slice has dozens.
    const life = mortal(world, pushing.perils);
    const outcome = await functions.work(life, wake);
    pushing.counted.slices += 1;
    pushing.counted.requests += life.asked();
    if (outcome === 'died') excuse(wake.peer, 'death');
    return outcome === 'done';
  }

  async function tell(changed: readonly Changed[]): Promise<void> {
    for (const { becameInvalid, uid, stamp } of changed) {
      if (becameInvalid) pushing.told.set(`${uid} ${stamp}`, world.now());
    }
    await functions.run(mortal(world, pushing.perils), (runtime) => wakeChanged(runtime, changed));
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
        isDone = await functions.run(mortal(world, pushing.perils), (runtime) => wakeChanged(runtime, [changed]));
      }
      if (world.chance(pushing.queue.perils.doubled)) await tell([changed]);
    });
  }

  const writer = () => ({
    backend: { tokens, records, credentials },
    now: world.oneOf(clocks),
    newId: () => `erased-${newId()}`,
  });

  async function settle(id: string, next: PeerSettings): Promise<void> {
    await putPeer(credentials, peerOf(id, version, next));
    settings.set(id, next);
    excuse(id, 'scope');
  }

  const queue = fifoQueue(world, { workers: options.workers, work, perils: options.queuePerils });
  const functions = functionsIn({
    world,
    config,
    newId,
    clocks,
    backend: { tokens: shown, records, credentials },
    partners,
    send: (wakes) => queue.send(wakes),
  });
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
      await functions.run(life, wakeDue);
      return life.asked();
    },
    wish: (id, edit) => changeWishes(records, { peer: id, direction: 'push' }, edit),
    settle,
    async remove(id) {
      await credentials.delete({ ...peersCall, id });
      excuse(id, 'scope');
    },
    comeBack: (id) => settle(id, settings.get(id) ?? {}),
    settingsOf: (id) => settings.get(id),
  };
  for (const [id, each] of Object.entries(options.partners))
    await known.create(peerCreation(peerOf(id, version, each)));
  return pushing;
}

export const ownerOf = ({ country_code, party_id }: PartyId): string => `${country_code}-${party_id}`;
