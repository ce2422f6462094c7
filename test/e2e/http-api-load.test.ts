/** The local server when more is asked of it than it can do at once. */
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createHttpApi, type HttpApi } from '../../lib/local/http-api.ts';

const concurrency = 3;
let api: HttpApi;
let port: number;
let calls: string[];
let underWay: number;
let mostUnderWay: number;
let release: () => void;

const work = async ({ rawPath }: { rawPath: string }) => {
  calls.push(rawPath);
  underWay += 1;
  mostUnderWay = Math.max(mostUnderWay, underWay);
  await sleep(1);
  underWay -= 1;
  return { statusCode: 200, body: rawPath };
};

beforeEach(async () => {
  [calls, underWay, mostUnderWay] = [[], 0, 0];
  const functions = [
    { name: 'work', routes: ['GET /work/{n}', 'PUT /work/{n}'], timeoutSeconds: 1 },
    { name: 'held', routes: ['GET /held/{n}'], timeoutSeconds: 20 },
    { name: 'other', routes: ['GET /other'], timeoutSeconds: 1 },
  ];
  const load = ({ name }: { name: string }) => (name === 'held' ? hold : work);
  const isReleased = new Promise<void>((resolve) => {
    release = resolve;
  });
  const hold: typeof work = async (event) => {
    calls.push(event.rawPath);
    await isReleased;
    return { statusCode: 200, body: '' };
  };
  api = createHttpApi({ functions, load, concurrency });
  port = await api.listen(0);
});
afterEach(() => api.close(0));

const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
const put = (n: number) => `PUT /work/${n} HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}`;

/** Sends this many requests on one connection without waiting for an answer. */
function pipeline(count: number) {
  const socket = connect(port, '127.0.0.1').on('error', () => {});
  socket.write(Array.from({ length: count }, (_, n) => put(n)).join(''));
  return socket;
}

test('works on one request of a connection at a time, and answers all in their order', async () => {
  const count = 1_500;
  const socket = pipeline(count);
  let answers = '';
  for await (const chunk of socket) {
    answers += chunk;
    if (answers.endsWith(`/work/${count - 1}`)) break;
  }
  expect(answers.match(/(?<=\/work\/)\d+/g)).toEqual(Array.from({ length: count }, (_, n) => String(n)));
  expect(mostUnderWay).toBe(1);
});

test('leaves what a client has sent when that has left, and serves the others', async () => {
  const socket = pipeline(20_000);
  await expect.poll(() => calls.length, { interval: 1 }).toBeGreaterThan(2);
  socket.destroy();
  expect((await get('/other')).status).toBe(200);
  const callsWhenItLeft = calls.length;
  await sleep(100);
  expect(calls.length - callsWhenItLeft).toBeLessThan(3);
  expect(calls.length).toBeLessThan(300);
});

test('runs so many calls of a function at a time, and the others behind them', async () => {
  const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => get(`/work/${n}`)));
  expect(answers.map(({ status }) => status)).toEqual(Array(60).fill(200));
  expect(mostUnderWay).toBe(concurrency);
});

test('a function that is busy holds up no other, and does not run for who has left the line', async () => {
  const held = Array.from({ length: concurrency }, (_, n) => get(`/held/${n}`));
  await expect.poll(() => calls.length, { interval: 1 }).toBe(concurrency);
  expect((await get('/other')).status).toBe(200);

  const leaving = connect(port, '127.0.0.1');
  leaving.write('GET /held/left HTTP/1.1\r\nHost: x\r\n\r\n');
  const waiting = get('/held/waiting');
  // One behind the other, so that what came before this answer has come in.
  expect((await get('/other')).status).toBe(200);
  leaving.destroy();
  expect((await get('/other')).status).toBe(200);
  release();
  await Promise.all([...held, waiting]);
  expect(calls).toContain('/held/waiting');
  expect(calls).not.toContain('/held/left');
});
