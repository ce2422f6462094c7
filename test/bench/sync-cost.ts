/** What sync costs a month, for few and for many partners, from the requests that are counted here. */
import { partiesOf } from '../../lib/ocpi/versions.ts';
import { createPeer } from '../../lib/peers/store.ts';
import { keyVault } from '../../lib/runtime/vault.ts';
import type { SyncRuntime, Wake } from '../../lib/sync/runtime.ts';
import { runSlice } from '../../lib/sync/slice.ts';
import { wakeChanged, wakeDue } from '../../lib/sync/wake.ts';
import { fromSource } from '../../lib/tokens/own/source.ts';
import { createWriteOwn } from '../../lib/tokens/own/write.ts';
import { peer, taken } from '../support/builders.ts';
import { fill, startDatabase } from './database.ts';
import { atMost, type Bench, count, type Figure, time } from './figures.ts';
import { type Meter, meter, readUnitsOf, writeUnitsOf } from './meter.ts';
import { inDynamodb, startPlatform } from './platform.ts';
import { assumptions, prices } from './prices.ts';
import { tokenOfNumber } from './tokens.ts';

const ownTokens = 40_000;
const minutesOfMonth = 30 * 24 * 60;
const changesOfMonth = 30 * 1_000;

/** What some work took. */
interface Usage {
  requests: number;
  readUnits: number;
  writeUnits: number;
  messages: number;
  calls: number;
  billedMs: number;
}

const none: Usage = { requests: 0, readUnits: 0, writeUnits: 0, messages: 0, calls: 0, billedMs: 0 };

export const syncCost: Bench = async ({ isShort }) => {
  const figures: Figure[] = [];
  for (const peers of isShort ? [5] : [5, 40, 400]) figures.push(...(await costOf(peers, isShort ? 2_000 : ownTokens)));
  return figures;
};

async function costOf(peers: number, tokens: number): Promise<Figure[]> {
  const database = await startDatabase();
  try {
    const metered = meter(database.db);
    const stage = await startStage(metered, peers);
    // Their first full pushes are of no Token, and what is created then has dates of long ago.
    await stage.settle();
    await fill(database, tokens);

    const rest = await stage.measure(() => stage.minute());
    const [party] = partiesOf(stage.runtime.config, 'EMSP');
    const changed = { ...tokenOfNumber(1, tokens), ...party, visual_number: 'changed' };
    const change = await stage.measure(async () => {
      const [written] = await createWriteOwn(stage.runtime)([fromSource({ token: changed })]);
      const { uid, type, last_updated: stamp } = written?.after?.data ?? changed;
      await wakeChanged(stage.runtime, [{ ...changed, uid, type, stamp, becameInvalid: false }]);
      await stage.workOff();
    });
    return [
      count(
        `${peers} peers at rest: requests a minute`,
        rest.requests,
        '',
        atMost(20 + 2 * Math.ceil(tokens / 20_000)),
      ),
      count(`${peers} peers, a change: requests for each peer`, change.requests / peers, ''),
      time(`${peers} peers at rest`, dollarsOf(rest) * minutesOfMonth + pollingOfMonth, '$ a month'),
      time(`${peers} peers, a thousand changes a day`, dollarsOf(change) * changesOfMonth, '$ a month'),
    ];
  } finally {
    await database.stop();
  }
}

/** Lambda asks a FIFO queue with some pollers that each wait 20 seconds. */
const pollingOfMonth = (5 * 3 * minutesOfMonth * prices.perMillionFifoRequests) / 1e6;

function dollarsOf({ readUnits, writeUnits, messages, calls, billedMs }: Usage): number {
  const { dynamodb, lambda, perMillionFifoRequests } = prices;
  const gigabyteSeconds = (billedMs / 1_000) * assumptions.syncMemoryGigabytes;
  return (
    (readUnits * dynamodb.perMillionReadUnits +
      writeUnits * dynamodb.perMillionWriteUnits +
      calls * lambda.perMillionRequests +
      // Sent, received and deleted.
      3 * messages * perMillionFifoRequests) /
      1e6 +
    gigabyteSeconds * lambda.perGigabyteSecond
  );
}

async function startStage(metered: Meter, peers: number) {
  const { runtime: around } = await startPlatform(inDynamodb(metered.db));
  const vault = keyVault(() => Buffer.alloc(32));
  let offsetMs = 0;
  let usage = none;
  const wakes: Wake[] = [];
  const runtime: SyncRuntime = {
    ...around,
    vault,
    now: () => new Date(Date.now() + offsetMs),
    sleep: async (ms) => {
      offsetMs += ms;
    },
    random: () => 0.5,
    queue: {
      async send(more) {
        wakes.push(...more);
        usage = { ...usage, messages: usage.messages + more.length };
      },
    },
    client: {
      ask: async () => taken,
    },
  };
  for (let n = 0; n < peers; n += 1) await createPeer(runtime, await receiverOf(runtime, n));

  /** A call of a function: its time is what it computes here, and what it waits for there. */
  async function call<T>(work: () => Promise<T>): Promise<T> {
    const begun = process.cpuUsage();
    const result = await work();
    // Not the time that passes: a machine that is busy with other things would make it dear.
    const { user, system } = process.cpuUsage(begun);
    const cpu = (user + system) / 1_000;
    const readings = metered.read();
    const rounds = readings.filter(({ isBesideOthers }) => !isBesideOthers).length;
    usage = {
      requests: usage.requests + readings.length,
      readUnits: usage.readUnits + readUnitsOf(readings),
      writeUnits: usage.writeUnits + writeUnitsOf(readings),
      messages: usage.messages,
      calls: usage.calls + 1,
      billedMs: usage.billedMs + Math.ceil(cpu / assumptions.cpuShare + rounds * assumptions.dynamodbRoundTrip),
    };
    return result;
  }

  async function workOff(): Promise<void> {
    for (let wake = wakes.shift(); wake; wake = wakes.shift()) {
      const lane = wake;
      await call(() => runSlice(runtime, lane, new Date(runtime.now().getTime() + 45_000)));
    }
  }

  const minute = async () => {
    await call(() => wakeDue(runtime));
    await workOff();
  };

  return {
    runtime,
    workOff,
    minute,
    /** Nothing is ahead of the clock any more. */
    async settle() {
      for (let i = 0; i < 3; i += 1) {
        offsetMs += 60_000;
        await minute();
      }
    },
    async measure(work: () => Promise<void>): Promise<Usage> {
      offsetMs += 60_000;
      metered.read();
      usage = none;
      await work();
      return usage;
    },
  };
}

async function receiverOf({ vault }: SyncRuntime, n: number) {
  const id = `receiver-${n}`;
  const url = `https://receiver-${n}.example.com/ocpi`;
  return {
    ...peer({
      id,
      roles: [{ role: 'CPO', country_code: 'BE', party_id: n.toString(36).padStart(3, '0').toUpperCase() }],
    }),
    version: '2.2.1' as const,
    connection: {
      versionsUrl: `${url}/versions`,
      endpoints: [{ identifier: 'tokens', role: 'RECEIVER' as const, url: `${url}/tokens` }],
      sealedToken: await vault.seal('secret', id),
      authorizationEncoding: 'base64' as const,
      exchangedAt: new Date().toISOString(),
    },
  };
}
