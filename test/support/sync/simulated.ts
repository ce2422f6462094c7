/** What the simulations of push and of pull have in common: calls that take a while, clocks that differ, and functions that may die. */
import { peersCall } from '../../../lib/crud/calls.ts';
import { changeRecord } from '../../../lib/crud/change-record.ts';
import type { Backend } from '../../../lib/crud/crud.ts';
import type { Peer } from '../../../lib/peers/peer.ts';
import type { Config } from '../../../lib/runtime/config.ts';
import { type Lane, laneName, type SyncRuntime, type Wake } from '../../../lib/sync/runtime.ts';
import { runSlice } from '../../../lib/sync/slice.ts';
import { type Wishes, wishesCollection } from '../../../lib/sync/wishes.ts';
import { createLog } from '../../../lib/telemetry/log.ts';
import { peer, peerCreation, peerUpdate } from '../builders.ts';
import { clocksMs } from '../slow-tokens.ts';
import type { World } from '../world.ts';
import { type Life, noAnswer } from './mortal.ts';

export const secondMs = 1_000;
export const minuteMs = 60 * secondMs;
export const hourMs = 60 * minuteMs;
export const dayMs = 24 * hourMs;

const sliceMs = 45 * secondMs;
const functionMs = 80 * secondMs;

export function countedIds(): () => string {
  let ids = 0;
  return () => {
    ids += 1;
    return `id-${ids}`;
  };
}

/** Of three processes of ours. */
export const clocksOf = (world: World): (() => Date)[] =>
  [0, 1, 2].map(() => {
    const offsetMs = world.between(0, clocksMs + 1);
    return () => new Date(world.now() + offsetMs);
  });

/** Each call takes a while. */
export function delayed<T extends object>(world: World, api: T): T {
  const wrapped = Object.entries(api).map(([name, call]) => [
    name,
    async (...given: unknown[]) => {
      await world.sleep(world.between(1, 12));
      return call(...given);
    },
  ]);
  return Object.fromEntries(wrapped);
}

/** @param role of the interface of Tokens that it has */
export const connectedPeer = (about: Pick<Peer, 'id' | 'roles'> & Partial<Peer>, role: 'SENDER' | 'RECEIVER'): Peer =>
  peer({
    ...about,
    connection: {
      versionsUrl: `https://${about.id}.example/versions`,
      endpoints: [{ identifier: 'tokens', role, url: `https://${about.id}.example/tokens` }],
      sealedToken: 'sealed',
      authorizationEncoding: 'base64',
      exchangedAt: '2026-01-01T00:00:00.000Z',
    },
  });

export async function putPeer(credentials: Backend['credentials'], data: Peer): Promise<void> {
  const stored = await credentials.get({ ...peersCall, id: data.id });
  await (stored ? credentials.update(peerUpdate(data, stored.revision)) : credentials.create(peerCreation(data)));
}

export async function changeWishes(
  records: Backend['records'],
  lane: Lane,
  edit: (wishes: Wishes) => Wishes,
): Promise<void> {
  await changeRecord(records, { collection: wishesCollection, id: laneName(lane) }, (wishes = {}) => ({
    ...edit(wishes),
  }));
}

export interface Around {
  world: World;
  config: Config;
  newId: () => string;
  clocks: readonly (() => Date)[];
  backend: Backend;
  partners: ReadonlyMap<string, SyncRuntime['client']>;
  send: SyncRuntime['queue']['send'];
}

export interface Functions {
  /** @returns whether it has come to its end */
  run(life: Life, call: (runtime: SyncRuntime) => Promise<unknown>): Promise<boolean>;
  work(life: Life, wake: Wake): Promise<'done' | 'held' | 'died'>;
}

/** Each call of a function is a life of its own, on one of the clocks. */
export function functionsIn({ world, config, newId, clocks, backend, partners, send }: Around): Functions {
  const log = createLog('silent', () => new Date(world.now()));
  const { tokens, records, credentials } = backend;

  function runtimeOf(life: Life): SyncRuntime {
    return {
      config,
      log,
      newId,
      now: world.oneOf(clocks),
      random: world.random,
      sleep: (ms) => life.request(() => world.sleep(ms)),
      vault: { seal: async () => '', unseal: async () => 'secret' },
      client: {
        ask: (request) => life.request(() => (partners.get(request.peer.id) as SyncRuntime['client']).ask(request)),
      },
      queue: { send: (wakes) => life.request(() => send(wakes)) },
      backend: { tokens: life.asks(tokens), records: life.asks(records), credentials: life.asks(credentials) },
    };
  }

  const run: Functions['run'] = async (life, call) => {
    void world.sleep(functionMs).then(() => life.end());
    const ended = call(runtimeOf(life)).then(
      () => true,
      (error: Error) => {
        if (error.message === noAnswer) return false;
        throw error;
      },
    );
    return Promise.race([ended, life.over.then(() => false)]);
  };

  return {
    run,
    async work(life, wake) {
      let outcome: 'done' | 'held' = 'done';
      const isDone = await run(life, async (runtime) => {
        outcome = await runSlice(runtime, wake, new Date(runtime.now().getTime() + sliceMs));
      });
      return isDone ? outcome : 'died';
    },
  };
}
