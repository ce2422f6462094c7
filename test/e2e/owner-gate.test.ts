/** The owner's API of a local server, attacked: by whoever has no key, and by whoever uses a browser or a tunnel that has. */
import type { OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Instance, startInstance } from '../support/instance.ts';
import { ask, type Owner, startOwner, type Told } from '../support/owner.ts';

let platform: Instance;
let owner: Owner;

beforeAll(async () => {
  platform = await startInstance({ parties: 'CPO NL LCP, EMSP NL LMS' });
  owner = await startOwner(platform.runtime);
});
afterAll(() => Promise.all([owner.stop(), platform.stop()]));

const body = JSON.stringify({ roles: [{ role: 'EMSP', country_code: 'DE', party_id: 'EVL' }], id: 'evil' });

/** Adds a peer, which is what an attacker would do: its token opens everything. */
const attack = (headers: OutgoingHttpHeaders, path = '/operator/peers/add', base = owner.url): Promise<Told> =>
  ask(base, { method: 'POST', path, headers: { host: new URL(base).host, ...headers }, body });

const bearer = () => ({ authorization: `Bearer ${owner.key}` });
const hostOf = () => new URL(owner.url).host;

/** What no client of HTTP would write. */
const answerTo = (text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(owner.url);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    socket.once('error', reject);
    socket.once('data', (data) => {
      resolve(String(data));
      socket.destroy();
    });
  });

async function expectNothing(): Promise<void> {
  expect((await owner.get('peers/list')).data).toEqual({ peers: [] });
}

describe('without the key', () => {
  test.each([
    ['no header', () => ({})],
    ['an empty one', () => ({ authorization: '' })],
    ['another key', () => ({ authorization: `Bearer ${'a'.repeat(43)}` })],
    ['the key but for its last letter', () => ({ authorization: `Bearer ${owner.key.slice(0, -1)}` })],
    ['the key and more', () => ({ authorization: `Bearer ${owner.key}a` })],
    ['another scheme', () => ({ authorization: `Basic ${owner.key}` })],
    ['the key of OCPI', () => ({ authorization: 'Token demo-emsp-token' })],
    ['the key in a cookie', () => ({ cookie: `key=${owner.key}` })],
    [
      'what a signed request carries',
      () => ({ 'x-amz-date': '20261122T000000Z', authorization: 'AWS4-HMAC-SHA256 x' }),
    ],
  ])('%s: 401, and nothing happens', async (_, headers) => {
    const { http, text } = await attack(headers());
    expect({ http, text }).toEqual({
      http: 401,
      text: '{"message":"Unauthorized: the key is in local.json of the data directory"}',
    });
    await expectNothing();
  });

  test('the key in the query: 401', async () => {
    expect((await attack({}, `/operator/peers/add?key=${owner.key}`)).http).toBe(401);
    await expectNothing();
  });

  test('no path says whether it is there', async () => {
    const answers = await Promise.all(
      ['/operator/peers/add', '/operator/nothing', '/', '/operator/peers/add/', '/operator//peers/add'].map((path) =>
        attack({}, path),
      ),
    );
    expect(new Set(answers.map(({ http, text }) => `${http} ${text}`)).size).toBe(1);
  });
});

describe('with the key, by another way than straight from a program here', () => {
  test.each([
    ['a name that was made to lead here', () => ({ host: `evil.example:${new URL(owner.url).port}` })],
    ['a name with ours in it', () => ({ host: `127.0.0.1:${new URL(owner.url).port}.evil.example` })],
    ['our name without the port', () => ({ host: '127.0.0.1' })],
    ['our name with another port', () => ({ host: '127.0.0.1:1' })],
    ['a page of another origin', () => ({ origin: 'https://evil.example' })],
    ['a page on another port', () => ({ origin: 'http://127.0.0.1:3000' })],
    ['a page of no origin', () => ({ origin: 'null' })],
    ['a page over https', () => ({ origin: `https://${hostOf()}` })],
    ['a fetch of another site', () => ({ 'sec-fetch-site': 'cross-site' })],
    ['a fetch of the same site on another port', () => ({ 'sec-fetch-site': 'same-site' })],
    ['Forwarded', () => ({ forwarded: 'for=203.0.113.1' })],
    ['Via', () => ({ via: '1.1 tunnel' })],
    ['X-Forwarded-For', () => ({ 'x-forwarded-for': '203.0.113.1' })],
    ['X-Forwarded-Host', () => ({ 'x-forwarded-host': 'evil.example' })],
    ['X-Forwarded-Proto', () => ({ 'X-FORWARDED-PROTO': 'https' })],
    ['X-Real-IP', () => ({ 'x-real-ip': '203.0.113.1' })],
    ['X-Original-URL', () => ({ 'x-original-url': '/operator/peers/add' })],
    ['True-Client-IP', () => ({ 'true-client-ip': '203.0.113.1' })],
    ['Cloudflare', () => ({ 'cf-connecting-ip': '203.0.113.1' })],
    ['Envoy', () => ({ 'x-envoy-external-address': '203.0.113.1' })],
    ['ngrok', () => ({ 'ngrok-skip-browser-warning': '1' })],
  ])('%s: 403, and nothing happens', async (_, headers) => {
    const { http, headers: answered } = await attack({ ...bearer(), ...headers() });
    expect(http).toBe(403);
    expect(answered).not.toHaveProperty('access-control-allow-origin');
    await expectNothing();
  });

  test('a form of another site, which needs no leave to be sent: refused with the key and without', async () => {
    const form = { 'content-type': 'text/plain', origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    expect((await attack(form)).http).toBe(403);
    expect((await attack({ ...form, ...bearer() })).http).toBe(403);
    await expectNothing();
  });

  test('a browser that asks for leave gets none', async () => {
    const { http, headers } = await ask(owner.url, {
      method: 'OPTIONS',
      path: '/operator/peers/add',
      headers: { host: hostOf(), origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(http).toBe(403);
    expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });

  test.each([
    ['a target that names another host', 400, 'http://evil.example/operator/peers/add', () => `Host: ${hostOf()}\r\n`],
    ['two names', 403, '/operator/peers/add', () => `Host: ${hostOf()}\r\nHost: evil.example\r\n`],
    ['two names, ours last', 403, '/operator/peers/add', () => `Host: evil.example\r\nHost: ${hostOf()}\r\n`],
    ['an empty name', 403, '/operator/peers/add', () => 'Host:\r\n'],
    ['no name', 400, '/operator/peers/add', () => ''],
  ])('%s: %i, and nothing happens', async (_, http, target, host) => {
    const length = `Content-Length: ${body.length}\r\n`;
    const head = `POST ${target} HTTP/1.1\r\n${host()}Authorization: Bearer ${owner.key}\r\n${length}\r\n`;
    expect(await answerTo(head + body)).toMatch(new RegExp(`^HTTP/1\\.1 ${http} `));
    await expectNothing();
  });
});

describe('the right way', () => {
  test.each(['127.0.0.1', 'localhost', '[::1]', 'LOCALHOST'])('as %s', async (name) => {
    const host = `${name}:${new URL(owner.url).port}`;
    const headers = { host, ...bearer() };
    expect((await ask(owner.url, { method: 'GET', path: '/operator/peers/list', headers })).http).toBe(200);
  });

  test('from a page that it serves itself', async () => {
    const headers = { ...bearer(), origin: owner.url, 'sec-fetch-site': 'same-origin' };
    expect((await ask(owner.url, { method: 'GET', path: '/operator/peers/list', headers })).http).toBe(200);
  });
});

describe('the two ports have nothing in common', () => {
  test.each(['/operator/peers/add', '/operator/peers/list', '/operator/', '/operator/openapi', '/operator//peers/add'])(
    '%s is not where peers come: OCPI’s 404, also with the key',
    async (path) => {
      const { http, text } = await attack(bearer(), path, platform.url);
      expect(http).toBe(404);
      expect(JSON.parse(text)).toMatchObject({ status_code: 2000 });
      await expectNothing();
    },
  );

  test.each(['/ocpi/versions', '/ocpi/2.2.1/credentials', '/ocpi/cpo/2.2.1/tokens/DE/DMS/1', '/'])(
    '%s is not where the owner comes',
    async (path) => {
      const { http, text } = await ask(owner.url, { method: 'GET', path, headers: { host: hostOf(), ...bearer() } });
      expect({ http, text }).toEqual({ http: 404, text: '{"message":"Not Found"}' });
    },
  );
});
