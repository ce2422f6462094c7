/** A whole world for a while: owners who change Tokens, partners who pull them, and what of it the partners hold in the end. */
import { endpoint as republishLate } from '../../functions/stream/republish-late.ts';
import { endpoint as listTokens } from '../../functions/tokens/list-tokens.ts';
import { withActions } from '../../lib/crud/actions.ts';
import type { StoredToken } from '../../lib/crud/crud.ts';
import type { Runtime } from '../../lib/runtime/runtime.ts';
import { block, changeSettings, restrict, unblock } from '../../lib/tokens/own/change.ts';
import { fromSource } from '../../lib/tokens/own/source.ts';
import { createWriteOwn, type Intent, type WriteOwn } from '../../lib/tokens/own/write.ts';
import { ownParties, ownToken } from './builders.ts';
import {
  type Ask,
  createReader,
  type GoesOnFrom,
  type Reader,
  type ReaderOptions,
  type Shown,
} from './delta-readers.ts';
import { call, cpoToken } from './runtime.ts';
import { clocksMs, settleMs, slowTokens } from './slow-tokens.ts';
import { streamRecord } from './stream-record.ts';
import type { World } from './world.ts';

export interface SimulationOptions {
  /**
   * A storage without a stream promises that what has not landed in time by the end of its call never does. There an owner who is
   * told of a failure has to change the Token once more, because nobody else dates anew what has landed.
   */
  hasStream?: boolean;
  /** Now and then the index takes far longer than it may. */
  isIndexLate?: boolean;
  /** How all readers go on and page; each as it likes unless given. */
  readers?: Pick<ReaderOptions, 'goesOnFrom' | 'pages'>;
}

export interface Simulated {
  /** Which reader does not hold which Token as it is now. */
  missing: () => string[];
  /** Changes of which the owner was told that they are done, and which never were. */
  vanished: string[];
  /** Changes every Token once more, on an index that keeps its promise. */
  changeAll: () => Promise<void>;
  /** All readers, once everything is quiet. */
  pull: (what: 'changes' | 'everything') => Promise<void>;
}

const uids = ['A', 'B', 'C', 'D', 'E', 'F'];
const longMs = 30 * settleMs;
const [party] = ownParties;

export async function simulate(world: World, around: Runtime, options: SimulationOptions = {}): Promise<Simulated> {
  const { hasStream = true } = options;
  let isIndexLate = options.isIndexLate ?? false;
  const tokens = slowTokens({ world, hasStream, onLanded: (...images) => stream(images), indexLag });
  const backend = { ...around.backend, tokens: withActions(tokens, async () => undefined) };
  const instances = [0, 1, 2].map((): Runtime => {
    const offsetMs = world.between(0, clocksMs + 1);
    return { ...around, backend, now: () => new Date(world.now() + offsetMs) };
  });
  const lists = new Map(instances.map((instance) => [instance, listTokens(instance)]));
  const storageOffsetMs = world.between(0, clocksMs + 1);
  const vanished: string[] = [];

  function indexLag(): number {
    if (isIndexLate && world.chance(0.1)) return world.between(2 * settleMs, 6 * settleMs);
    const mostMs = settleMs / 2 - clocksMs;
    return world.oneOf([world.between(0, 20), world.between(0, mostMs), world.between(0.9 * mostMs, mostMs + 1)]);
  }

  function stream([after, before]: [StoredToken, StoredToken | undefined]): void {
    if (!hasStream) return;
    const landedAt = Math.floor((world.now() + storageOffsetMs) / 1_000);
    const Records = [streamRecord(after, before, landedAt)];
    world.spawn(async () => {
      let isDone = false;
      while (!isDone) {
        await world.sleep(world.between(200, settleMs));
        isDone = (await republishLate(world.oneOf(instances))({ Records })).batchItemFailures.length === 0;
      }
    });
  }

  async function changeAgain(write: WriteOwn, changes: readonly Change[], name: string): Promise<void> {
    let isDone = false;
    for (let round = 0; !isDone; round += 1) {
      const intents = changes.map(({ uid }, i) => fromSource({ token: undated(uid, `${name}.again.${round}.${i}`) }));
      isDone = (await ofFailing(write(intents))) !== undefined;
    }
  }

  async function writer(name: string): Promise<void> {
    const write = createWriteOwn(world.oneOf(instances));
    for (let round = 0; round < 5; round += 1) {
      await world.sleep(world.chance(0.3) ? world.between(0, 300) : world.between(0, 2 * settleMs));
      const changes = Array.from({ length: world.between(1, 4) }, (_, i) =>
        randomChange(world, `${name}.${round}.${i}`),
      );
      const written = await ofFailing(write(changes.map(({ intent }) => intent)));
      if (!written && !hasStream) await changeAgain(write, changes, `${name}.${round}`);
      const done = changes.filter((_, i) => written?.[i]?.after);
      const gone = done.filter(({ uid, issuer }) => issuer !== undefined && !tokens.everWas(uid, issuer));
      vanished.push(...gone.map(({ uid, issuer }) => `${issuer} of ${uid}`));
    }
  }

  const ask =
    (version: string): Ask =>
    async (query) => {
      const list = (instance: Runtime) => lists.get(instance) ?? listTokens(instance);
      const { envelope, headers } = await call(list, world.oneOf(instances), {
        routeKey: 'GET /ocpi/emsp/{version}/tokens',
        version,
        query,
        token: cpoToken,
      });
      if (envelope.status_code !== 1000) throw new Error(envelope.status_message);
      const [, next] = /^<([^>]+)>/.exec(headers.Link ?? '') ?? [];
      return {
        items: envelope.data as Shown[],
        next: next === undefined ? undefined : Object.fromEntries(new URL(next).searchParams),
        timestamp: envelope.timestamp,
      };
    };

  async function reads(reader: Reader): Promise<void> {
    for (let round = 0; round < 8; round += 1) {
      await world.sleep(world.between(0, world.oneOf([300, settleMs, 2 * settleMs])));
      await reader.pull();
    }
  }

  const readers = [0, 1, 2, 3].map(() =>
    createReader(world, ask(world.oneOf(['2.1.1', '2.2.1', '2.3.0'])), {
      ...(options.readers ?? randomReader(world)),
      refusesOlder: world.chance(0.5),
    }),
  );
  for (const name of ['v', 'w']) world.spawn(() => writer(name));
  for (const reader of readers) world.spawn(() => reads(reader));

  const pull: Simulated['pull'] = async (what) => {
    await world.untilQuiet();
    for (const reader of readers) {
      world.spawn(async () => {
        await world.sleep(longMs);
        await reader.pull(what);
      });
    }
    await world.untilQuiet();
  };
  await pull('changes');

  return {
    vanished,
    pull,
    missing: () => readers.flatMap((reader) => tokens.current().flatMap((stored) => differenceOf(reader, stored))),
    async changeAll() {
      isIndexLate = false;
      for (const { data } of tokens.current()) {
        const intent = () => fromSource({ token: undated(data.uid, 'changed') });
        world.spawn(async () => {
          while (!(await ofFailing(createWriteOwn(world.oneOf(instances))([intent()]))));
        });
      }
    },
  };
}

/** Far behind, or ahead by less than may be: mostly by hardly less, where the rules are tightest. */
const randomClock = (world: World): GoesOnFrom => ({
  clockMs: world.oneOf([
    world.between(-60_000, 0),
    world.between(0, settleMs),
    world.between(0.9 * settleMs, settleMs),
    world.between(0.9 * settleMs, settleMs),
  ]),
});

function randomReader(world: World): Pick<ReaderOptions, 'goesOnFrom' | 'pages'> {
  const goesOnFrom = world.oneOf<GoesOnFrom>([randomClock(world), randomClock(world), 'timestamp', 'newest']);
  return { goesOnFrom, pages: goesOnFrom === 'newest' ? 'link' : world.oneOf(['link', 'offset']) };
}

/** What a source says that keeps no dates. */
function undated(uid: string, issuer: string) {
  const { last_updated: _, ...token } = ownToken(party, { uid, issuer });
  return token;
}

interface Change {
  intent: Intent;
  uid: string;
  /** By which the change is known. */
  issuer?: string;
}

function randomChange(world: World, issuer: string): Change {
  const uid = world.oneOf(uids);
  const address = { uid, type: 'RFID' };
  if (world.chance(0.6)) return { intent: fromSource({ token: undated(uid, issuer) }), uid, issuer };
  const edit = world.oneOf([block({}), unblock, restrict({ hasNoCredit: world.chance(0.5) })]);
  return { intent: changeSettings(address, edit), uid };
}

/** @returns undefined if the storage has failed, which the owner is told */
async function ofFailing<T>(writing: Promise<T>): Promise<T | undefined> {
  try {
    return await writing;
  } catch (error) {
    if ((error as Error).message === 'the storage does not answer') return undefined;
    throw error;
  }
}

function differenceOf({ name, held }: Reader, { data: { uid, issuer, valid } }: StoredToken): string[] {
  const shown = held.get(uid);
  if (shown?.issuer === issuer && shown.valid === valid) return [];
  return [`${name} has ${shown && `${shown.issuer} ${shown.valid}`} for ${issuer} ${valid} of ${uid}`];
}
