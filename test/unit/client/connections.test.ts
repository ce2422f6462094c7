/** How many connections requests take, and what becomes of them when a partner closes one that was kept. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { PeerRequest } from '../../../lib/client/ask-peer.ts';
import {
  answering,
  client,
  connectionsDuring,
  startPartner,
  startRawPartner,
  success,
  tokensModule,
  watchOver,
} from './support.ts';

watchOver();
afterEach(() => vi.restoreAllMocks());

const credentials = { kind: 'configuration', module_id: 'credentials' } as const;

const get = { method: 'GET', module: tokensModule } as const;
const putToken = { method: 'PUT', module: tokensModule, body: { uid: '1' } } as const;
const repeatable = { get, putToken };
const others = {
  versions: { method: 'GET', module: { kind: 'configuration', module_id: 'versions' } },
  authorize: { method: 'POST', module: tokensModule, body: {} },
  patch: { method: 'PATCH', module: tokensModule, body: {} },
  register: { method: 'POST', module: credentials, body: {} },
  rotate: { method: 'PUT', module: credentials, body: {} },
  unregister: { method: 'DELETE', module: credentials },
} as const;

const answer = (body = JSON.stringify(success())) =>
  `HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

/** @param onRequest told which connection it is, which request on it, and how to answer or end it */
async function startKeepingPartner(
  onRequest: (connection: number, request: number, socket: { write(text: string): void; reset(): void }) => void,
) {
  let connections = 0;
  const partner = await startRawPartner((socket) => {
    const connection = ++connections;
    let requests = 0;
    const reset = () => socket.resetAndDestroy();
    socket.on('data', (data) => {
      if (/^[A-Z]+ \//.test(data.toString()))
        onRequest(connection, ++requests, { write: (text) => socket.write(text), reset });
    });
  });
  return { url: partner.url, connections: () => connections };
}

const answersOnce = () =>
  startKeepingPartner((_, request, socket) => (request === 1 ? socket.write(answer()) : socket.reset()));

/** The connection of the one before is at hand when the next is asked. */
async function inTurn(ask: () => Promise<unknown>, times = 3): Promise<void> {
  for (let i = 0; i < times; i += 1) {
    await ask();
    await sleep(20);
  }
}

it.each(Object.entries(repeatable))('%s takes one connection, however often', async (_, request) => {
  const partner = await startPartner(answering(success()));
  const { ask } = client();
  expect(await connectionsDuring(() => inTurn(() => ask(partner.url, request)))).toHaveLength(1);
});

it.each(Object.entries(others))('%s takes one of its own each time', async (_, request) => {
  const partner = await startPartner(answering(success()));
  const { ask } = client();
  await inTurn(() => ask(partner.url, get), 1);
  expect(await connectionsDuring(() => inTurn(() => ask(partner.url, request)))).toHaveLength(3);
});

it('nothing goes over a connection that was kept while the function was frozen', async () => {
  const partner = await startPartner(answering(success()));
  const { ask } = client();
  await inTurn(() => ask(partner.url, get), 1);
  const later = Date.now() + 2_100;
  vi.spyOn(Date, 'now').mockReturnValue(later);
  expect(await connectionsDuring(() => ask(partner.url, get))).toHaveLength(1);
});

it('an idle connection is closed', async () => {
  const partner = await startPartner(answering(success()));
  await client().ask(partner.url, get);
  expect(partner.sockets.size).toBe(1);
  await expect.poll(() => partner.sockets.size).toBe(0);
});

it('a slow answer on a connection that was kept is waited for', async () => {
  const partner = await startPartner(async (request, response) => {
    if (partner.seen.length === 2) await sleep(2_300);
    answering(success())(request, response);
  });
  const { ask } = client();
  expect(await connectionsDuring(() => inTurn(() => ask(partner.url, get), 2))).toHaveLength(1);
});

describe('a partner that closes a connection', () => {
  it.each(Object.entries(repeatable))('just as %s comes is asked once more, on a new one', async (_, request) => {
    const partner = await answersOnce();
    const { ask, logged } = client();
    await inTurn(() => ask(partner.url, request));
    expect(partner.connections()).toBe(3);
    expect(logged()).toHaveLength(3);
  });

  it('and every other one is asked until there is an answer', async () => {
    const partner = await answersOnce();
    const { ask } = client();
    const five = () => Promise.all(Array.from({ length: 5 }, () => ask(partner.url, get)));
    await inTurn(five, 2);
    expect(partner.connections()).toBe(10);
  });

  it('that is new is not asked again', async () => {
    const partner = await startKeepingPartner((_, __, socket) => socket.reset());
    expect(await client().fail(partner.url, putToken)).toMatchObject({ kind: 'unreachable' });
    expect(partner.connections()).toBe(1);
  });

  it('in the middle of an answer is not asked again', async () => {
    const partner = await startKeepingPartner((_, request, socket) => {
      if (request === 1) return socket.write(answer());
      socket.write(answer().slice(0, -10));
      setTimeout(() => socket.reset(), 50);
    });
    const { ask, fail } = client();
    await inTurn(() => ask(partner.url, putToken), 1);
    expect(await fail(partner.url, putToken)).toMatchObject({ kind: 'unreachable', http: 200 });
    await sleep(50);
    expect(partner.connections()).toBe(1);
  });
});

it('what a partner says without being asked is no answer to the next request', async () => {
  const forged = answer(JSON.stringify(success('forged')));
  const partner = await startKeepingPartner((_, __, socket) => socket.write(answer() + forged));
  const { ask } = client();
  await inTurn(async () => expect((await ask(partner.url, get)).data).toBeUndefined());
});

it.each(Object.entries({ ...repeatable, ...others }))('%s says so when a partner is not there', async (_, request) => {
  const { fail } = client();
  expect(await fail('http://127.0.0.1:1', request as Partial<PeerRequest>)).toMatchObject({ kind: 'unreachable' });
});
