/** Partners that misbehave below OCPI, asked through the whole client. */
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  answering,
  client,
  connectionsDuring,
  resolvingTo,
  selfSigned,
  startPartner,
  startRawPartner,
  startTlsPartner,
  success,
  watchOver,
} from './support.ts';

watchOver();
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const json = { 'Content-Type': 'application/json' };
const head = (...lines: string[]) => ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');

/** Runs something that has to be over soon after its time limit, and not before it. */
async function timed<T>(timeoutMs: number, run: () => Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const result = await run();
  const took = performance.now() - startedAt;
  expect(took).toBeGreaterThan(timeoutMs * 0.9);
  expect(took).toBeLessThan(timeoutMs + 2000);
  return result;
}

describe('hosts that must not be asked (CRED-14)', () => {
  it.each([
    'http://127.0.0.1:{port}/',
    'https://127.0.0.1:{port}/',
    'https://2130706433:{port}/',
    'https://[::ffff:127.0.0.1]:{port}/',
    'https://user:password@127.0.0.1:{port}/',
    'https://0.0.0.0:{port}/',
  ])('under the public policy %s is not even connected to', async (template) => {
    const partner = await startPartner(answering(success()));
    const { fail } = client({ policy: 'public' });
    const url = template.replace('{port}', String(partner.port));
    const connections = await connectionsDuring(async () => {
      expect(await fail(url)).toMatchObject({ kind: 'forbidden-url', http: undefined });
    });
    expect(connections).toEqual([]);
  });

  it.each(['127.0.0.1', '::1', '169.254.169.254', '10.0.0.1', '::ffff:7f00:1', 'fd00:ec2::254'])(
    'a name that leads to %s is not connected to',
    async (address) => {
      const partner = await startPartner(answering(success()));
      const { fail } = client({ policy: 'public', resolve: resolvingTo(address) });
      const connections = await connectionsDuring(async () => {
        const error = await fail(`https://partner.test:${partner.port}/`);
        expect(error).toMatchObject({ kind: 'forbidden-url', message: expect.stringContaining(address) });
      });
      expect(connections).toEqual([]);
    },
  );

  it('a name with one private address among others is not connected to', async () => {
    const { fail } = client({ policy: 'local', resolve: resolvingTo('127.0.0.1', '10.0.0.1') });
    const connections = await connectionsDuring(async () => {
      expect(await fail('https://partner.test/')).toMatchObject({ kind: 'forbidden-url' });
    });
    expect(connections).toEqual([]);
  });

  it('a name that is private at the second look is refused then, whatever it was at the first', async () => {
    const partner = await startPartner(answering(success()));
    const answers = ['127.0.0.1', '10.0.0.1'];
    const resolve = vi.fn((hostname: string) => resolvingTo(answers.shift() ?? '')(hostname));
    const { ask, fail } = client({ resolve });

    const connections = await connectionsDuring(async () => {
      await ask(`http://partner.test:${partner.port}/`);
      expect(resolve).toHaveBeenCalledTimes(1);
      expect(await fail(`http://partner.test:${partner.port}/`, { method: 'POST' })).toMatchObject({
        kind: 'forbidden-url',
      });
    });
    expect(connections).toEqual(['127.0.0.1']);
  });

  it('http leads to no other machine in local runs', async () => {
    const { fail } = client({ resolve: resolvingTo('8.8.8.8') });
    expect(await fail('http://partner.test/')).toMatchObject({ kind: 'forbidden-url' });
  });

  it('a proxy of the environment is not used', async () => {
    const proxy = await startPartner(answering(success()));
    const partner = await startPartner(answering(success()));
    for (const name of ['HTTP_PROXY', 'http_proxy', 'HTTPS_PROXY']) vi.stubEnv(name, proxy.url);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    await client({ resolve: resolvingTo('127.0.0.1') }).ask(`http://partner.test:${partner.port}/`);
    expect([proxy.seen.length, partner.seen.length]).toEqual([0, 1]);
  });
});

describe('the time limit (CRED-13)', () => {
  const timeoutMs = 250;
  const late = { kind: 'unreachable', message: expect.stringContaining('250 ms') };

  it('ends a silent partner', async () => {
    const partner = await startRawPartner(() => undefined);
    const { fail } = client();
    expect(await timed(timeoutMs, () => fail(partner.url, { timeoutMs }))).toMatchObject(late);
  });

  it('leaves no connection behind', async () => {
    const partner = await startRawPartner((socket) => socket.resume().on('end', () => socket.end()));
    await client().fail(partner.url, { timeoutMs: 100 });
    await expect.poll(() => partner.sockets.size).toBe(0);
  });

  it('ends a partner that does not get through its TLS handshake', async () => {
    const partner = await startRawPartner(() => undefined);
    const { fail } = client({ resolve: resolvingTo('127.0.0.1') });
    const url = `https://partner.test:${partner.port}/`;
    expect(await timed(timeoutMs, () => fail(url, { timeoutMs }))).toMatchObject(late);
  });

  it('ends a look-up that never answers', async () => {
    const { fail } = client({ resolve: () => new Promise(() => undefined) });
    expect(await timed(timeoutMs, () => fail('https://partner.test/', { timeoutMs }))).toMatchObject(late);
  });

  it.each([
    ['headers', 'HTTP/1.1 200 OK\r\nX-Slow: '],
    ['a body', head('Content-Length: 1000')],
    ['chunks', head('Transfer-Encoding: chunked')],
  ])('ends a partner that lets %s drip', async (_, start) => {
    const drop = start.includes('chunked') ? '1\r\n \r\n' : ' ';
    const partner = await startRawPartner((socket) => {
      socket.write(start);
      const drip = setInterval(() => socket.write(drop), 20);
      socket.on('close', () => clearInterval(drip));
    });
    const { fail } = client();
    expect(await timed(timeoutMs, () => fail(partner.url, { timeoutMs }))).toMatchObject(late);
  });

  it('ends one provisional answer after the other', async () => {
    const partner = await startRawPartner((socket) => {
      const more = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 10);
      socket.on('close', () => clearInterval(more));
    });
    const { fail } = client();
    expect(await timed(timeoutMs, () => fail(partner.url, { timeoutMs }))).toMatchObject(late);
  });

  it('is one for all redirects together, each of which is in time', async () => {
    const partner = await startPartner(async (request, response) => {
      await sleep(120);
      const listener =
        request.url === '/xx' ? answering(success()) : answering('', 302, { Location: `${request.url}x` });
      listener(request, response);
    });
    const { fail } = client();
    expect(await timed(timeoutMs, () => fail(partner.url, { timeoutMs }))).toMatchObject(late);
  });

  it('tells the status of an answer of which only the body is late', async () => {
    const partner = await startPartner((_, response) => response.writeHead(404, json).write('{'));
    expect(await client().fail(partner.url, { timeoutMs })).toMatchObject({ ...late, http: 404 });
  });
});

describe('the size limit', () => {
  const tooLarge = (bytes: number) => ({
    kind: 'broken',
    http: 200,
    message: expect.stringContaining(`more than ${bytes} bytes`),
  });

  it('takes a body of exactly that size and refuses one byte more', async () => {
    const body = JSON.stringify(success('x'.repeat(1000)));
    const partner = await startPartner(answering(body));
    expect((await client().ask(partner.url, { maxBytes: body.length })).http).toBe(200);
    expect(await client().fail(partner.url, { maxBytes: body.length - 1 })).toMatchObject(tooLarge(body.length - 1));
  });

  it('is 1 MiB unless told', async () => {
    const partner = await startPartner(answering('x'.repeat(2 ** 20 + 1)));
    expect(await client().fail(partner.url)).toMatchObject(tooLarge(2 ** 20));
  });

  it.each([
    ['in chunks', {}],
    ['under a false Content-Length', { 'Content-Length': String(2 ** 40) }],
  ])('ends a body without end %s, and hangs up', async (_, headers) => {
    const partner = await startPartner((request, response) => {
      response.writeHead(200, headers);
      const pour = () => {
        while (!request.socket.destroyed && response.write(Buffer.alloc(65536, ' ')));
      };
      response.on('drain', pour);
      pour();
    });
    expect(await client().fail(partner.url)).toMatchObject(tooLarge(2 ** 20));
    await expect.poll(() => partner.sockets.size).toBe(0);
  });

  it('holds for chunks of one byte', async () => {
    const partner = await startRawPartner((socket) => {
      socket.write(head('Transfer-Encoding: chunked'));
      const pour = () => {
        while (!socket.destroyed && socket.write('1\r\n \r\n'.repeat(10_000)));
      };
      socket.on('drain', pour);
      pour();
    });
    expect(await client().fail(partner.url, { maxBytes: 100_000 })).toMatchObject(tooLarge(100_000));
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('holds for what a %s bomb unpacks to', async (encoding, pack) => {
    const bomb = pack(Buffer.alloc(16 * 2 ** 20, ' '));
    expect(bomb.length).toBeLessThan(2 ** 16);
    const partner = await startPartner(answering(bomb, 200, { 'Content-Encoding': encoding }));
    expect(await client().fail(partner.url)).toMatchObject(tooLarge(2 ** 20));
  });

  it.each([
    ['one huge header', `X-Huge: ${'x'.repeat(20_000)}`],
    ['a great many headers', Array.from({ length: 2000 }, (_, index) => `X-${index}: value`).join('\r\n')],
  ])('refuses %s', async (_, header) => {
    const partner = await startRawPartner((socket) => socket.end(head(header)));
    const error = await client().fail(partner.url);
    expect(error).toMatchObject({ kind: 'broken', message: expect.stringContaining('HPE_HEADER_OVERFLOW') });
  });
});

describe('encodings', () => {
  const body = Buffer.from(JSON.stringify(success(['héllo'])));

  it.each([
    ['gzip', gzipSync(body)],
    ['x-gzip', gzipSync(body)],
    ['GZIP', gzipSync(body)],
    ['deflate', deflateSync(body)],
    ['deflate', deflateRawSync(body)],
    ['br', brotliCompressSync(body)],
    ['identity', body],
  ])('reads %s', async (encoding, packed) => {
    const partner = await startPartner(answering(packed, 200, { ...json, 'Content-Encoding': encoding }));
    expect((await client().ask(partner.url)).data).toEqual(['héllo']);
    expect(partner.seen[0]?.headers['accept-encoding']).toBe('gzip, deflate, br');
  });

  it.each([
    ['what it did not ask for', 'compress', body],
    ['one inside the other', 'gzip, gzip', gzipSync(gzipSync(body))],
    ['a lie', 'gzip', body],
    ['half a gzip', 'gzip', gzipSync(body).subarray(0, -12)],
  ])('refuses %s', async (_, encoding, packed) => {
    const partner = await startPartner(answering(packed, 200, { ...json, 'Content-Encoding': encoding }));
    expect(await client().fail(partner.url)).toMatchObject({ kind: 'broken', http: 200 });
  });

  it('takes an empty body for empty, whatever encoding is announced', async () => {
    const partner = await startPartner(answering('', 404, { 'Content-Encoding': 'gzip' }));
    expect(await client().fail(partner.url)).toMatchObject({ kind: 'refused', http: 404 });
  });
});

describe('connections that break', () => {
  it.each([
    ['nobody listens', undefined],
    ['the partner closes at once', 'end'],
    ['the partner resets at once', 'reset'],
  ] as const)('%s', async (_, how) => {
    const partner = await startRawPartner((socket) => (how === 'reset' ? socket.resetAndDestroy() : socket.end()));
    // Port 1 of loopback: nothing is there.
    const url = how === undefined ? 'http://127.0.0.1:1/' : partner.url;
    expect(await client().fail(url)).toMatchObject({ kind: 'unreachable', http: undefined });
  });

  it.each([
    ['the partner closes its half after the request', (socket: { end(): void }) => socket.end()],
    ['the partner resets after the request', (socket: { resetAndDestroy(): void }) => socket.resetAndDestroy()],
  ])('%s', async (_, cut) => {
    const partner = await startRawPartner((socket) => socket.once('data', () => cut(socket)));
    expect(await client().fail(partner.url)).toMatchObject({ kind: 'unreachable', http: undefined });
  });

  it.each([
    ['Content-Length', head('Content-Length: 1000')],
    ['chunks', head('Transfer-Encoding: chunked')],
  ])('a body that ends before its %s do', async (_, start) => {
    const partner = await startRawPartner((socket) => socket.once('data', () => socket.end(start)));
    expect(await client().fail(partner.url)).toMatchObject({ kind: 'unreachable', http: 200 });
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['two lengths', head('Content-Length: 2', 'Content-Length: 3')],
    ['a length and chunks', head('Content-Length: 2', 'Transfer-Encoding: chunked')],
  ])('%s', async (_, answer) => {
    const partner = await startRawPartner((socket) => socket.once('data', () => socket.end(answer)));
    expect(await client().fail(partner.url)).toMatchObject({ kind: 'broken' });
  });

  it('an unasked change of protocol', async () => {
    const switching = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
    const partner = await startRawPartner((socket) => socket.once('data', () => socket.write(switching)));
    expect(await client().fail(partner.url)).toMatchObject({ kind: 'unreachable' });
  });

  it('an answer that comes before the request is complete', async () => {
    const answer = JSON.stringify(success(['early']));
    const partner = await startRawPartner((socket) =>
      socket.end(`${head(`Content-Length: ${answer.length}`, 'Connection: close')}${answer}`),
    );
    expect((await client().ask(partner.url, { method: 'POST', body: 'x'.repeat(1000) })).data).toEqual(['early']);
  });

  it('a name with two addresses, of which neither answers', async () => {
    const { fail } = client({ resolve: resolvingTo('127.0.0.1', '127.0.0.2') });
    const error = await fail('http://partner.test:1/');
    expect(error).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('ECONNREFUSED 127.0.0.1:1') });
  });

  it('a name that nobody knows', async () => {
    const unknown = Object.assign(new Error('getaddrinfo ENOTFOUND partner.test'), { code: 'ENOTFOUND' });
    const error = await client({ resolve: () => Promise.reject(unknown) }).fail('https://partner.test/');
    expect(error).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('ENOTFOUND'), cause: unknown });
  });
});

it('keeps no cookie', async () => {
  const partner = await startPartner(answering(success(), 200, { ...json, 'Set-Cookie': 'session=1' }));
  const { ask } = client();
  await ask(partner.url);
  await ask(partner.url);
  expect(partner.seen.map(({ headers }) => headers.cookie)).toEqual([undefined, undefined]);
});

const certificate = selfSigned();

describe.skipIf(!certificate)(`TLS${certificate ? '' : ' (skipped: this machine has no openssl)'}`, () => {
  const own = certificate as NonNullable<typeof certificate>;
  const resolve = resolvingTo('127.0.0.1');

  it('asks a partner whose certificate it trusts', async () => {
    const partner = await startTlsPartner(own, answering(success(['secure'])));
    const { ask } = client({ resolve, ca: own.cert });
    expect((await ask(`https://partner.test:${partner.port}/`)).data).toEqual(['secure']);
  });

  it.each(['0', '1'])('refuses a self-signed one, with NODE_TLS_REJECT_UNAUTHORIZED=%s (TRN-01)', async (value) => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', value);
    // Node warns of the 0, once, and would do so in the middle of the test report.
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const partner = await startTlsPartner(own, answering(success()));
    const error = await client({ resolve }).fail(`https://partner.test:${partner.port}/`);
    expect(error).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('self-signed') });
    expect(partner.seen).toHaveLength(0);
  });

  it('refuses one of another host (TRN-01)', async () => {
    const partner = await startTlsPartner(own, answering(success()));
    const error = await client({ resolve, ca: own.cert }).fail(`https://other.test:${partner.port}/`);
    expect(error).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('ERR_TLS_CERT_ALTNAME') });
    expect(partner.seen).toHaveLength(0);
  });

  it('says that a partner speaks no TLS', async () => {
    const partner = await startPartner(answering(success()));
    const error = await client({ resolve }).fail(`https://partner.test:${partner.port}/`);
    expect(error.kind).toBe('unreachable');
  });

  it('does not follow a redirect down to http', async () => {
    const plain = await startPartner(answering(success()));
    const partner = await startTlsPartner(own, answering('', 302, { Location: `http://partner.test:${plain.port}/` }));
    const error = await client({ resolve, ca: own.cert }).fail(`https://partner.test:${partner.port}/`);
    expect(error).toMatchObject({ kind: 'broken', http: 302 });
    expect(plain.seen).toHaveLength(0);
  });
});

it('requests do not wait for each other', async () => {
  const partner = await startPartner(async (request, response) => {
    await sleep(100);
    answering(success())(request, response);
  });
  const { ask } = client();
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: 20 }, () => ask(partner.url)));
  expect(performance.now() - startedAt).toBeLessThan(1900);
});
