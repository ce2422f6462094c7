/** `npm start` as a person uses it: what it prints, what it keeps, and that it goes when it is told to. */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { demoTokens } from '../../../lib/local/demo.ts';
import { locateEngine } from '../../../lib/local/engine.ts';
import { readLocalNote } from '../../../lib/operator/local-note.ts';

const root = new URL('../../..', import.meta.url).pathname;
const main = join(root, 'lib/local/main.ts');
const folder = mkdtempSync(join(tmpdir(), 'start-'));
const noEngineForThisPlatform = `data:text/javascript,Object.defineProperty(process,'platform',{value:'plan9'})`;
const engine = locateEngine();
const hasEngine = !('reason' in engine);

interface Started {
  child: ChildProcess;
  url: string;
  output: () => string;
}

const running = new Set<ChildProcess>();

function run(args: string[], env: NodeJS.ProcessEnv, script = main) {
  const child = spawn(process.execPath, [script, ...args], {
    // Nothing of this process's own configuration: a newcomer has none.
    env: { PATH: process.env.PATH, LOG_LEVEL: 'silent', PORT: '0', DATA_DIR: join(folder, 'data'), ...env },
    cwd: folder,
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  return { child, output: () => output };
}

async function start(args: string[] = [], env: NodeJS.ProcessEnv = {}, script = main): Promise<Started> {
  const { child, output } = run(args, env, script);
  await expect.poll(output, { interval: 5 }).toMatch(/(authorize' .*|read it back:\n.*)\n\n$/);
  const [, url = ''] = /at (http:\/\/\S+),/.exec(output()) ?? [];
  return { child, output, url };
}

async function fails(args: string[], env: NodeJS.ProcessEnv = {}) {
  const { child, output } = run(args, env);
  const [code] = await once(child, 'close');
  return { code, output: output() };
}

async function stop({ child }: Started, signal: NodeJS.Signals = 'SIGTERM') {
  child.kill(signal);
  const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode];
  return code;
}

const cpo = { headers: { authorization: 'Token demo-cpo-token' } };
const emsp = { headers: { authorization: 'Token demo-emsp-token', 'content-type': 'application/json' } };
const pathOfPushed = '/ocpi/cpo/2.3.0/tokens/DE/DMS/KEPT';
const pushed = {
  country_code: 'DE',
  party_id: 'DMS',
  uid: 'KEPT',
  type: 'RFID',
  contract_id: 'DE-DMS-1',
  issuer: 'x',
  valid: true,
  whitelist: 'ALLOWED',
  last_updated: '2026-01-31T12:00:00Z',
};

afterEach(() => {
  for (const child of running) child.kill('SIGKILL');
  running.clear();
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('npm start', () => {
  test('its four commands work when pasted', async () => {
    const server = await start();
    const commands = server.output().match(/^ *curl .*$/gm) ?? [];
    expect(commands).toHaveLength(4);
    for (const command of commands) {
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command]);
      expect(stdout, command).toMatch(/^HTTP\/1.1 20[01] /);
      expect(stdout, command).toContain('"status_code":1000');
    }
  });

  test('serves 250 demo Tokens, and as many after a restart', async () => {
    const totalAfterStart = async () => {
      const server = await start();
      const response = await fetch(`${server.url}/ocpi/emsp/2.2.1/tokens/?limit=1`, cpo);
      await stop(server);
      return response.headers.get('x-total-count');
    };
    expect([await totalAfterStart(), await totalAfterStart()]).toEqual(['250', '250']);
  });

  test.runIf(hasEngine)('keeps what partners push, until --reset', async () => {
    const get = async ({ url }: Started) => (await fetch(url + pathOfPushed, emsp)).status;
    const first = await start();
    await fetch(first.url + pathOfPushed, { method: 'PUT', body: JSON.stringify(pushed), ...emsp });
    await stop(first);
    const second = await start();
    expect(await get(second)).toBe(200);
    await stop(second);
    const emptied = await start(['--reset']);
    expect(await get(emptied)).toBe(404);
  });

  test.runIf(hasEngine)('tells the command line where its database is, as long as it runs', async () => {
    const dataDir = join(folder, 'data');
    const server = await start();
    expect(readLocalNote(dataDir)).toMatchObject({ pid: server.child.pid });
    await stop(server);
    expect(readLocalNote(dataDir)).toBeUndefined();
  });

  test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('leaves no process behind after %s', async (signal) => {
    const server = await start();
    const [, database] = /DynamoDB at (\S+)/.exec(server.output()) ?? [];
    expect(await stop(server, signal)).toBe(0);
    await expect(fetch(server.url)).rejects.toThrow();
    if (hasEngine) await expect(fetch(database ?? '')).rejects.toThrow('fetch failed');
  });

  test.each([
    ['CPO NL LCP', ['/ocpi/cpo/'], '/ocpi/emsp/'],
    ['EMSP NL LMS', ['/ocpi/emsp/'], '/ocpi/cpo/'],
  ])('as %s alone it prints only what that serves, and all of it works', async (parties, shown, hidden) => {
    const server = await start([], { OCPI_PARTIES: parties, DATA_DIR: join(folder, parties) });
    for (const part of shown) expect(server.output()).toContain(part);
    expect(server.output()).not.toContain(hidden);
    const commands = server.output().match(/^ *curl .*$/gm) ?? [];
    expect(commands).toHaveLength(2);
    for (const command of commands) {
      const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command]);
      expect(stdout, command).toContain('"status_code":1000');
    }
  });

  test('a second one on the same data is refused, and harms the first in nothing', async () => {
    const dataDir = join(folder, 'shared');
    const first = await start([], { DATA_DIR: dataDir });
    const noted = readLocalNote(dataDir);
    const { code, output } = await fails(['--reset'], { DATA_DIR: dataDir });
    expect(code).toBe(1);
    expect(output).toMatch(
      /^Another server \(process \d+\) runs on the data in .*PORT=3001 DATA_DIR=.data-2 npm start/,
    );
    expect(readLocalNote(dataDir)).toEqual(noted);
    const list = await fetch(`${first.url}/ocpi/emsp/2.2.1/tokens/?limit=1`, cpo);
    expect(list.headers.get('x-total-count')).toBe('250');
  });

  test('says that its port is in use, and leaves the data of the one that uses it alone', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const port = (other.address() as { port: number }).port;
    const { code, output } = await fails(['--reset'], { PORT: String(port) });
    other.close();
    expect({ code, output }).toEqual({
      code: 1,
      output: `Port ${port} is in use. Choose another: PORT=${port + 1} npm start\n`,
    });
  });

  test.each([
    [['--rest'], {}, /Unknown option '--rest'[\s\S]*Usage: npm start/],
    [[], { PORT: 'http' }, /PORT: "http" is not a port/],
    [[], { OCPI_PARTIES: 'nobody' }, /OCPI_PARTIES: "nobody" is not like "CPO NL LCP"/],
    [['--reset'], { DYNAMODB_ENDPOINT: 'http://127.0.0.1:1' }, /--reset empties the embedded database/],
  ])('explains what is wrong with %j %j', async (args, env, message) => {
    expect(await fails(args, env)).toEqual({ code: 1, output: expect.stringMatching(message) });
  });

  test('without an engine it says so and serves from memory', async () => {
    const hidden = { NODE_OPTIONS: `--import=${noEngineForThisPlatform}` };
    const server = await start([], { ...hidden, PATH: '/usr/bin:/bin' });
    expect(server.output()).toMatch(/Data: this process's memory.*No embedded DynamoDB.*@dynoxide\/plan9/);
    const list = await fetch(`${server.url}/ocpi/emsp/2.2.1/tokens/?limit=1`, cpo);
    expect(list.headers.get('x-total-count')).toBe('250');
    const put = await fetch(server.url + pathOfPushed, { method: 'PUT', body: JSON.stringify(pushed), ...emsp });
    expect(put.status).toBe(201);
    expect(await stop(server)).toBe(0);
  });
});

test('a storage that is swapped in its one line is what is said to be used', async () => {
  const clone = join(folder, 'clone');
  for (const name of ['lib', 'functions', 'serverless.yml', 'package.json'])
    cpSync(join(root, name), join(clone, name), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(clone, 'node_modules'));
  const backend = join(clone, 'lib/runtime/backend.ts');
  const swapped = readFileSync(backend, 'utf8').replace(
    'dynamodbStorage({ endpoint, tables, ...ambient })',
    '({ ...dynamodbStorage({ endpoint, tables, ...ambient }), tokens: memoryStorage(ambient).tokens })',
  );
  writeFileSync(backend, `import { memoryStorage } from '../crud/memory.ts';\n${swapped}`);
  const server = await start([], {}, join(clone, 'lib/local/main.ts'));
  expect(server.output()).toMatch(/^Data: what lib\/runtime\/backend\.ts opens$/m);
  const list = await fetch(`${server.url}/ocpi/emsp/2.2.1/tokens/?limit=1`, cpo);
  expect(list.headers.get('x-total-count')).toBe('250');
  expect(await stop(server)).toBe(0);
});

test('the demo Tokens are the same every time, of several types, some of them invalid', () => {
  const owner = { country_code: 'NL', party_id: 'LMS' };
  const tokens = demoTokens(owner);
  expect(tokens).toEqual(demoTokens(owner));
  expect(new Set(tokens.map(({ uid, type }) => `${uid} ${type}`)).size).toBe(250);
  expect(new Set(tokens.map(({ type }) => type)).size).toBeGreaterThan(2);
  const valid = tokens.filter((token) => token.valid).length;
  expect(valid).toBeGreaterThan(200);
  expect(valid).toBeLessThan(250);
});
