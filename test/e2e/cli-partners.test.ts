/**
 * Two companies, each with `npm start` and the command line and nothing else: they invite, register, rotate, upgrade, unregister, and
 * ask the doctor. All as processes of their own.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { locateEngine } from '../../lib/local/engine.ts';
import { readLocalDatabase } from '../../lib/local/local-database.ts';

const located = locateEngine();
const noEngine = 'reason' in located && located.reason;
if (noEngine) console.warn(`The command line is not tested with partners: ${noEngine}`);

const fileOf = (path: string) => new URL(`../../lib/${path}`, import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'cli-partners-'));

/** All that any command has printed, but for the invitations: no secret may be among it. */
let printed = '';

const servers: ChildProcess[] = [];

interface Result {
  code: number | null;
  out: string;
  err: string;
}

interface Company {
  dataDir: string;
  url: string;
  server: ChildProcess;
  cli: (args: string[], env?: NodeJS.ProcessEnv, input?: string) => Promise<Result>;
}

interface Finding {
  check: string;
  status: string;
  message: string;
  advice?: string;
}

async function serve(dataDir: string, env: NodeJS.ProcessEnv): Promise<Pick<Company, 'url' | 'server'>> {
  const server = spawn(process.execPath, [fileOf('local/main.ts')], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'silent', PORT: '0', DATA_DIR: dataDir, ...env },
    cwd: folder,
  });
  servers.push(server);
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  await vi.waitFor(() => expect(output).toMatch(/authorize' .*\n/), { timeout: 10_000, interval: 5 });
  const [, url = ''] = /at (http:\/\/\S+),/.exec(output) ?? [];
  return { url, server };
}

async function end(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGTERM');
  await once(server, 'exit');
}

async function start(name: string, env: NodeJS.ProcessEnv): Promise<Company> {
  const dataDir = join(folder, name);
  const { url, server } = await serve(dataDir, env);
  return {
    dataDir,
    url,
    server,
    async cli(args, env = {}, input = '') {
      // In another folder than the server, and told nothing of it but where its data is.
      const child = spawn(process.execPath, [fileOf('cli/main.ts'), ...args], {
        env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...env },
        cwd: tmpdir(),
      });
      child.stdin.on('error', () => {});
      child.stdin.end(input);
      const [out, err, [code]] = await Promise.all([
        text(child.stdout as Readable),
        text(child.stderr as Readable),
        once(child, 'close'),
      ]);
      if (!args.includes('invite')) printed += out + err;
      return { code, out, err };
    },
  };
}

/** The CPO NL AAA. */
let cpo: Company;
/** EMSP and CPO in one, DE BBB. */
let both: Company;

/** @returns what a command answers that succeeds and has nothing to add */
async function answerOf(company: Company, ...args: string[]) {
  const result = await company.cli([...args, '--json']);
  expect(result).toMatchObject({ code: 0, err: '' });
  expect(result.out).toMatch(/^\{[^\n]*\}\n$/);
  return JSON.parse(result.out);
}

const invite = async (...args: string[]): Promise<string> =>
  (await answerOf(cpo, 'peers', 'invite', 'bee', ...args)).token;

const register = (...args: string[]) => both.cli(['peers', 'register', ...args]);

async function connect(...args: string[]): Promise<void> {
  const token = await invite();
  const result = await register(`${cpo.url}/ocpi/cpo/versions`, '--id', 'aaa', '--token-a', token, ...args);
  expect(result).toMatchObject({ code: 0, err: '' });
}

const peerOf = async (company: Company, id: string) => (await answerOf(company, 'peers', 'show', id)).peer;

/** @returns the doctor's findings about the peer, by check */
async function examine(company: Company, id: string, code = 0): Promise<Record<string, Finding>> {
  const result = await company.cli(['doctor', id, '--json']);
  expect(result.code).toBe(code);
  const { isHealthy, checks } = JSON.parse(result.out) as { isHealthy: boolean; checks: Finding[] };
  expect(isHealthy).toBe(code === 0);
  return Object.fromEntries(checks.map((finding) => [finding.check.replace(`${id}: `, '> '), finding]));
}

const statusesOf = (findings: Record<string, Finding>) =>
  Object.fromEntries(Object.entries(findings).map(([check, { status }]) => [check, status]));

const healthy = {
  configuration: 'ok',
  parties: 'ok',
  'public URL': 'ok',
  tables: 'ok',
  'own Tokens': 'ok',
  'secrets key': 'ok',
  peers: 'ok',
  routes: 'ok',
  clock: 'ok',
  '> state': 'ok',
  '> our token': 'ok',
  '> versions': 'ok',
  '> endpoints': 'ok',
  '> credentials': 'ok',
  '> their Tokens': 'ok',
  '> our Tokens': 'ok',
  '> clock': 'ok',
};
/** A CPO has no Tokens, and its partner none to pull from it. */
const ofCpo = { ...healthy, 'own Tokens': 'skip', '> our Tokens': 'skip' };
const ofBoth = { ...healthy, '> their Tokens': 'skip' };

/** Server of a partner that behaves badly. */
async function badPartner(answer: RequestListener): Promise<{ url: string; server: Server }> {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

const envelope = (data: unknown) => JSON.stringify({ data, status_code: 1000, timestamp: new Date().toISOString() });

describe.skipIf(noEngine)('two companies', () => {
  beforeAll(async () => {
    [cpo, both] = await Promise.all([
      start('a', { OCPI_PARTIES: 'CPO NL AAA', BUSINESS_NAME: 'Aaa Charging' }),
      start('b', { OCPI_PARTIES: 'EMSP DE BBB, CPO DE BBB' }),
    ]);
  });
  afterAll(async () => {
    await Promise.all(servers.map(end));
    rmSync(folder, { recursive: true, force: true });
  });

  test('CRED-10 from the invitation to the first Token: what each side then knows, and that it works', async () => {
    // All that the command line is told.
    expect(readLocalDatabase(cpo.dataDir)?.environment).toEqual({
      PUBLIC_URL: cpo.url,
      OCPI_PARTIES: 'CPO NL AAA',
      BUSINESS_NAME: 'Aaa Charging',
      SECRETS_KEY: `file:${join(cpo.dataDir, 'secrets.key')}`,
      PEER_URLS: 'local',
    });
    const { out } = await cpo.cli(['peers', 'invite', 'bee', '--party', 'DE', 'BBB', '--days', '2']);
    const [, token = ''] = /Token A +([\w-]{43})$/m.exec(out) ?? [];
    expect(out).toMatch(new RegExp(`Versions URL +${cpo.url}/ocpi/versions +\\(OCPI 2.2.1 and 2.3.0\\)`));
    expect(out).toContain(`${cpo.url}/ocpi/cpo/versions`);
    expect(out).not.toContain(`${cpo.url}/ocpi/emsp/versions`);
    expect(out).toContain(`Authorization: Token ${Buffer.from(token).toString('base64')} `);
    expect(out).toContain(`Authorization: Token ${token} `);
    const invited = await peerOf(cpo, 'bee');
    expect(invited).toMatchObject({ state: 'invited', tokens: [{ purpose: 'invitation' }] });
    const days = (Date.parse(invited.tokens[0].expiresAt) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(1.9);
    expect(days).toBeLessThan(2.1);

    const registered = await both.cli(
      ['peers', 'register', `${cpo.url}/ocpi/versions`, '--token-a', '-', '--id', 'aaa'],
      {},
      `${token}\n`,
    );
    expect(registered).toMatchObject({ code: 0, err: '' });
    expect(registered.out).toMatch(/^Registered with aaa in OCPI 2\.3\.0\. /);
    expect(await peerOf(both, 'aaa')).toEqual({
      id: 'aaa',
      state: 'registered',
      version: '2.3.0',
      roles: [{ role: 'CPO', country_code: 'NL', party_id: 'AAA', name: 'Aaa Charging' }],
      isHub: false,
      versionsUrl: `${cpo.url}/ocpi/versions`,
      endpoints: [
        { identifier: 'credentials', role: 'SENDER', url: `${cpo.url}/ocpi/2.3.0/credentials` },
        { identifier: 'tokens', role: 'RECEIVER', url: `${cpo.url}/ocpi/cpo/2.3.0/tokens/` },
      ],
      authorizationEncoding: 'base64',
      exchangedAt: expect.any(String),
      tokens: [{ purpose: 'in use' }],
      settings: {},
      advice: [],
    });
    expect(await peerOf(cpo, 'bee')).toMatchObject({
      state: 'registered',
      roles: [
        { role: 'EMSP', country_code: 'DE', party_id: 'BBB' },
        { role: 'CPO', country_code: 'DE', party_id: 'BBB' },
      ],
      tokens: [{ purpose: 'in use' }],
      settings: { expectedParties: [{ country_code: 'DE', party_id: 'BBB' }] },
    });
    expect((await both.cli(['peers', 'list'])).out).toMatch(/^aaa +registered +2\.3\.0 .*CPO NL AAA$/m);

    expect(statusesOf(await examine(both, 'aaa'))).toEqual(ofBoth);
    const findings = await examine(cpo, 'bee');
    expect(statusesOf(findings)).toEqual(ofCpo);
    expect(findings['> their Tokens']?.message).toContain('250 in all');
    expect((await peerOf(cpo, 'bee')).lastUsedAt).toBeDefined();

    const again = await register(`${cpo.url}/ocpi/versions`, '--id', 'aaa', '--token-a', token);
    expect(again).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/HTTP 401 .*Nothing has changed\. .*new token A/),
    });
    expect(statusesOf(await examine(both, 'aaa'))).toEqual(ofBoth);
    expect((await cpo.cli(['peers', 'invite', 'bee'])).out).toContain(
      'bee is registered: its connection goes on until',
    );
  });

  test('CRED-23 rotation from either side: new tokens on both, and it goes on working', async () => {
    await connect();
    const before = await peerOf(both, 'aaa');
    const rotated = await answerOf(both, 'peers', 'rotate', 'aaa');
    expect(rotated.peer.exchangedAt > before.exchangedAt).toBe(true);
    expect(rotated.peer.tokens).toEqual([
      { purpose: 'replaced', expiresAt: expect.any(String) },
      { purpose: 'in use' },
    ]);
    expect((await cpo.cli(['peers', 'rotate', 'bee'])).out).toMatch(/^Exchanged new tokens with bee\. /);
    expect((await peerOf(both, 'aaa')).exchangedAt > rotated.peer.exchangedAt).toBe(true);
    expect(statusesOf(await examine(both, 'aaa'))).toEqual(ofBoth);
    expect(statusesOf(await examine(cpo, 'bee'))).toEqual(ofCpo);
  });

  test('CRED-31 registration in 2.1.1 and upgrade to the newest', async () => {
    const token = await invite();
    const args = [`${cpo.url}/ocpi/cpo/versions`, '--id', 'aaa', '--token-a', token, '--version', '2.1.1'];
    expect(await register(...args)).toMatchObject({ code: 1, err: expect.stringContaining('--as CPO or --as EMSP') });
    await connect('--version', '2.1.1', '--as', 'EMSP');
    expect(await peerOf(both, 'aaa')).toMatchObject({
      version: '2.1.1',
      ourRole: 'EMSP',
      authorizationEncoding: 'raw',
    });

    const findings = await examine(both, 'aaa');
    expect(statusesOf(findings)).toEqual({ ...ofBoth, '> versions': 'warn' });
    expect(findings['> versions']?.advice).toBe('peers upgrade aaa moves to 2.3.0');
    expect(statusesOf(await examine(cpo, 'bee'))).toEqual({ ...ofCpo, '> versions': 'warn' });

    expect(await both.cli(['peers', 'upgrade', 'aaa'])).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Moved aaa from OCPI 2\.1\.1 to 2\.3\.0\./),
    });
    const upgraded = await peerOf(both, 'aaa');
    expect(upgraded).toMatchObject({ version: '2.3.0', authorizationEncoding: 'base64' });
    expect(upgraded).not.toHaveProperty('ourRole');
    expect(statusesOf(await examine(cpo, 'bee'))).toEqual(ofCpo);

    expect((await both.cli(['peers', 'upgrade', 'aaa'])).out).toMatch(
      /^OCPI 2\.3\.0 is the newest that both serve\. Nothing/,
    );
    expect((await peerOf(both, 'aaa')).exchangedAt).toBe(upgraded.exchangedAt);
    const down = await answerOf(both, 'peers', 'upgrade', 'aaa', '--version', '2.2.1');
    expect(down.peer.version).toBe('2.2.1');
  });

  test('settings are kept, and go with the next request', async () => {
    await connect();
    const set = await answerOf(
      both,
      'peers',
      'settings',
      'aaa',
      '--authorization-encoding',
      'raw',
      '--timeout',
      '5000',
    );
    expect(set).toEqual({ id: 'aaa', settings: { authorizationEncoding: 'raw', timeoutMs: 5000 } });
    expect((await both.cli(['peers', 'settings', 'aaa'])).out).toMatch(
      /^--authorization-encoding +raw\n.*\n--timeout +5000\n/,
    );
    expect((await answerOf(both, 'peers', 'rotate', 'aaa')).peer.authorizationEncoding).toBe('raw');
    const back = ['--authorization-encoding', 'default', '--timeout', 'default'];
    expect((await answerOf(both, 'peers', 'settings', 'aaa', ...back)).settings).toEqual({});
  });

  test('VER-14 what has changed at a partner is seen by the doctor and taken over by a rotation', async () => {
    await connect();
    const { port } = new URL(cpo.url);
    const restart = async (parties: string) => {
      await end(cpo.server);
      Object.assign(cpo, await serve(cpo.dataDir, { OCPI_PARTIES: parties, PORT: port }));
    };
    await restart('CPO NL AAA, EMSP NL AAA');
    const findings = await examine(both, 'aaa');
    expect(statusesOf(findings)).toEqual({ ...ofBoth, '> endpoints': 'warn', '> credentials': 'warn' });
    expect(findings['> endpoints']?.advice).toContain('peers rotate aaa');
    expect(findings['> credentials']?.message).toContain('EMSP NL AAA');
    await answerOf(both, 'peers', 'rotate', 'aaa');
    expect(statusesOf(await examine(both, 'aaa'))).toEqual(healthy);
    await restart('CPO NL AAA');
  });

  test('CRED-24 unregistering ends it on both sides; a partner that is gone can be left all the same', async () => {
    await connect();
    expect((await answerOf(cpo, 'peers', 'unregister', 'bee')).peer).toMatchObject({
      state: 'unregistered',
      tokens: [],
    });
    expect(await peerOf(both, 'aaa')).toMatchObject({ state: 'unregistered', roles: [], tokens: [] });
    expect(await both.cli(['peers', 'unregister', 'aaa'])).toMatchObject({
      code: 1,
      err: 'error: aaa is not registered: invite it, or register with it\n',
    });
    expect((await examine(both, 'aaa', 1))['> state']).toMatchObject({ status: 'fail' });

    await connect();
    const { port } = new URL(cpo.url);
    await end(cpo.server);
    const before = await peerOf(both, 'aaa');
    for (const command of ['rotate', 'unregister', 'upgrade']) {
      expect(await both.cli(['peers', command, 'aaa'])).toMatchObject({ code: 4, out: '' });
    }
    expect(await peerOf(both, 'aaa')).toEqual(before);
    const findings = await examine(both, 'aaa', 1);
    expect(findings['> versions']).toMatchObject({
      status: 'fail',
      message: expect.stringContaining('cannot be reached'),
    });
    expect(findings['> credentials']).toMatchObject({ status: 'skip' });
    expect((await answerOf(both, 'peers', 'unregister', 'aaa', '--force')).peer.state).toBe('unregistered');

    // With its server stopped this side cannot be called back, and says so before anything is sent.
    expect(await cpo.cli(['peers', 'rotate', 'bee'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('npm start'),
    });
    const own = await cpo.cli(['doctor', '--json']);
    const routes = (JSON.parse(own.out) as { checks: Finding[] }).checks.find(({ check }) => check === 'routes');
    expect([own.code, routes]).toEqual([
      1,
      expect.objectContaining({ status: 'fail', advice: expect.stringContaining('npm start') }),
    ]);
    Object.assign(cpo, await serve(cpo.dataDir, { OCPI_PARTIES: 'CPO NL AAA', PORT: port }));
  });

  describe('what goes wrong', () => {
    test('a wrong token A, from the environment', async () => {
      const result = await both.cli(['peers', 'register', `${cpo.url}/ocpi/versions`], { TOKEN_A: 'wrong' });
      expect(result).toMatchObject({
        code: 1,
        out: '',
        err: expect.stringMatching(/^error: localhost:\d+ answered HTTP 401 /),
      });
      const id = new URL(cpo.url).host.replace(':', '-');
      expect(await both.cli(['peers', 'show', id])).toMatchObject({ code: 1, err: `error: There is no peer ${id}\n` });
    });

    test('the default id is another platform’s already', async () => {
      const args = ['--token-a', await invite()];
      expect(await register(`${cpo.url}/ocpi/versions`, ...args)).toMatchObject({ code: 0 });
      expect(await register(`${cpo.url}/tenant2/versions`, ...args)).toMatchObject({
        code: 1,
        err: expect.stringContaining('give another --id'),
      });
      const id = new URL(cpo.url).host.replace(':', '-');
      expect(await both.cli(['peers', 'unregister', id])).toMatchObject({ code: 0 });
    });

    test('a partner that is not there, or does not speak OCPI, is exit code 4', async () => {
      const { url, server } = await badPartner((_, response) => response.end('<html>'));
      expect(await register(`${url}/versions`, '--token-a', 'a')).toMatchObject({
        code: 4,
        err: expect.stringContaining('not JSON'),
      });
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
      expect(await register(`${url}/versions`, '--token-a', 'a')).toMatchObject({
        code: 4,
        err: expect.stringContaining('cannot be reached'),
      });
    });

    test.each([
      ['https://10.0.0.1/versions', {}],
      ['https://127.0.0.1/versions', { PEER_URLS: 'public' }],
      ['http://localhost:1/versions', { PEER_URLS: 'public' }],
    ])('CRED-14 %s with %j is not even asked', async (url, env) => {
      const result = await both.cli(['peers', 'register', url, '--token-a', 'a'], env);
      expect(result).toMatchObject({ code: 1, out: '', err: expect.stringContaining("A partner's URL ") });
    });

    test('a partner that never answers leaves a registration that can be seen and repeated, and words that are tamed', async () => {
      let isWilling = false;
      const bad = await badPartner((request, response) => {
        const base = `http://${request.headers.host}`;
        const tokens = { identifier: 'tokens', role: 'RECEIVER', url: `${base}/\u001b[31m` };
        const credentials = { identifier: 'credentials', role: 'SENDER', url: `${base}/credentials` };
        const role = { role: 'CPO', country_code: 'FR', party_id: 'BAD', business_details: { name: 'Bad' } };
        if (request.url === '/versions') response.end(envelope([{ version: '2.2.1', url: `${base}/2.2.1` }]));
        else if (request.url === '/2.2.1')
          response.end(envelope({ version: '2.2.1', endpoints: [credentials, tokens] }));
        else if (isWilling) response.end(envelope({ token: 'token-c', url: `${base}/versions`, roles: [role] }));
        else response.destroy();
      });
      const args = [`${bad.url}/versions`, '--id', 'bad', '--token-a', 'a'];
      expect(await register(...args)).toMatchObject({
        code: 4,
        err: expect.stringContaining('ask them for a new token A'),
      });
      const { state, advice } = await peerOf(both, 'bad');
      expect([state, advice]).toEqual(['registering', [expect.stringContaining('register again')]]);
      isWilling = true;
      expect(await register(...args)).toMatchObject({ code: 0 });
      const { out } = await both.cli(['peers', 'show', 'bad']);
      expect(out).toContain('FR BAD (Bad)');
      expect(out).not.toContain('\u001b');
      expect(out).not.toContain('token-c');
      bad.server.close();
      bad.server.closeAllConnections();
    });

    test('another secrets key: nothing is sent, and the doctor finds it', async () => {
      await connect();
      const env = { SECRETS_KEY: `file:${join(folder, 'other.key')}` };
      expect(await both.cli(['peers', 'rotate', 'aaa'], env)).toMatchObject({
        code: 1,
        err: expect.stringContaining('another SECRETS_KEY'),
      });
      const { code, out } = await both.cli(['doctor', 'aaa'], env);
      expect(code).toBe(1);
      expect(out).toMatch(/^fail +aaa: our token +The token of aaa cannot be opened/m);
      expect(out).toMatch(/^ok +secrets key /m);
      expect(await both.cli(['peers', 'rotate', 'aaa'])).toMatchObject({ code: 0 });
    });

    test('tables that are not what they should be, and a configuration that is not complete', async () => {
      const { endpoint = '' } = readLocalDatabase(both.dataDir) ?? {};
      const args = ['doctor', '--endpoint', endpoint, '--tokens-table', 'peers', '--peers-table', 'tokens'];
      const swapped = await both.cli(args, {
        OCPI_PARTIES: 'CPO NL AAA',
        PUBLIC_URL: 'https://127.0.0.1:1',
        SECRETS_KEY: 'gold',
      });
      expect(swapped.code).toBe(1);
      expect(swapped.out).toMatch(/^ok +configuration /m);
      expect(swapped.out).toMatch(/^fail +public URL .* no https URL that partners reach$/m);
      expect(swapped.out).toMatch(/^fail +tables .* other keys or indexes /m);
      expect(swapped.out).toMatch(/^fail +secrets key +SECRETS_KEY should be/m);
      expect(swapped.out).toMatch(/^fail +routes .* does not answer/m);
      expect(swapped.err).toMatch(/^error: \d of \d+ checks failed; see above\n$/);

      const bare = await both.cli([
        'doctor',
        '--endpoint',
        endpoint,
        '--tokens-table',
        'tokens',
        '--peers-table',
        'peers',
      ]);
      expect(bare.out).toMatch(/^fail +configuration .*PUBLIC_URL: is missing\. OCPI_PARTIES: is missing\./);
      expect(bare.out).toMatch(/^skip +routes /m);
      expect(bare.out).toMatch(/^ok +tables /m);
      expect(await both.cli(['doctor', '--tokens-table', 'a'])).toMatchObject({
        code: 1,
        out: expect.stringContaining('PEERS_TABLE'),
      });
    });
  });

  test('DEBUG shows each exchange on standard error, and no command has shown a secret or a hash', async () => {
    await connect();
    const { code, out, err } = await both.cli(['peers', 'rotate', 'aaa', '--json'], { DEBUG: '1' });
    expect(code).toBe(0);
    expect(JSON.parse(out)).toHaveProperty('peer');
    expect(err.match(/"message":"exchange"/g)).toHaveLength(3);
    expect(printed.length).toBeGreaterThan(10_000);
    // 32 random bytes, as they are and in Base64; SHA-256; what the vault seals.
    expect(printed).not.toMatch(/(?<![\w-])[\w-]{43}(?![\w-])/);
    expect(printed).not.toMatch(/[A-Za-z0-9+/]{56,}={0,2}/);
    expect(printed).not.toMatch(/[0-9a-f]{64}/);
  });
});
