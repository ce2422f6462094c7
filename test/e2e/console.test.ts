/** What the console refuses, asked as no page of its own would ask, and how the command offers it. */
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { run } from '../../lib/cli/program.ts';
import type { ConsoleServer } from '../../lib/console/server.ts';
import { putOwnToken } from '../../lib/operator/api/tokens.ts';
import { token } from '../support/builders.ts';
import { ask, consoleOf, type Link, linkOf, type OwnersInstance, open, post, startOwned } from '../support/console.ts';

let ours: OwnersInstance;
let readOnly: ConsoleServer;
let writing: ConsoleServer;

beforeAll(async () => {
  ours = await startOwned({ parties: 'CPO NL AAA, EMSP NL AAA' });
  await ours.client.call(putOwnToken, { token: token({ country_code: 'NL', party_id: 'AAA', uid: 'CARD1' }) });
  readOnly = await consoleOf(ours.client);
  writing = await consoleOf(ours.client, { mayWrite: true });
});

afterAll(async () => {
  await Promise.all([readOnly.close(), writing.close()]);
  await ours.stop();
});

const listing = { operation: 'peers/list', input: {} };
const blocking = { operation: 'tokens/block', input: { uid: 'CARD1' } };

const call = (port: number, session: string, value: object) =>
  post(port, '/call', value, { 'Console-Session': session });

describe('the link', () => {
  test('opens with its key, and lets the page ask', async () => {
    const link = linkOf(readOnly);
    const session = await open(link);
    const { status, body } = await call(link.port, session, listing);
    expect({ status, answer: JSON.parse(body) }).toEqual({ status: 200, answer: { output: { peers: [] } } });
  });

  test('is good once', async () => {
    const { port, key } = linkOf(readOnly);
    expect((await post(port, '/session', { key })).status).toBe(200);
    const again = await post(port, '/session', { key });
    expect(again.status).toBe(401);
    expect(again.body).not.toContain('session"');
  });

  test.each(['', 'x', undefined, null, {}, ['a']])('refuses the key %j, and stays good', async (wrong) => {
    const { port, key } = linkOf(readOnly);
    expect((await post(port, '/session', { key: wrong })).status).toBe(401);
    expect((await post(port, '/session', { key })).status).toBe(200);
  });

  test('ends the page before when it is opened, and the link before when it is made', async () => {
    const before = linkOf(readOnly);
    const session = await open(linkOf(readOnly));
    expect((await post(before.port, '/session', { key: before.key })).status).toBe(401);
    await open(linkOf(readOnly));
    expect((await call(before.port, session, listing)).status).toBe(401);
  });

  test.each([{}, { 'Console-Session': '' }, { 'Console-Session': 'x' }, { Cookie: 'Console-Session=x' }])(
    'is needed for whatever is asked: %j',
    async (headers) => {
      const { port } = linkOf(readOnly);
      expect((await post(port, '/call', listing, headers as Record<string, string>)).status).toBe(401);
    },
  );
});

describe('where a request comes from', () => {
  const wrongs: [what: string, headers: Record<string, string>][] = [
    ['a rebound name', { Host: 'rebound.example' }],
    ['a rebound name with the port', { Host: 'rebound.example:PORT' }],
    ['another port', { Host: '127.0.0.1:1' }],
    ['a foreign origin', { Origin: 'https://evil.example' }],
    ['a page of another port', { Origin: 'http://127.0.0.1:1' }],
    ['a page without an origin', { Origin: 'null' }],
    ['a cross-site fetch', { 'Sec-Fetch-Site': 'cross-site' }],
    ['a fetch of another port', { 'Sec-Fetch-Site': 'same-site' }],
    ['a proxy', { 'X-Forwarded-For': '192.0.2.1' }],
    ['another proxy', { Forwarded: 'for=192.0.2.1' }],
    ['a tunnel', { 'CF-Connecting-IP': '192.0.2.1' }],
  ];

  const withPort = (headers: Record<string, string>, { port }: Link) =>
    Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.replace('PORT', String(port))]));

  test.each(wrongs)('refuses %s: the page, the exchange and a call', async (_, given) => {
    const link = linkOf(writing);
    const headers = withPort(given, link);
    const session = await open(link);
    const { key } = linkOf(writing);
    const statuses = [
      await ask(link.port, { headers }),
      await post(link.port, '/session', { key }, headers),
      await post(link.port, '/call', listing, { 'Console-Session': session, ...headers }),
    ].map(({ status }) => status);
    expect(statuses).toEqual([403, 403, 403]);
  });

  test.each(['127.0.0.1', 'localhost'])('takes a request to %s', async (name) => {
    const { port } = linkOf(readOnly);
    expect((await ask(port, { headers: { Host: `${name}:${port}` } })).status).toBe(200);
  });
});

describe('a call', () => {
  test.each(['tokens/block', 'peers/rotate', 'peers/invite', 'tokens/import', 'constructor', '../x', 7])(
    'to %s is refused to a console that only reads',
    async (operation) => {
      const link = linkOf(readOnly);
      const session = await open(link);
      const input = { uid: 'CARD1', id: 'x' };
      expect((await call(link.port, session, { operation, input })).status).toBe(403);
    },
  );

  test('that changes is done by a console with --write', async () => {
    const link = linkOf(writing);
    const session = await open(link);
    const { status, body } = await call(link.port, session, blocking);
    expect({ status, blocked: JSON.parse(body).output.settings.blocked }).toEqual({ status: 200, blocked: true });
  });

  test('to which the API says no is answered with its problem', async () => {
    const link = linkOf(readOnly);
    const session = await open(link);
    const { status, body } = await call(link.port, session, { operation: 'tokens/get', input: { uid: 'NONE' } });
    expect({ status, type: JSON.parse(body).problem.type }).toEqual({ status: 200, type: 'not-found' });
  });

  test.each([
    ['a form', { 'Content-Type': 'text/plain' }, '{}', 415],
    ['no JSON', { 'Content-Type': 'application/json' }, '{', 400],
    ['a list', { 'Content-Type': 'application/json' }, '[]', 400],
    ['too much', { 'Content-Type': 'application/json' }, `"${'x'.repeat(1_000_001)}"`, 413],
  ])('with %s is refused', async (_, headers, body, status) => {
    const link = linkOf(readOnly);
    const session = await open(link);
    const sent = { method: 'POST', path: '/call', headers: { ...headers, 'Console-Session': session }, body };
    expect((await ask(link.port, sent)).status).toBe(status);
  });
});

describe('what is served', () => {
  test('is the page and its files, under a strict policy, and never kept', async () => {
    const { port } = linkOf(readOnly);
    for (const path of ['/', '/main.js', '/style.css', '/nothing']) {
      const { headers } = await ask(port, { path });
      expect(headers).toMatchObject({
        'content-security-policy':
          "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      expect(headers).not.toHaveProperty('set-cookie');
      expect(headers).not.toHaveProperty('access-control-allow-origin');
    }
  });

  test.each(['/tsconfig.json', '/../server.ts', '/%2e%2e/server.ts', '/index.html', '/?x', '/operator/peers/list'])(
    'is nothing else: %s',
    async (path) => {
      const { port } = linkOf(readOnly);
      expect((await ask(port, { path })).status).toBe(404);
    },
  );

  test.each([
    ['GET', '/call'],
    ['POST', '/'],
    ['OPTIONS', '/call'],
    ['PUT', '/session'],
  ])('has one method each: %s %s', async (method, path) => {
    const { port } = linkOf(readOnly);
    expect((await ask(port, { method, path })).status).toBe(405);
  });
});

describe('the command', () => {
  function start(...args: string[]) {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const signals = new EventEmitter();
    let said = '';
    stderr.on('data', (chunk) => {
      said += chunk;
    });
    const out = text(stdout);
    const env = { DATA_DIR: ours.owner.dataDir };
    const ended = run(['console', ...args], { env, stdin, stdout, stderr, signals, now: () => new Date() });
    const links = () => [...said.matchAll(/http:\/\/\S+#\S+/g)].map(([link]) => link);
    async function end() {
      signals.emit('SIGINT');
      const code = await ended;
      stdout.end();
      return { code, out: await out, listeners: signals.eventNames() };
    }
    return { links, stdin, end, said: () => said };
  }

  test('prints a link, another one on Enter, and ends with Ctrl-C', async () => {
    const { links, stdin, end, said } = start();
    await expect.poll(links).toHaveLength(1);
    expect(said()).toContain('read-only');
    stdin.write('\n');
    await expect.poll(links).toHaveLength(2);
    const [first, second] = links().map((url) => linkOf({ newLink: () => url }));
    expect((await post(first?.port ?? 0, '/session', { key: first?.key })).status).toBe(401);
    const { body } = await post(second?.port ?? 0, '/session', { key: second?.key });
    expect(JSON.parse(body)).toMatchObject({ mayWrite: false, isLocal: true });
    expect(await end()).toEqual({ code: 0, out: 'The console is closed.\n', listeners: [] });
    await expect(ask(second?.port ?? 0, {})).rejects.toThrow();
  });

  test('says so if the page may change', async () => {
    const { links, end, said } = start('--write');
    await expect.poll(links).toHaveLength(1);
    expect(said()).toContain('may change');
    await end();
  });

  test('prints the key of the API nowhere', async () => {
    const { links, end, said } = start();
    await expect.poll(links).toHaveLength(1);
    const { out } = await end();
    expect(said() + out).not.toContain(ours.owner.key);
  });
});
