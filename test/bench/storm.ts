/**
 * Goal 10: a partner that storms is told to wait, and the others hardly notice. All in one run and by the clock of the others: while
 * nobody storms, while one does at ten times what it may, and while the same may do so.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { addPeer, changePeerSettings } from '../../lib/operator/api/peers.ts';
import { importOwnTokens } from '../../lib/operator/api/tokens.ts';
import { type LocalServerProcess, startLocalServer } from '../support/local-server.ts';
import { atMost, type Bench, count, exactly, median, quantile, time, timeOfCalls } from './figures.ts';
import { note } from './note.ts';
import { nextMessage, start } from './processes.ts';
import type { Stormed, StormOptions } from './storm-client.ts';

const tokens = 200;
const others = 4;
/** Of each of them. */
const askedEachMs = 200;
/** About what a local server lists at all, and ten times what this peer may. */
const stormPerSecond = 60;
const mayPerSecond = 6;
const noLimit = 10_000;

const uidOf = (n: number): string => `CARD${String(n).padStart(4, '0')}`;
const idOf = (n: number): string => `peer-${n}`;
const secretOf = (n: number): string => `token-of-peer-${n}`;
const headersOf = (n: number) => ({ authorization: `Token ${Buffer.from(secretOf(n)).toString('base64')}` });

/** Whom the storm comes from. */
const stormy = 0;

async function prepare({ client }: LocalServerProcess): Promise<void> {
  const lines = Array.from({ length: tokens }, (_, n) =>
    JSON.stringify({
      uid: uidOf(n),
      type: 'RFID',
      contract_id: `NL-LMS-C${n}`,
      issuer: 'Bench Mobility',
      valid: true,
      whitelist: 'ALLOWED',
    }),
  );
  await client.call(importOwnTokens, {}, { lines: lines.join('\n') });
  for (let n = 0; n <= others; n += 1) {
    const roles = [{ role: 'CPO' as const, country_code: 'BE', party_id: `B0${n}` }];
    await client.call(addPeer, {
      id: idOf(n),
      roles,
      token: secretOf(n),
      settings: { pushes: false, incomingPerSecond: mayPerSecond },
    });
  }
}

interface Asked {
  /** Of each question, in milliseconds from when it was due. */
  times: number[];
  failed: number;
}

/** Each of the others asks about a card now and then. */
async function askAll({ url }: LocalServerProcess, seconds: number): Promise<Asked> {
  const asked: Asked = { times: [], failed: 0 };
  const end = performance.now() + seconds * 1_000;

  async function ask(n: number, card: number): Promise<void> {
    const begun = performance.now();
    const path = `/ocpi/emsp/2.2.1/tokens/${uidOf(card % tokens)}/authorize`;
    const response = await fetch(url + path, { method: 'POST', headers: headersOf(n) }).catch(() => undefined);
    const isAnswered = (await response?.text())?.includes('"allowed":"ALLOWED"');
    if (!isAnswered) asked.failed += 1;
    asked.times.push(performance.now() - begun);
  }

  async function goOnAsking(n: number): Promise<void> {
    await delay((n * askedEachMs) / others);
    const answers: Promise<void>[] = [];
    for (let card = n; performance.now() < end; card += 1) {
      answers.push(ask(n, card));
      await delay(askedEachMs);
    }
    await Promise.all(answers);
  }
  await Promise.all(Array.from({ length: others }, (_, i) => goOnAsking(i + 1)));
  return asked;
}

async function whileStorming(server: LocalServerProcess, seconds: number) {
  const storm: StormOptions = {
    url: `${server.url}/ocpi/emsp/2.2.1/tokens/?limit=100`,
    headers: headersOf(stormy),
    perSecond: stormPerSecond,
  };
  const { child } = await start('storm-client.ts', storm);
  try {
    // The first requests of a window are free, and the limit is known a moment later.
    await delay(2_000);
    const asked = await askAll(server, seconds);
    const answer = nextMessage<Stormed>(child, 'storm-client.ts');
    child.send('stop');
    return { ...asked, stormed: await answer };
  } finally {
    child.kill();
  }
}

export const storm: Bench = async ({ isShort }) => {
  const seconds = isShort ? 3 : 20;
  const server = await startLocalServer({ OCPI_PARTIES: 'EMSP NL LMS', LOG_LEVEL: 'error' });
  try {
    await prepare(server);
    await askAll(server, Math.min(seconds, 5));
    note('nobody storms');
    const quiet = await askAll(server, seconds);
    note(`one peer asks for ${stormPerSecond} lists a second`);
    const limited = await whileStorming(server, seconds);
    note('and may');
    await server.client.call(changePeerSettings, { id: idOf(stormy), settings: { incomingPerSecond: noLimit } });
    const unlimited = await whileStorming(server, seconds);

    const p95 = ({ times }: Asked) =>
      quantile(
        times.toSorted((a, b) => a - b),
        0.95,
      );
    return [
      timeOfCalls('answer to the others, nobody storms', quiet.times, 'ms'),
      timeOfCalls('answer to the others, one storms', limited.times, 'ms'),
      timeOfCalls('answer to the others, one storms and may', unlimited.times, 'ms'),
      time('median: one storms / nobody', median(limited.times) / median(quiet.times), '', atMost(2)),
      time('median: one storms and may / nobody', median(unlimited.times) / median(quiet.times), ''),
      time('p95: one storms / nobody', p95(limited) / p95(quiet), ''),
      time('p95: one storms and may / nobody', p95(unlimited) / p95(quiet), ''),
      time('of the storm, told to wait', (limited.stormed[429] ?? 0) / total(limited.stormed), ''),
      count('of the storm, failed', total(limited.stormed) - answered(limited.stormed), '', exactly(0)),
      count('of the others, refused or failed', quiet.failed + limited.failed, '', exactly(0)),
    ];
  } finally {
    await server.stop();
  }
};

const total = (stormed: Stormed): number => Object.values(stormed).reduce((sum, n) => sum + n, 0);

const answered = (stormed: Stormed): number => (stormed[200] ?? 0) + (stormed[429] ?? 0);
