/**
 * What a driver waits for us: answers from our copy, alone and while the eMSP of other cards hangs with all its places taken, and
 * questions to an eMSP beside the bare request. All in one run, so that the ratios hold on any machine.
 */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { endpoint } from '../../functions/operator/may-charge.ts';
import { createPeerClient } from '../../lib/client/ask-peer.ts';
import type { Handler } from '../../lib/http/chain.ts';
import { questionsAtOnce } from '../../lib/operator/charge/places.ts';
import type { PeerRuntime } from '../../lib/runtime/peer-runtime.ts';
import { keyVault } from '../../lib/runtime/vault.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { receivedCreation, token } from '../support/builders.ts';
import { connectEmsp } from '../support/odd-emsp.ts';
import { config, event } from '../support/runtime.ts';
import { ambient } from './environment.ts';
import { atMost, type Bench, count, exactly, median, time, timeOfCalls } from './figures.ts';
import { note } from './note.ts';
import { inMemory } from './platform.ts';

const answered = JSON.stringify({ data: { allowed: 'ALLOWED' }, status_code: 1000, timestamp: '2026-01-31T12:00:00Z' });

interface Emsp {
  url: string;
  questions: () => number;
  server: Server;
}

async function startEmsp(hangs: boolean): Promise<Emsp> {
  let questions = 0;
  const server = createServer((asked, response) => {
    questions += 1;
    asked.resume();
    if (!hangs) response.end(answered);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, questions: () => questions, server };
}

const bareRequest = (url: string): Promise<void> =>
  new Promise((resolve, reject) => {
    request(`${url}/tokens/CARD/authorize`, { method: 'POST', agent: false }, (response) => {
      response.resume().once('end', () => resolve());
    })
      .once('error', reject)
      .end();
  });

async function startCpo(emsps: Record<'AAA' | 'BBB', Emsp>): Promise<Handler> {
  const { now, newId } = ambient;
  const backend = inMemory();
  const key = randomBytes(32);
  const log = createLog('info', now, () => {});
  const client = createPeerClient({ policy: 'local', log, now, newId });
  const runtime: PeerRuntime = { config, backend, log, now, newId, client, vault: keyVault(() => key) };
  for (const [party_id, { url }] of Object.entries(emsps)) {
    await connectEmsp({ runtime }, { id: party_id.toLowerCase(), party: { country_code: 'DE', party_id }, url });
    for (const whitelist of ['ALLOWED', 'NEVER', 'ALLOWED_OFFLINE'] as const) {
      await backend.tokens.create(receivedCreation(token({ uid: `${party_id}-${whitelist}`, party_id, whitelist })));
    }
  }
  return endpoint(runtime);
}

const requestContext = { authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/bench' } } };

async function ask(handler: Handler, uid: string, patienceMs = 20_000): Promise<{ source: string }> {
  const asked = { ...event({ body: { uid, patienceMs } }), requestContext } as unknown as APIGatewayProxyEventV2;
  return JSON.parse((await handler(asked, {} as Context)).body ?? '') as { source: string };
}

/** A refusal would be quicker. */
async function expecting(source: string, answer: Promise<{ source: string }>): Promise<void> {
  const said = await answer;
  if (said.source !== source) throw new Error(`It should be decided by ${source}: ${JSON.stringify(said)}`);
}

async function timesOf(repetitions: number, work: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < repetitions; i += 1) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return times;
}

export const charge: Bench = async ({ isShort }) => {
  note('may this card charge');
  const repetitions = isShort ? 300 : 3_000;
  const [hanging, working] = [await startEmsp(true), await startEmsp(false)];
  const handler = await startCpo({ AAA: hanging, BBB: working });
  const ofCopy = () => expecting('copy', ask(handler, 'BBB-ALLOWED'));
  const ofEmsp = () => expecting('asked', ask(handler, 'BBB-NEVER'));
  // Warm, so that what is measured first is not slower for it.
  await timesOf(repetitions, ofCopy);
  await timesOf(repetitions / 3, ofEmsp);

  const waiting = Array.from({ length: 4 * questionsAtOnce }, () => ask(handler, 'AAA-ALLOWED_OFFLINE'));
  const atOnce = await Promise.all(waiting.slice(questionsAtOnce));
  const copyBeside = await timesOf(repetitions, ofCopy);
  const askedBeside = await timesOf(repetitions / 3, ofEmsp);
  const questions = hanging.questions();
  hanging.server.closeAllConnections();
  await Promise.all(waiting);

  const copyAlone = await timesOf(repetitions, ofCopy);
  const askedAlone = await timesOf(repetitions / 3, ofEmsp);
  const bare = await timesOf(repetitions / 3, () => bareRequest(working.url));
  for (const { server } of [hanging, working]) server.close();

  return [
    timeOfCalls('from our copy', copyAlone, 'ms', atMost(5)),
    timeOfCalls('from our copy, while another eMSP hangs', copyBeside, 'ms', atMost(5)),
    time('from our copy: hanging / alone', median(copyBeside) / median(copyAlone), '', atMost(1.5)),
    timeOfCalls('asked of an eMSP on loopback', askedAlone, 'ms'),
    timeOfCalls('bare request to it', bare, 'ms'),
    time('asked: hanging / alone', median(askedBeside) / median(askedAlone), '', atMost(1.5)),
    count('questions that wait for the one that hangs', questions, '', exactly(questionsAtOnce)),
    count(
      'beyond them, decided at once as offline',
      atOnce.filter(({ source }) => source === 'offline').length,
      '',
      exactly(3 * questionsAtOnce),
    ),
  ];
};
