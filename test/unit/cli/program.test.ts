/** What needs no API: usage, exit codes, and an API that is not there. */
import { EventEmitter, once } from 'node:events';
import { existsSync, mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import type { Terminal } from '../../../lib/cli/terminal.ts';
import { writeLocalNote } from '../../../lib/operator/local-note.ts';
import { runCli } from '../../support/terminal.ts';

const noFolder = join(tmpdir(), `no-such-folder-${process.pid}`);

const cli = (args: string[], env: NodeJS.ProcessEnv = {}, world: Partial<Terminal> = {}) =>
  runCli(args, { DATA_DIR: noFolder, ...env }, world);

const commands = [
  'peers add',
  'peers list',
  'peers show',
  'peers remove',
  'peers invite',
  'peers register',
  'peers rotate',
  'peers upgrade',
  'peers unregister',
  'peers settings',
  'doctor',
  'smoke',
  'tokens import',
  'tokens get',
  'tokens list',
  'tokens block',
  'tokens unblock',
  'tokens set',
  'tokens erase',
  'tokens export',
  'received get',
  'received list',
  'received export',
];

describe('help', () => {
  test.each(commands)('%s --help: usage, every global option, an example that can be typed', async (command) => {
    const { code, out, err } = await cli([...command.split(' '), '--help'], { npm_lifecycle_event: 'cli' });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Usage: npm run cli -- ${command}`);
    expect(out).toMatch(new RegExp(`Examples:\\n  \\$ npm run cli -- ${command}`));
    for (const global of ['--json', '--url', '--data-dir']) expect(out).toContain(global);
  });

  test('outside of npm it is known by the name of its bin', async () => {
    expect((await cli(['--help'])).out).toContain('Usage: ocpi-tokens');
  });

  test('--version alone is that of the program; of a command it is that of OCPI', async () => {
    expect(await cli(['--version'])).toEqual({ code: 0, out: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), err: '' });
    expect((await cli(['peers', 'upgrade', 'acme', '--version', '2.2.1'])).code).toBe(3);
  });
});

describe('wrong usage is exit code 2, one line, and nothing on standard output', () => {
  test.each([
    [['tokens', 'get'], "missing required argument 'uid'"],
    [['tokens', 'get', 'A', '--nonsense'], "unknown option '--nonsense'"],
    [['tokens', 'list', '--limit', '0'], 'whole number from 1 on'],
    [['tokens', 'list', '--date-from', 'yesterday'], 'DateTime in UTC'],
    [['tokens', 'list', '--party', 'NL'], '"NL" is not a party'],
    [['tokens', 'import', '-', '--format', 'xml'], 'Allowed choices are json, ndjson, csv'],
    [['tokens', 'import', '-', '--set', 'valid=maybe'], 'valid should be true or false, but was "maybe"'],
    [['tokens', 'import', '-', '--set', 'issuer=A', '--set', 'issuer=B'], 'issuer is given twice'],
    [['tokens', 'set', 'A'], 'Nothing to set'],
    [['tokens', 'set', 'A', '--credit', 'maybe'], 'Allowed choices are yes, no'],
    [['tokens', 'set', 'A', '--allow-location', 'L', '--allow-all-locations'], 'cannot be used with'],
    [['peers', 'add', '--role', 'EMSP'], "required option '--party <words...>'"],
    [['peers', 'add', '--party', 'DE', 'DMS'], '--role is missing'],
    [['peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS', '--version', '2.2'], 'Allowed choices are 2.1.1'],
    [['peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS', '--token', 'a b'], '1 to 64 printable'],
    [['peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS', '--token', '-'], 'No credentials token on standard'],
    [['smoke', 'ocpi.example.com'], '"ocpi.example.com" is no URL such as'],
    [['smoke', 'https://ocpi.example.com'], 'AWS_REGION is not set'],
    [['smoke', 'http://localhost:3000'], 'a local server needs no URL, but --data-dir if its data is not in .data'],
    [['peers', 'invite'], "missing required argument 'id'"],
    [['peers', 'invite', 'acme', '--role', 'BANK'], 'It is one of CPO, EMSP'],
    [['tokens', 'block', 'A', '--info', 'Sorry'], 'It is LANGUAGE=TEXT'],
    [['received', 'export', '--since', 'yesterday'], 'DateTime in UTC'],
    [['received', 'list', '--limit', '10001'], 'whole number from 1 to 10000'],
    [['peers', 'invite', 'acme', '--party', 'DE'], '"DE" is not a party'],
    [['peers', 'invite', 'acme', '--days', '0'], 'whole number from 1 to 365'],
    [['peers', 'invite', 'acme', '--as', 'HUB'], 'Allowed choices are CPO, EMSP'],
    [['peers', 'invite', 'acme', '--profile', 'nobody'], 'Allowed choices are gireve, '],
    [['peers', 'register', 'https://a.example', '--token-a', 'a b'], '1 to 64 printable'],
    [['peers', 'register', 'https://a.example', '--token-a', '-'], 'No credentials token on standard'],
    [['peers', 'register', 'https://a.example'], 'The token A is missing: --token-a TOKEN'],
    [['peers', 'upgrade', 'acme', '--version', '2.2'], 'Allowed choices are 2.1.1'],
    [['peers', 'settings', 'acme', '--timeout', '99'], 'whole number from 100 to 20000'],
    [['peers', 'settings', 'acme', '--timeout', 'soon'], 'whole number from 100 to 20000'],
    [['peers', 'settings', 'acme', '--routing-headers', 'maybe'], 'Allowed choices are yes, no, default'],
    [['peers', 'settings', 'acme', '--hub-party', 'ABC'], '"ABC" is not a party'],
    [['peers', 'settings', 'acme', '--hub-party', 'DE', 'ABC', '--no-hub-parties'], 'cannot be used with'],
    [['nonsense'], "unknown command 'nonsense'"],
  ])('%j', async (args, message) => {
    const { code, out, err } = await cli(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(message);
    expect(err).toMatch(/^error: [^\n]+\n$/);
  });

  test.each([
    [['tokens', 'get', '--json'], "missing required argument 'uid'"],
    [['--json', 'tokens', 'list', '--limit', '0'], expect.stringContaining('whole number from 1 on')],
    [['tokens', '--json'], 'The name of a command is missing'],
    [['peers', 'add', '--json', '--party', 'DE', 'DMS'], expect.stringContaining('--role is missing')],
  ])('with --json it is one JSON object on standard output, too: %j', async (args, message) => {
    const { code, out, err } = await cli(args);
    expect(code).toBe(2);
    expect(out).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(out)).toEqual({ error: { exitCode: 2, message } });
    expect(err).not.toBe('');
  });

  test.each([
    [{ OCPI_TOKENS_URL: 'nonsense' }, '"nonsense" is no URL such as https://ocpi.example.com'],
    [{ OCPI_TOKENS_URL: 'http://ocpi.example.com' }, '"http://ocpi.example.com" is no URL such as https:'],
    [{ OCPI_TOKENS_URL: 'https://ocpi.example.com' }, 'AWS_REGION is not set, and ocpi.example.com does not name'],
  ])('a deployed system that is %j', async (env, message) => {
    expect(await cli(['peers', 'list'], env)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});

describe('an API that cannot be used is exit code 3', () => {
  const running = (url: string) => {
    const dataDir = mkdtempSync(join(tmpdir(), 'cli-'));
    writeLocalNote(dataDir, { pid: process.pid, operator: { url, key: 'key' } });
    return dataDir;
  };

  test('no server runs: it says how to start one, and makes no folder', async () => {
    expect(await cli(['peers', 'list'])).toEqual({
      code: 3,
      out: '',
      err: `error: No local server runs on the data in ${noFolder}. Start it: npm start. Or name a deployed one: --url URL\n`,
    });
    expect(existsSync(noFolder)).toBe(false);
  });

  test('nothing answers there', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.close();
    await once(server, 'close');
    const { code, err } = await cli(['tokens', 'get', 'A', '--data-dir', running(url)]);
    expect(code).toBe(3);
    expect(err).toMatch(/^error: Cannot use the API at http:\S+: nothing answers there\. [^\n]*npm start\n$/);
  });

  test('the key goes to this machine only', async () => {
    const dataDir = running('http://ocpi.example.com');
    expect((await cli(['tokens', 'get', 'A'], { DATA_DIR: dataDir })).err).toContain('No local server runs');
  });

  test('an import says so before it reads anything', async () => {
    const stdin = new PassThrough();
    expect((await cli(['tokens', 'import', '-'], {}, { stdin })).code).toBe(3);
  });
});

describe('a file that cannot be read is exit code 1', () => {
  test('it is not there', async () => {
    expect(await cli(['tokens', 'import', 'no-such-file.csv'])).toEqual({
      code: 1,
      out: '',
      err: 'error: Cannot read no-such-file.csv: there is no such file\n',
    });
  });

  test('with --json that is JSON', async () => {
    const { code, out } = await cli(['tokens', 'import', 'no-such-file.csv', '--json']);
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      error: { exitCode: 1, message: 'Cannot read no-such-file.csv: there is no such file' },
    });
  });

  test('it is a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'));
    const { code, err } = await cli(['tokens', 'import', folder]);
    expect(code).toBe(1);
    expect(err).toContain(`Cannot read ${folder}: `);
  });
});

test.each(['SIGINT', 'SIGTERM'])('%s before the first Token is exit code 130', async (signal) => {
  const signals = new EventEmitter();
  const dataDir = mkdtempSync(join(tmpdir(), 'cli-'));
  writeLocalNote(dataDir, { pid: process.pid, operator: { url: 'http://127.0.0.1:9', key: 'key' } });
  const stdin = new PassThrough();
  const result = cli(['tokens', 'import', '-'], { DATA_DIR: dataDir }, { signals, stdin });
  await once(signals, 'newListener');
  await new Promise((resolve) => setTimeout(resolve, 50));
  signals.emit(signal);
  expect(await result).toEqual({ code: 130, out: '', err: 'error: Interrupted\n' });
  expect([signals.listenerCount('SIGINT'), signals.listenerCount('SIGTERM')]).toEqual([0, 0]);
  expect(stdin.destroyed).toBe(true);
});

test('an error is one line without its stack, but with DEBUG', async () => {
  const args = ['tokens', 'import', 'no-such-file.csv'];
  expect((await cli(args)).err).not.toContain('    at ');
  expect((await cli(args, { DEBUG: '1' })).err).toContain('    at ');
});
