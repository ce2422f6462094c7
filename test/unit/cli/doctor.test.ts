import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, test } from 'vitest';
import { carryOut, compareClocks, fail, ok, shared, Unchecked } from '../../../lib/cli/doctor/finding.ts';
import { checkEndpoints, checkState, checkVersions } from '../../../lib/cli/doctor/partner.ts';
import {
  announcedUrls,
  askRoute,
  checkConfiguration,
  checkOwnTokens,
  checkParties,
  checkPublicUrl,
} from '../../../lib/cli/doctor/platform.ts';
import { describe as describeResults } from '../../../lib/cli/doctor.ts';
import { parseParties } from '../../../lib/config.ts';
import { memoryBackend } from '../../../lib/crud/memory.ts';
import { readServerlessYml } from '../../../lib/local/serverless-yml.ts';
import { creationOf, emspCall, ownToken, peer } from '../../support/builders.ts';
import { config } from '../../support/runtime.ts';

const deployed = { isLocal: false, where: 'in AWS' };
const local = { isLocal: true, where: 'here' };

describe('a check', () => {
  const explain = async (error: unknown) => error;

  test('that throws fails, and one that lacks something is skipped', async () => {
    const thrower = (error: Error) => ({
      name: 'x',
      run: () => {
        throw error;
      },
    });
    expect(await carryOut({ name: 'x', run: () => ok('y') }, explain)).toEqual({
      check: 'x',
      status: 'ok',
      message: 'y',
    });
    expect(await carryOut(thrower(new Error('z\nstack')), explain)).toEqual({
      check: 'x',
      status: 'fail',
      message: 'z',
    });
    expect(await carryOut(thrower(new Unchecked('w')), explain)).toEqual({ check: 'x', status: 'skip', message: 'w' });
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

  test('has its advice beneath it', () => {
    expect(describeResults([{ check: 'a', ...fail('b', 'c') }])).toBe('fail  a  b\n         → c');
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
  test('PEER_URLS=local is for one machine', () => {
    expect(checkConfiguration({ ...config, peerUrls: 'local' }, deployed).status).toBe('warn');
    expect(checkConfiguration({ ...config, peerUrls: 'local' }, local).status).toBe('ok');
    expect(checkConfiguration({ ...config, peerUrls: 'public' }, deployed).status).toBe('ok');
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
  ] as const)('PUBLIC_URL %s, partners %s, %j: %s', (publicUrl, peerUrls, place, status) => {
    expect(checkPublicUrl({ publicUrl, peerUrls }, place).status).toBe(status);
  });

  test('every URL that partners are told is asked once, and serverless.yml routes it', () => {
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

describe('the state of a peer', () => {
  const now = new Date('2026-03-01T12:00:00.000Z');
  const expiresAt = '2026-03-02T12:00:00.000Z';

  test.each([
    [{ tokensWeGave: [] }, 'fail', 'peers invite acme'],
    [{ tokensWeGave: [{ sha256: 'a', isForRegistration: true as const, expiresAt }] }, 'warn', 'Wait for them'],
    [{ tokensWeGave: [{ sha256: 'a', isPending: true as const }] }, 'fail', 'register again'],
  ])('%j: %s', (overrides, status, advice) => {
    const known = { data: peer({ id: 'acme', ...overrides }), revision: 'r' };
    expect(checkState(known, now)).toMatchObject({ status, advice: expect.stringContaining(advice) });
  });
});

describe('our own Tokens', () => {
  const party = { country_code: 'NL', party_id: 'LMS' };
  const fill = async (count: number) => {
    const backend = memoryBackend({ emspParties: [party], now: () => new Date(), newId: () => String(Math.random()) });
    for (let n = 0; n < count; n += 1) {
      await backend.tokens.create(emspCall(creationOf(ownToken(party, { uid: `T${n}` }))));
    }
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
    const answer = await askRoute(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    expect(answer.problem).toEqual(problem && expect.stringContaining(problem));
    expect(Date.parse(answer.clock?.shown ?? '')).toBeGreaterThan(Date.now() - 60_000);
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
    expect((await askRoute(answer.url)).problem).toBe('does not answer: ECONNREFUSED');
  });
});

describe('what a partner announces', () => {
  const entries = (...versions: string[]) =>
    versions.map((version) => ({ version, url: `https://a.example/${version}` }));

  test.each([
    [['2.1.1', '2.2.1'], '2.2.1', 'ok', undefined],
    [['2.2.1', '2.3.0', '3.0'], '2.2.1', 'warn', 'peers upgrade acme moves to 2.3.0'],
    [['2.3.0'], '2.2.1', 'fail', 'peers upgrade acme'],
    [['3.0'], '2.2.1', 'fail', 'Ask them'],
  ] as const)('versions %j, %s in use: %s', (versions, inUse, status, advice) => {
    const finding = checkVersions(entries(...versions), inUse, 'acme');
    expect(finding.status).toBe(status);
    expect(finding.advice).toEqual(advice && expect.stringContaining(advice));
  });

  const credentials = { identifier: 'credentials', role: 'SENDER', url: 'https://a.example/credentials' } as const;
  const tokens = { identifier: 'tokens', role: 'SENDER', url: 'https://a.example/tokens' } as const;
  const connection = {
    versionsUrl: 'https://a.example/versions',
    endpoints: [credentials, tokens],
    sealedToken: '',
    authorizationEncoding: 'base64',
    exchangedAt: '2026-03-01T12:00:00.000Z',
  } as const;
  const check = (announced: Parameters<typeof checkEndpoints>[0], settings = {}) =>
    checkEndpoints(
      announced,
      { connection: { ...connection, endpoints: [...connection.endpoints] }, peer: peer({ settings }) },
      'acme',
    );

  test('endpoints, in any order', () => {
    expect(check([tokens, credentials]).status).toBe('ok');
    expect(check([credentials, { ...tokens, role: 'RECEIVER' }]).status).toBe('warn');
    expect(check([credentials, tokens, { ...tokens, role: 'RECEIVER' }]).advice).toContain('peers rotate acme');
    expect(check([credentials]).advice).toContain('peers settings acme --requires-tokens no');
    expect(check([credentials], { requiresTokensModule: false }).status).toBe('warn');
    expect(check([tokens]).advice).toContain('mandatory');
  });
});
