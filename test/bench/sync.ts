/** Goal 8: changes are with every partner within seconds, whatever one of them does; a full push goes as fast as its partner. */
import type { ChildProcess } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { changePeerSettings, registerPeer } from '../../lib/operator/api/peers.ts';
import { steerSync } from '../../lib/operator/api/sync.ts';
import { blockOwnToken, importOwnTokens, putOwnToken } from '../../lib/operator/api/tokens.ts';
import type { OperatorClient } from '../../lib/operator/client.ts';
import type { PeerSettings } from '../../lib/peers/settings.ts';
import { type LocalServerProcess, startLocalServer } from '../support/local-server.ts';
import { atMost, type Bench, count, exactly, type Figure, quantile, time } from './figures.ts';
import { note } from './note.ts';
import { memoryOf, nextMessage, start } from './processes.ts';
import type { Arrival, ReceiversOptions, ReceiversReady } from './receivers.ts';

/** Few Tokens that all partners get, and many that one of them gets besides. */
const busyParty = { country_code: 'NL', party_id: 'LMS' };
const largeParty = { country_code: 'NL', party_id: 'BIG' };
const parties = 'EMSP NL LMS, EMSP NL BIG';
const fewTokens = 200;

export const sync: Bench = async ({ isShort }) => [
  ...(await latency(isShort ? { peers: 6, seconds: 5, tokens: 500 } : { peers: 40, seconds: 60, tokens: 20_000 })),
  ...(await fullPush(isShort ? 400 : 100_000, isShort ? 1 : 10)),
];

interface Stage {
  server: LocalServerProcess;
  receivers: ChildProcess;
  client: OperatorClient;
  stop(): Promise<void>;
}

async function startStage(options: ReceiversOptions, settingsOf: (peer: number) => PeerSettings): Promise<Stage> {
  const { child: receivers, ready } = await start<ReceiversReady>('receivers.ts', options);
  const server = await startLocalServer({ OCPI_PARTIES: parties, LOG_LEVEL: 'error' });
  const { client } = server;
  for (let peer = 0; peer < options.count; peer += 1) {
    const versionsUrl = `${ready.url}/${peer}/versions`;
    await client.call(registerPeer, { id: idOf(peer), versionsUrl, tokenA: 'token-a', settings: settingsOf(peer) });
  }
  return {
    server,
    receivers,
    client,
    async stop() {
      await server.stop();
      receivers.kill();
    },
  };
}

const idOf = (peer: number): string => `receiver-${peer}`;

const tokenOf = (party: typeof busyParty, n: number, more: object = {}) => ({
  ...party,
  uid: `${party.party_id}${String(n).padStart(8, '0')}`,
  type: 'RFID',
  contract_id: `NL-${party.party_id}-C${n}`,
  issuer: 'Bench Mobility',
  valid: true,
  whitelist: 'ALLOWED' as const,
  ...more,
});

async function importTokens(client: OperatorClient, party: typeof busyParty, tokens: number): Promise<void> {
  for (let first = 0; first < tokens; first += 1_000) {
    const numbers = Array.from({ length: Math.min(1_000, tokens - first) }, (_, i) => first + i);
    const lines = numbers.map((n) => JSON.stringify(tokenOf(party, n))).join('\n');
    await client.call(importOwnTokens, {}, { lines });
  }
}

async function ask<Answer>(child: ChildProcess, question: 'arrivals' | 'held'): Promise<Answer> {
  const answer = nextMessage<Answer>(child, 'receivers.ts');
  child.send(question);
  return answer;
}

const held = (receivers: ChildProcess) => ask<Record<string, boolean>[]>(receivers, 'held');

/** A first full push, without waiting for the next minute. */
async function beginPushing(client: OperatorClient, peer: number): Promise<void> {
  await client.call(changePeerSettings, { id: idOf(peer), settings: { pushes: true } });
  await client.call(steerSync, { id: idOf(peer), direction: 'push', now: true });
}

/** How many Tokens of a party each holds: there are demo Tokens too. */
const countsOf = async (receivers: ChildProcess, { party_id }: typeof busyParty): Promise<number[]> =>
  (await held(receivers)).map((tokens) => Object.keys(tokens).filter((uid) => uid.startsWith(party_id)).length);

async function until(condition: () => Promise<boolean>, seconds: number): Promise<void> {
  const end = Date.now() + seconds * 1_000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error('The Tokens did not arrive in time');
    await delay(200);
  }
}

interface Load {
  peers: number;
  seconds: number;
  tokens: number;
}

/** Ten changes a second; of the peers the first hangs, and the second is in its first full push. */
async function latency({ peers, seconds, tokens }: Load): Promise<Figure[]> {
  note(`${peers} peers, ten changes a second for ${seconds} s`);
  const all = { pushesPerSecond: 200, pushesAtOnce: 4 };
  const stage = await startStage({ count: peers, delays: { 0: -1, 1: 20 } }, (peer) =>
    peer === 1
      ? { pushesPerSecond: 50, pushes: false }
      : { ...all, ownParties: [busyParty], ...(peer === 0 && { timeoutMs: 8_000 }) },
  );
  try {
    const { client, receivers } = stage;
    await importTokens(client, busyParty, fewTokens);
    const haveAll = async () => (await countsOf(receivers, busyParty)).slice(2).every((tokens) => tokens === fewTokens);
    await until(haveAll, 120);
    await importTokens(client, largeParty, tokens);
    await beginPushing(client, 1);
    await ask<Arrival[]>(receivers, 'arrivals');

    const begun = new Map<string, number>();
    const blocked = new Map<string, number>();
    for (let i = 0; i < seconds * 10; i += 1) {
      const next = delay(100);
      if (i % 50 === 49) {
        const { uid } = tokenOf(busyParty, i % fewTokens);
        blocked.set(uid, Date.now());
        await client.call(blockOwnToken, { uid });
      } else {
        const visual_number = `change-${i}`;
        begun.set(visual_number, Date.now());
        await client.call(putOwnToken, { token: tokenOf(busyParty, i % fewTokens, { visual_number }) });
      }
      await next;
    }
    await delay(15_000);
    const arrivals = await ask<Arrival[]>(receivers, 'arrivals');
    return latencies(arrivals, begun, blocked, peers);
  } finally {
    await stage.stop();
  }
}

function latencies(
  arrivals: readonly Arrival[],
  begun: ReadonlyMap<string, number>,
  blocked: ReadonlyMap<string, number>,
  peers: number,
): Figure[] {
  const first = new Map<string, number>();
  for (const { receiver, uid, visual_number, valid, at } of arrivals) {
    const blockedAt = blocked.get(uid);
    const name = !valid && blockedAt !== undefined && at >= blockedAt ? `block ${uid}` : visual_number;
    const key = `${receiver} ${name}`;
    if (name !== undefined && !first.has(key)) first.set(key, at);
  }
  const healthy = Array.from({ length: peers - 1 }, (_, i) => i + 1);
  const of = (changes: ReadonlyMap<string, number>, prefix = '') =>
    healthy.flatMap((receiver) =>
      [...changes].flatMap(([name, at]) => {
        const arrived = first.get(`${receiver} ${prefix}${name}`);
        return arrived === undefined ? [] : [(arrived - at) / 1_000];
      }),
    );
  const changes = of(begun).toSorted((a, b) => a - b);
  const blocks = of(blocked, 'block ').toSorted((a, b) => a - b);
  return [
    time('change to a partner’s answer, median', quantile(changes, 0.5), 's', atMost(3)),
    time('change to a partner’s answer, p99', quantile(changes, 0.99), 's', atMost(6)),
    time('block to a partner’s answer, slowest', blocks.at(-1) ?? Number.NaN, 's', atMost(3)),
    count(
      'blocks that are missing at a healthy partner',
      blocked.size * healthy.length - blocks.length,
      '',
      exactly(0),
    ),
  ];
}

/** To a fast partner alone, then beside a slow one, killed now and then. */
async function fullPush(tokens: number, kills: number): Promise<Figure[]> {
  note(`a full push of ${tokens} Tokens`);
  const fast = { pushesAtOnce: 50, pushesPerSecond: 1_000 };
  const alone = await timeOfFullPush(tokens, { count: 1, delays: {} }, () => fast, 0);
  const beside = await timeOfFullPush(tokens, { count: 2, delays: { 1: 200 } }, () => fast, 0);
  const killed = await timeOfFullPush(tokens, { count: 1, delays: {} }, () => fast, kills);
  return [
    time('full push to a fast partner', tokens / alone.seconds, 'Tokens/s'),
    time('the same beside a slow partner, of the time alone', beside.seconds / alone.seconds, 'times', atMost(1.25)),
    time('memory of the server, functions and emulators together', alone.megabytes, 'MB', atMost(600)),
    count(`Tokens missing after ${kills} kills`, tokens - killed.arrived, '', exactly(0)),
    count('blocks missing after the kills', killed.blocksMissing, '', exactly(0)),
  ];
}

interface Pushed {
  seconds: number;
  megabytes: number;
  arrived: number;
  blocksMissing: number;
}

async function timeOfFullPush(
  tokens: number,
  options: ReceiversOptions,
  settingsOf: (peer: number) => PeerSettings,
  kills: number,
): Promise<Pushed> {
  const paused = (peer: number): PeerSettings => ({ ...settingsOf(peer), pushes: false });
  const stage = await startStage(options, paused);
  try {
    await importTokens(stage.client, largeParty, tokens);
    await delay(10_000);
    const begun = Date.now();
    for (let peer = 0; peer < options.count; peer += 1) {
      await beginPushing(stage.client, peer);
    }
    const arrived = async () => (await countsOf(stage.receivers, largeParty))[0] ?? 0;
    const blocked: string[] = [];
    for (let kill = 0; kill < kills; kill += 1) {
      await until(async () => (await arrived()) > (tokens * (kill + 0.5)) / (kills + 1), 1_200);
      const { uid } = tokenOf(largeParty, Math.floor((tokens * kill) / kills));
      await stage.server.client.call(blockOwnToken, { uid });
      blocked.push(uid);
      await stage.server.restart('SIGKILL');
    }
    await until(async () => (await arrived()) === tokens, 3_600);
    const seconds = (Date.now() - begun) / 1_000;
    const megabytes = memoryOf(stage.server.pid, 'VmHWM') ?? Number.NaN;
    if (kills > 0) await delay(10_000);
    const [first = {}] = await held(stage.receivers);
    return {
      seconds,
      megabytes,
      arrived: await arrived(),
      blocksMissing: blocked.filter((uid) => first[uid] !== false).length,
    };
  } finally {
    await stage.stop();
  }
}
