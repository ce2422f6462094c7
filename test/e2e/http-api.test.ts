/** The emulator over real HTTP, with functions of the test's own: what a partner sees of an HTTP API. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createHttpApi, type HttpApi, type LambdaHandler } from '../../lib/local/http-api.ts';

const handlers: Record<string, LambdaHandler> = {
  echo: async (event) => event,
  fallback: async ({ routeKey }) => ({ statusCode: routeKey === '$default' ? 404 : 405, body: routeKey }),
  throws: async () => {
    throw new Error('secret');
  },
  throwsAtOnce: () => {
    throw new Error('secret');
  },
  badHeader: async () => ({ statusCode: 200, headers: { 'x-a': 'a\nb' }, body: '' }),
  never: () => new Promise(() => {}),
  slow: async () => {
    await sleep(100);
    return { statusCode: 200, body: 'slow' };
  },
  binary: async () => ({ statusCode: 200, body: 'AP8=', isBase64Encoded: true, cookies: ['a=1', 'b=2'] }),
  context: async (_event, context) => ({ ...context, remaining: context.getRemainingTimeInMillis() }),
};

const lambda = (name: string, routes: string[], timeoutSeconds = 10) => ({ name, routes, timeoutSeconds });

const functions = [
  lambda('echo', ['GET /echo', 'POST /echo', 'GET /tokens/{version}/{path+}', 'PUT /tokens/{version}/{path+}']),
  lambda('fallback', ['$default', 'ANY /echo', 'ANY /tokens/{version}/{path+}']),
  lambda('throws', ['GET /throws']),
  lambda('throwsAtOnce', ['GET /throws-at-once']),
  lambda('badHeader', ['GET /bad-header']),
  lambda('never', ['GET /never'], 30),
  lambda('never', ['GET /short'], 0.05),
  lambda('slow', ['GET /slow']),
  lambda('binary', ['GET /binary']),
  lambda('context', ['GET /context']),
];

/** Less than any function has, and more than one that answers takes on a machine with much to do. */
const gatewayTimeoutMs = 9_000;

const onError = vi.fn();
let api: HttpApi;
let port: number;
let url: string;

const load = ({ name }: { name: string }) => {
  const handler = handlers[name];
  if (!handler) throw new Error(`no code for ${name}`);
  return handler;
};

beforeAll(async () => {
  api = createHttpApi({ functions, load, onError, gatewayTimeoutMs });
  port = await api.listen(0);
  url = `http://127.0.0.1:${port}`;
});

afterAll(() => api.close());
beforeEach(() => void onError.mockClear());

/** fetch() would tidy up the path. */
const get = (
  path: string,
  options: { port?: number; method?: string; headers?: Record<string, string | string[]> } = {},
) =>
  new Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: string }>(
    (resolve, reject) => {
      request({ host: '127.0.0.1', port, path, agent: false, ...options }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode,
            headers: response.headers,
            body: Buffer.concat(chunks).toString('latin1'),
          }),
        );
      })
        .on('error', reject)
        .end();
    },
  );

/** Sends these bytes on a connection of their own, and resolves to all that comes back until the server closes it. */
const exchange = async (bytes: string): Promise<string> => {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  const chunks: Buffer[] = await socket.toArray();
  return Buffer.concat(chunks).toString();
};

const echo = async (path: string, options: Parameters<typeof get>[1] = {}): Promise<APIGatewayProxyEventV2> =>
  JSON.parse((await get(path, options)).body);

describe('routes', () => {
  test('a decoded slash separates segments before a route is looked for', async () => {
    const event = await echo('/tokens/2.2.1/NL%2FTNM/a%20b%2Bc+d?type=RFID');
    expect(event).toMatchObject({
      routeKey: 'GET /tokens/{version}/{path+}',
      rawPath: '/tokens/2.2.1/NL/TNM/a b+c+d',
      rawQueryString: 'type=RFID',
      pathParameters: { version: '2.2.1', path: 'NL/TNM/a b+c+d' },
    });
  });

  test('a greedy variable takes a trailing slash, and nothing after one', async () => {
    expect((await echo('/tokens/2.2.1/')).pathParameters).toEqual({ version: '2.2.1', path: '' });
    expect((await echo('/tokens/2.2.1/a/')).pathParameters?.path).toBe('a/');
    expect((await echo('/tokens/2.2.1//a')).pathParameters?.path).toBe('/a');
    expect((await get('/tokens/2.2.1')).body).toBe('$default');
    expect((await get('/echo/')).body).toBe('$default');
  });

  test('another method takes the path’s ANY route, another path $default', async () => {
    expect(await get('/tokens/2.2.1/a', { method: 'DELETE' })).toMatchObject({
      status: 405,
      body: 'ANY /tokens/{version}/{path+}',
    });
    expect(await get('/echo', { method: 'OPTIONS' })).toMatchObject({ status: 405 });
    expect(await get('/nowhere')).toMatchObject({ status: 404, body: '$default' });
  });

  test('HEAD needs a route like any other method, and its answer has no body', async () => {
    expect(await get('/echo', { method: 'HEAD' })).toMatchObject({ status: 405, body: '' });
  });

  test('a decoded question mark ends the path', async () => {
    expect((await echo('/tokens/2.2.1/a%3Fb?c=d')).rawPath).toBe('/tokens/2.2.1/a');
  });

  test('a path with malformed encoding is a 400', async () => {
    expect(await get('/tokens/2.2.1/%zz')).toMatchObject({ status: 400, body: '{"message":"Bad Request"}' });
  });

  test('without a $default route an unknown path is the gateway’s 404', async () => {
    const bare = createHttpApi({ functions: [lambda('echo', ['GET /echo'])], load });
    const response = await fetch(`http://127.0.0.1:${await bare.listen(0)}/nowhere`);
    expect([response.status, await response.text()]).toEqual([404, '{"message":"Not Found"}']);
    await bare.close();
  });
});

describe('requests', () => {
  test('a header that comes twice arrives joined, cookies apart', async () => {
    const event = await echo('/echo', { headers: { 'X-Multi': ['a', 'b'], Cookie: 'a=1; b=2' } });
    expect(event.headers['x-multi']).toBe('a,b');
    expect(event.cookies).toEqual(['a=1', 'b=2']);
    expect(event.headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  test('a body in chunks arrives whole', async () => {
    const body = new ReadableStream({
      start(controller) {
        for (const part of ['{"a":', '"é"', '}']) controller.enqueue(new TextEncoder().encode(part));
        controller.close();
      },
    });
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${url}/echo`, { method: 'POST', body, headers, duplex: 'half' } as RequestInit);
    const event: unknown = await response.json();
    expect(event).toMatchObject({ body: '{"a":"é"}', isBase64Encoded: false, headers: { 'content-length': '10' } });
  });

  test('bytes arrive as base64', async () => {
    const response = await fetch(`${url}/echo`, { method: 'POST', body: new Uint8Array([0, 255]) });
    const event: unknown = await response.json();
    expect(event).toMatchObject({ body: 'AP8=', isBase64Encoded: true });
  });

  test('a body over 10 MB is refused, one of 4 MB is not', async () => {
    const post = (bytes: number) =>
      fetch(`${url}/echo`, { method: 'POST', body: 'x'.repeat(bytes), headers: { 'content-type': 'text/plain' } });
    const refused = await post(10 * 1024 * 1024 + 1);
    expect([refused.status, await refused.text()]).toEqual([413, '{"message":"Request Entity Too Large"}']);
    expect((await post(4_000_000)).status).toBe(200);
  });

  test('headers over 10 KB are refused in words', async () => {
    expect(await get('/echo', { headers: { 'x-long': 'x'.repeat(11_000) } })).toMatchObject({
      status: 431,
      headers: { 'content-type': 'application/json' },
      body: '{"message":"Request Header Fields Too Large"}',
    });
  });

  test.each([
    'nonsense\r\n\r\n',
    'GET /echo HTTP/1.1\r\nConnection: close\r\n\r\n',
    'POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: y\r\n\r\n',
  ])('%j, which is no request, is refused in words', async (text) => {
    const answer = await exchange(text);
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\n/);
    expect(answer).toMatch(/\r\n\r\n\{"message":"Bad Request"\}$/);
  });

  test('nonsense behind a request is refused when that one is answered', async () => {
    const answer = await exchange('GET /slow HTTP/1.1\r\nHost: x\r\n\r\nnonsense\r\n\r\n');
    expect(answer.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 400']);
  });

  test('a client that leaves in the middle of its request harms nobody', async () => {
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf');
    await sleep(20);
    socket.destroy();
    await sleep(20);
    expect((await get('/echo')).status).toBe(200);
  });
});

describe('results', () => {
  test.each(['/throws', '/throws-at-once'])(
    'what a function throws at %s is reported, and its caller sees a 500',
    async (path) => {
      expect(await get(path)).toMatchObject({
        status: 500,
        body: '{"message":"Internal Server Error"}',
        headers: { 'content-type': 'application/json' },
      });
      expect(onError).toHaveBeenCalledExactlyOnceWith(
        expect.anything(),
        expect.objectContaining({ message: 'secret' }),
      );
    },
  );

  test('a header that HTTP cannot carry is a 500', async () => {
    expect((await get('/bad-header')).status).toBe(500);
  });

  test('a function that its own timeout stops is a 500', async () => {
    expect(await get('/short')).toMatchObject({ status: 500, body: '{"message":"Internal Server Error"}' });
    expect(onError.mock.calls[0]?.[1]).toMatchObject({ message: 'Task timed out after 0.05 seconds' });
  });

  test('a function that the gateway does not wait for is a 503', async () => {
    const impatient = createHttpApi({ functions, load, onError, gatewayTimeoutMs: 200 });
    const answer = await get('/never', { port: await impatient.listen(0) });
    await impatient.close();
    expect(answer).toMatchObject({ status: 503, body: '{"message":"Service Unavailable"}' });
  });

  test('bytes and cookies', async () => {
    const response = await get('/binary');
    expect(response.body).toBe('\u0000ÿ');
    expect(response.headers).toMatchObject({
      'set-cookie': ['a=1', 'b=2'],
      'content-type': 'text/plain;charset=UTF-8',
    });
  });

  test('a function knows its name, its request and its time', async () => {
    const [first, second] = await Promise.all([get('/context'), get('/context')]);
    const context = JSON.parse(first.body);
    expect(context).toMatchObject({ functionName: 'context', awsRequestId: expect.any(String) });
    expect(context.remaining).toBeGreaterThan(0);
    expect(context.remaining).toBeLessThanOrEqual(gatewayTimeoutMs);
    expect(context.awsRequestId).not.toBe(JSON.parse(second.body).awsRequestId);
  });
});

describe('the server', () => {
  test('loads every function before it listens, and fails on a broken one', async () => {
    const broken = createHttpApi({ functions: [lambda('nothing', ['GET /'])], load });
    await expect(broken.listen(0)).rejects.toThrow('no code for nothing');
  });

  test('says so when its port is taken', async () => {
    const second = createHttpApi({ functions: [], load });
    await expect(second.listen(port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });

  test('answers what is under way before it closes', async () => {
    const closing = createHttpApi({ functions, load });
    const slow = fetch(`http://127.0.0.1:${await closing.listen(0)}/slow`);
    await sleep(30);
    const began = performance.now();
    await closing.close();
    expect(await (await slow).text()).toBe('slow');
    expect(performance.now() - began, 'the connection, kept alive, does not hold it up').toBeLessThan(1_000);
  });

  test('cuts what is not answered in time', async () => {
    const closing = createHttpApi({ functions, load });
    const slow = fetch(`http://127.0.0.1:${await closing.listen(0)}/slow`);
    await sleep(30);
    await Promise.all([expect(slow).rejects.toThrow(), closing.close(1)]);
  });
});
