/** What the doctor finds: its checks of our own side, one by one, and in time. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { CrudError } from '../../../lib/crud/crud.ts';
import { readServerlessYml } from '../../../lib/local/serverless-yml.ts';
import { compareClocks } from '../../../lib/operator/doctor/clock.ts';
import { examine, type Finding, fail, ok, shared, Unchecked } from '../../../lib/operator/doctor/finding.ts';
import {
  checkConfiguration,
  checkOwnTokens,
  checkParties,
  checkPublicUrl,
  platformChecks,
} from '../../../lib/operator/doctor/platform.ts';
import { announcedUrls, askRoute } from '../../../lib/operator/doctor/routes.ts';
import { parseParties } from '../../../lib/runtime/config.ts';
import type { PeerRuntime } from '../../../lib/runtime/peer-runtime.ts';
import { keyVault } from '../../../lib/runtime/vault.ts';
import { ownCreation, ownToken } from '../../support/builders.ts';
import { config, testRuntime } from '../../support/runtime.ts';

const now = () => new Date();
const inTime = () => ({ now, deadline: Date.now() + 20_000 });

describe('a check', () => {
  const findingOf = async (run: () => Finding | Promise<Finding>) => {
    const { checks } = await examine([{ name: 'x', run }], inTime());
    return checks[0];
  };

  test('that throws fails by the first line, and one that lacks something is skipped', async () => {
    const thrown = (error: Error) =>
      findingOf(() => {
        throw error;
      });
    expect(await findingOf(() => ok('y'))).toEqual({ check: 'x', status: 'ok', message: 'y' });
    expect(await thrown(new Error('z\nstack'))).toEqual({ check: 'x', status: 'fail', message: 'z' });
    expect(await thrown(new CrudError('conflict'))).toMatchObject({ status: 'fail' });
    expect(await thrown(new Unchecked('w'))).toEqual({ check: 'x', status: 'skip', message: 'w' });
  });

  test('shares what it needs: who asks first fails, the others are skipped', async () => {
    let calls = 0;
    const broken = shared(() => {
      calls += 1;
      throw new Error('first');
    });
    await expect(broken()).rejects.toThrow('first');
    await expect(broken()).rejects.toThrow(Unchecked);
    expect(calls).toBe(1);
    const working = shared(() => ({ n: 1 }));
    expect(await working()).toBe(await working());
  });

  test('that is not reached in time is skipped, and so are those behind it', async () => {
    const checks = [
      { name: 'a', run: () => ok('quick') },
      { name: 'b', run: () => new Promise<Finding>(() => {}) },
      { name: 'c', run: () => fail('never looked at') },
    ];
    const findings = await examine(checks, { now, deadline: Date.now() + 50 });
    expect(findings.checks.map(({ check, status }) => `${check} ${status}`)).toEqual(['a ok', 'b skip', 'c skip']);
    expect(findings.isHealthy).toBe(true);
  });
});

describe('clocks', () => {
  const at = Date.parse('2026-03-01T12:00:00.000Z');
  const reading = (skewMs: number) => ({
    shown: new Date(at + skewMs).toUTCString(),
    askedAt: at,
    answeredAt: at + 500,
  });

  test.each([
    [0, 'ok', 'agree'],
    [4_000, 'ok', 'agree'],
    [-5_000, 'ok', 'agree'],
    [10_000, 'warn', '10 s ahead of'],
    [-11_000, 'warn', '10 s behind'],
    [3_600_000, 'fail', 'ahead of'],
    [-3_600_000, 'fail', 'behind'],
  ])('off by %i ms: %s', (skew, status, message) => {
    expect(compareClocks(reading(skew), 'theirs')).toMatchObject({ status, message: expect.stringContaining(message) });
  });

  test('that are not shown are not compared', () => {
    expect(compareClocks({ ...reading(0), shown: undefined }, 'theirs').status).toBe('skip');
  });
});

describe('configuration', () => {
  const deployed = { isLambda: true };
  const local = { isLambda: false };

  test('PEER_URLS=local is for one machine', () => {
    expect(checkConfiguration({ ...config, ...deployed, peerUrls: 'local' }).status).toBe('warn');
    expect(checkConfiguration({ ...config, ...local, peerUrls: 'local' }).status).toBe('ok');
    expect(checkConfiguration({ ...config, ...deployed, peerUrls: 'public' }).status).toBe('ok');
  });

  test.each([
    ['CPO NL AAA, EMSP NL AAA', 'ok', 'we are CPO NL AAA, EMSP NL AAA'],
    ['CPO NL AAA, CPO NL BBB', 'ok', 'not CPO NL BBB'],
  ])('parties %s: %s', (parties, status, message) => {
    expect(checkParties({ ...config, parties: parseParties(parties) })).toMatchObject({
      status,
      message: expect.stringContaining(message),
    });
  });

  test.each([
    ['https://ocpi.example.com', 'public', deployed, 'ok'],
    ['https://ocpi.example.com/base', 'public', deployed, 'ok'],
    ['https://ocpi.example.com/ocpi', 'public', deployed, 'fail'],
    ['https://ocpi.example.com?x=1', 'public', deployed, 'fail'],
    ['http://ocpi.example.com', 'public', deployed, 'fail'],
    ['https://localhost', 'public', deployed, 'fail'],
    ['http://localhost:3000', 'local', local, 'ok'],
    ['http://localhost:3000', 'public', local, 'warn'],
    ['http://192.168.0.1:3000', 'local', local, 'warn'],
    ['https://tunnel.example.com', 'local', local, 'ok'],
  ] as const)('PUBLIC_URL %s, peers %s, %j: %s', (publicUrl, peerUrls, place, status) => {
    expect(checkPublicUrl({ ...config, ...place, publicUrl, peerUrls }).status).toBe(status);
  });

  test('every URL that peers are told is asked once, and serverless.yml routes it', () => {
    const urls = announcedUrls(config);
    expect(urls).toHaveLength(17);
    expect(new Set(urls).size).toBe(urls.length);
    const patterns = readServerlessYml()
      .functions.flatMap(({ routes }) => routes)
      .filter((route) => route.startsWith('GET '))
      .map(
        (route) =>
          new RegExp(
            `^${route
              .slice(4)
              .replace(/\{path\+\}/, '.*')
              .replaceAll(/\{\w+\}/g, '[^/]+')}$`,
          ),
      );
    for (const url of urls) {
      const { pathname } = new URL(url);
      // Receivers are asked with a path behind it, which is empty here.
      expect(
        patterns.some((pattern) => pattern.test(pathname)),
        url,
      ).toBe(true);
    }
  });
});

describe('our own Tokens', () => {
  const party = { country_code: 'NL', party_id: 'LMS' };
  const fill = async (count: number) => {
    const { backend } = await testRuntime();
    for (let n = 0; n < count; n += 1) await backend.tokens.create(ownCreation(ownToken(party, { uid: `T${n}` })));
    return backend;
  };

  test.each([0, 1, 3])('%i of them, from the first to the last', async (count) => {
    expect(await checkOwnTokens(await fill(count), config)).toEqual({ status: 'ok', message: `${count} of NL LMS` });
  });

  test.each([
    [0, 'first'],
    [2, 'last'],
  ])('one is missing from the list at %i, the %s', async (missing, which) => {
    const { tokens } = await fill(3);
    const list: typeof tokens.list = async (call) => {
      const page = await tokens.list(call);
      return call.filters.offset === missing ? { ...page, items: [] } : page;
    };
    expect(await checkOwnTokens({ tokens: { ...tokens, list } }, config)).toMatchObject({
      status: 'fail',
      message: `NL LMS should have 3 Tokens, and the ${which} is not in the list`,
    });
  });

  test('a CPO has none', async () => {
    expect((await checkOwnTokens(await fill(0), { ...config, parties: parseParties('CPO NL LCP') })).status).toBe(
      'skip',
    );
  });
});

describe('the storage', () => {
  const checkStorage = async (wrap: (runtime: PeerRuntime) => PeerRuntime) => {
    const vault = keyVault(() => Buffer.alloc(32));
    const runtime = wrap({ ...(await testRuntime()), vault, client: { ask: () => Promise.reject(new Error()) } });
    const check = platformChecks(runtime, Date.now()).find(({ name }) => name === 'storage');
    return check?.run();
  };
  const down = async () => {
    throw Object.assign(new Error('no such table'), { name: 'ResourceNotFoundException' });
  };

  test('answers, each module of it', async () => {
    expect(await checkStorage((runtime) => runtime)).toEqual(ok('tokens, credentials, records answer'));
  });

  test.each(['tokens', 'credentials', 'records'] as const)('does not answer for %s', async (module) => {
    const broken = {
      ...{ tokens: { get: down }, credentials: { authenticate: down }, records: { get: down } }[module],
    };
    const finding = await checkStorage((runtime) => ({
      ...runtime,
      backend: { ...runtime.backend, [module]: { ...runtime.backend[module], ...broken } },
    }));
    expect(finding).toMatchObject({
      status: 'fail',
      message: `${module} cannot be read: ResourceNotFoundException: no such table`,
    });
  });
});

describe('a route', () => {
  const envelope = JSON.stringify({ status_code: 2000, timestamp: '2026-01-01T00:00:00Z' });

  test.each([
    [401, envelope, undefined],
    [200, envelope, 'answers HTTP 200 where it should be 401'],
    [401, '{"message":"Unauthorized"}', "without OCPI's envelope"],
    [503, '<html>', "answers HTTP 503 without OCPI's envelope"],
    [307, envelope, 'answers HTTP 307'],
  ])('that answers HTTP %i with %s', async (http, body, problem) => {
    const server = createServer((_, response) => response.writeHead(http, { Location: '/elsewhere' }).end(body));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const answer = await askRoute(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`, inTime());
    expect(answer.problem).toEqual(problem && expect.stringContaining(problem));
    expect(Date.parse(answer.clock?.shown ?? '')).toBeGreaterThan(Date.now() - 60_000);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    expect((await askRoute(answer.url, inTime())).problem).toBe('does not answer: ECONNREFUSED');
  });
});
