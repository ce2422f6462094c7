/** Goal 8: changes are with every partner within seconds, whatever one of them does; a full push goes as fast as its partner. */
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
import type { Arrival, Question, ReceiversOptions, ReceiversReady } from './receivers.ts';

/** Few Tokens that all partners get, and many that one of them gets besides. */
const busyParty = { country_code: 'NL', party_id: 'LMS' };
const largeParty = { country_code: 'NL', party_id: 'BIG' };
const parties = 'EMSP NL LMS, EMSP NL BIG';
const fewTokens = 200;
/** Behind those that change, those that are blocked: each once. */
const mostBlocks = 60;

export const sync: Bench = async ({ isShort }) => [
  ...(await latency(isShort ? { peers: 6, seconds: 5, tokens: 500 } : { peers: 40, seconds: 60, tokens: 20_000 })),
  ...(await fullPush(isShort ? 400 : 100_000, isShort ? 1 : 10)),
];

interface Stage {
  server: LocalServerProcess;
  receivers: Receivers;
  client: OperatorClient;
  stop(): Promise<void>;
}

async function startStage(options: ReceiversOptions, settingsOf: (peer: number) => PeerSettings): Promise<Stage> {
  const receivers = await startReceivers(options);
  const server = await startLocalServer({ OCPI_PARTIES: parties, LOG_LEVEL: 'error' });
  const { client } = server;
  for (let peer = 0; peer < options.count; peer += 1) {
    const versionsUrl = `${receivers.url}/${peer}/versions`;
    await client.call(registerPeer, { id: idOf(peer), versionsUrl, tokenA: 'token-a', settings: settingsOf(peer) });
  }
  return {
    server,
    receivers,
    client,
    async stop() {
      await server.stop();
      receivers.stop();
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
    await importLines(client, lines);
  }
}

/** All of it may be sent again; on a busy machine a write may take longer than the storage's patience. */
async function importLines(client: OperatorClient, lines: string): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.call(importOwnTokens, {}, { lines });
      return;
    } catch (error) {
      if (tries === 5) throw error;
    }
  }
}

interface Receivers {
  ask<Answer>(question: Question): Promise<Answer>;
  stop(): void;
}

/** One question after the other, because answers do not say what they answer. */
async function startReceivers(options: ReceiversOptions): Promise<Receivers & ReceiversReady> {
  const { child, ready } = await start<ReceiversReady>('receivers.ts', options);
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...ready,
    ask<Answer>(question: Question): Promise<Answer> {
      const answer = last.then(() => {
        const next = nextMessage<Answer>(child, 'receivers.ts');
        child.send(question);
        return next;
      });
      last = answer.catch(() => undefined);
      return answer;
    },
    stop: () => void child.kill(),
  };
}

/** A first full push, without waiting for the next minute. */
async function beginPushing(client: OperatorClient, peer: number): Promise<void> {
  await client.call(changePeerSettings, { id: idOf(peer), settings: { pushes: true } });
  await client.call(steerSync, { id: idOf(peer), direction: 'push', now: true });
}

/** How many Tokens of a party each holds: there are demo Tokens too. */
const countsOf = (receivers: Receivers, { party_id }: typeof busyParty): Promise<number[]> =>
  receivers.ask({ prefix: party_id });

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
  const quick = { pushesPerSecond: 200, pushesAtOnce: 4 };
  const stage = await startStage({ count: peers, delays: { 0: -1, 1: 20 } }, (peer) =>
    peer === 1
      ? { pushesPerSecond: 50, pushes: false }
      : { ...quick, ownParties: [busyParty], ...(peer === 0 && { timeoutMs: 8_000 }) },
  );
  try {
    const { client, receivers } = stage;
    const all = fewTokens + mostBlocks;
    await importTokens(client, busyParty, all);
    const haveAll = async () => (await countsOf(receivers, busyParty)).slice(2).every((held) => held === all);
    await until(haveAll, 120);
    await importTokens(client, largeParty, tokens);
    await beginPushing(client, 1);
    await receivers.ask<Arrival[]>('arrivals');

    const begun = new Map<string, number>();
    const blocked = new Map<string, number>();
    for (let i = 0; i < seconds * 10; i += 1) {
      const next = delay(100);
      if (i % 50 === 49) {
        const { uid } = tokenOf(busyParty, fewTokens + (i - 49) / 50);
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
    const arrivals = await receivers.ask<Arrival[]>('arrivals');
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
  // One that was never sent as it was is no loss if a later one of its Token has come.
  const numberIn = (name: string): number => Number(name.slice(name.indexOf('-') + 1));
  const isLost = (receiver: number, name: string): boolean => {
    for (let n = numberIn(name); n < begun.size + blocked.size; n += fewTokens)
      if (first.has(`${receiver} change-${n}`)) return false;
    return true;
  };
  const lost = healthy.flatMap((receiver) => [...begun.keys()].filter((name) => isLost(receiver, name)));
  const changes = of(begun).toSorted((a, b) => a - b);
  const blocks = of(blocked, 'block ').toSorted((a, b) => a - b);
  return [
    time('change to a partner’s answer, median', quantile(changes, 0.5), 's', atMost(3)),
    time('change to a partner’s answer, p99', quantile(changes, 0.99), 's', atMost(6)),
    count('changes that are missing at a healthy partner', lost.length, '', exactly(0)),
    time('block to a partner’s answer, slowest', blocks.at(-1) ?? Number.NaN, 's', atMost(3)),
    count(
      'blocks that are missing at a healthy partner',
      blocked.size * healthy.length - blocks.length,
      '',
      exactly(0),
    ),
  ];
}

const alone = 0;
const beside = 1;
const slow = 2;
const killed = 3;

/** To a fast partner alone, to another one beside a slow one, and to one more while the server is killed now and then. */
async function fullPush(tokens: number, kills: number): Promise<Figure[]> {
  note(`a full push of ${tokens} Tokens`);
  const fast = { pushesAtOnce: 50, pushesPerSecond: 1_000, pushes: false };
  const stage = await startStage({ count: 4, delays: { [slow]: 200 } }, () => ({ ...fast, ownParties: [largeParty] }));
  try {
    await importTokens(stage.client, largeParty, tokens);
    const secondsAlone = await timeOfPush(stage, [alone], tokens);
    const megabytes = memoryOf(stage.server.pid, 'VmHWM') ?? Number.NaN;
    note('beside a slow one');
    const blocks: number[] = [];
    const secondsBeside = await timeOfPush(stage, [beside, slow], tokens, async () => {
      blocks.push(...(await blockMeanwhile(stage, tokens, [beside, slow])));
    });
    note(`killed ${kills} times`);
    const { missing, blocksMissing } = await pushKilled(stage, tokens, kills);
    return [
      time('full push to a fast partner', tokens / secondsAlone, 'Tokens/s'),
      time('the same beside a slow partner, of the time alone', secondsBeside / secondsAlone, 'times', atMost(1.25)),
      time('meanwhile, a block to the answer of both', blocks, 's', atMost(3)),
      time('meanwhile, the slowest block to the answer of both', Math.max(...blocks), 's', atMost(3)),
      time('memory of the server, functions and emulators together', megabytes, 'MB', atMost(600)),
      count(`Tokens missing at a fast and a slow one after ${kills} kills`, missing, '', exactly(0)),
      count('blocks missing after the kills', blocksMissing, '', exactly(0)),
    ];
  } finally {
    await stage.stop();
  }
}

/**
 * @param peers the first of them is the one whose time it is
 * @param meanwhile is begun when a tenth has arrived
 */
async function timeOfPush(
  stage: Stage,
  [first = 0, ...others]: number[],
  tokens: number,
  meanwhile?: () => Promise<void>,
): Promise<number> {
  const arrived = async () => (await countsOf(stage.receivers, largeParty))[first] ?? 0;
  const begun = Date.now();
  for (const peer of [first, ...others]) await beginPushing(stage.client, peer);
  const done = meanwhile && until(async () => (await arrived()) > tokens / 10, 1_200).then(meanwhile);
  await until(async () => (await arrived()) === tokens, 3_600);
  const seconds = (Date.now() - begun) / 1_000;
  await done;
  return seconds;
}

const blocksMeanwhile = 5;

/** @returns for each block the seconds until all of these partners have answered */
async function blockMeanwhile({ client, receivers }: Stage, tokens: number, peers: number[]): Promise<number[]> {
  const begun = new Map<string, number>();
  await receivers.ask<Arrival[]>('arrivals');
  for (let block = 0; block < blocksMeanwhile; block += 1) {
    // Half of them have been pushed by then, and half have not.
    const { uid } = tokenOf(largeParty, block % 2 === 0 ? block : tokens - 1 - block);
    begun.set(uid, Date.now());
    await client.call(blockOwnToken, { uid });
    await delay(3_000);
  }
  const arrivals = (await receivers.ask<Arrival[]>('arrivals')).filter(({ valid }) => !valid);
  return [...begun].map(([uid, at]) => {
    const answers = peers.map((peer) => arrivals.find((each) => each.receiver === peer && each.uid === uid)?.at);
    return answers.some((each) => each === undefined)
      ? Number.POSITIVE_INFINITY
      : (Math.max(...(answers as number[])) - at) / 1_000;
  });
}

/** With a block before each kill. The slow one is still at its full push. */
async function pushKilled(stage: Stage, tokens: number, kills: number) {
  const { server, receivers } = stage;
  const counts = () => countsOf(receivers, largeParty);
  await beginPushing(stage.client, killed);
  const blocked: string[] = [];
  for (let kill = 0; kill < kills; kill += 1) {
    await until(async () => ((await counts())[killed] ?? 0) > (tokens * (kill + 0.5)) / (kills + 1), 1_200);
    const { uid } = tokenOf(largeParty, 10 + Math.floor(((tokens - 20) * kill) / kills));
    await server.client.call(blockOwnToken, { uid });
    blocked.push(uid);
    await server.restart('SIGKILL');
  }
  const both = [killed, slow];
  const missing = async () => {
    const all = await counts();
    return both.reduce((sum, peer) => sum + tokens - (all[peer] ?? 0), 0);
  };
  await until(async () => (await missing()) === 0, 3_600);
  const blocksMissing = async () => {
    const tokensOf = await receivers.ask<Record<string, boolean>[]>('held');
    return both.flatMap((peer) => blocked.filter((uid) => tokensOf[peer]?.[uid] !== false)).length;
  };
  // The last of them may have been told of by the worker that was killed.
  await until(async () => (await blocksMissing()) === 0, 120).catch(() => undefined);
  return { missing: await missing(), blocksMissing: await blocksMissing() };
}
