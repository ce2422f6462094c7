/** What needs no database: usage, exit codes, and databases that are not there. */
import { EventEmitter, once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { toFailure } from '../../../lib/cli/failure.ts';
import { run } from '../../../lib/cli/program.ts';
import type { Terminal } from '../../../lib/cli/terminal.ts';
import { CrudError } from '../../../lib/crud/crud.ts';

/** Nothing of the environment of the tests themselves. */
async function cli(args: string[], env: NodeJS.ProcessEnv = {}, world: Partial<Terminal> = {}) {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const code = await run(args, {
    env: { DATA_DIR: join(tmpdir(), 'no-such-folder'), PATH: '/nonexistent', ...env },
    stdin: Readable.from([]),
    stdout,
    stderr,
    signals: process,
    now: () => new Date(),
    newId: () => 'id',
    ...world,
  });
  stdout.end();
  stderr.end();
  return { code, out: await text(stdout), err: await text(stderr) };
}

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
  'tokens import',
  'tokens get',
  'tokens list',
  'tokens block',
  'tokens unblock',
  'tokens set',
];

describe('help', () => {
  test.each(commands)('%s --help: usage, every global option, an example that can be typed', async (command) => {
    const { code, out, err } = await cli([...command.split(' '), '--help'], { npm_lifecycle_event: 'cli' });
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`Usage: npm run cli -- ${command}`);
    expect(out).toMatch(new RegExp(`Examples:\\n  \\$ npm run cli -- ${command}`));
    expect(out).toContain('--json');
  });

  test('outside of npm it is known by the name of its bin', async () => {
    expect((await cli(['--help'])).out).toContain('Usage: ocpi-tokens');
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
    [['tokens', 'set', 'A'], 'Nothing to set'],
    [['tokens', 'set', 'A', '--credit', 'maybe'], 'Allowed choices are yes, no'],
    [['tokens', 'set', 'A', '--allow-location', 'L', '--allow-all-locations'], 'cannot be used with'],
    [['peers', 'add', '--role', 'EMSP'], "required option '--party <words...>'"],
    [['peers', 'add', '--party', 'DE', 'DMS'], '--role is missing'],
    [['peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS', '--version', '2.2'], 'Allowed choices are 2.1.1'],
    [['peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS', '--token', 'a b'], '1 to 64 printable'],
    [['peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS', '--token', '-'], 'No credentials token on standard'],
    [['peers', 'invite'], "missing required argument 'id'"],
    [['peers', 'invite', 'a b'], '"a b" is no id of a peer'],
    [['peers', 'invite', 'acme', '--party', 'DE'], '"DE" is not a party'],
    [['peers', 'invite', 'acme', '--days', '0'], 'whole number from 1 to 365'],
    [['peers', 'invite', 'acme', '--as', 'HUB'], 'Allowed choices are CPO, EMSP'],
    [['peers', 'invite', 'acme', '--profile', 'nobody'], 'Allowed choices are gireve, '],
    [['peers', 'register', 'https://a.example', '--token-a', 'a b'], '1 to 64 printable'],
    [['peers', 'register', 'https://a.example', '--token-a', '-'], 'No credentials token on standard'],
    [['peers', 'register', 'https://a.example'], 'The token A is missing: --token-a TOKEN'],
    [['peers', 'register', 'nonsense', '--token-a', 'a'], '"nonsense" is no URL'],
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

  test('half of a deployed database is none', async () => {
    const { code, err } = await cli(['peers', 'list'], { TOKENS_TABLE: 't' });
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('PEERS_TABLE (or --peers-table)') });
    const other = await cli(['peers', 'list', '--peers-table', 'p']);
    expect(other).toMatchObject({ code: 2, err: expect.stringContaining('TOKENS_TABLE (or --tokens-table)') });
  });

  const deployed = { TOKENS_TABLE: 't', PEERS_TABLE: 'p', AWS_REGION: 'eu-west-1' };

  test.each([[['tokens', 'list']], [['tokens', 'import', '-']]])(
    'against a deployed database %j needs to know who we are',
    async (args) => {
      expect(await cli(args, deployed)).toMatchObject({ code: 2, err: expect.stringContaining('OCPI_PARTIES') });
      const wrong = await cli(args, { ...deployed, OCPI_PARTIES: 'LMS' });
      expect(wrong).toMatchObject({ code: 2, err: expect.stringContaining('"LMS" is not like "CPO NL LCP"') });
    },
  );

  test.each([
    [['peers', 'invite', 'acme']],
    [['peers', 'register', 'https://a.example', '--token-a', 'a', '--id', 'a']],
  ])('against a deployed database %j needs all that partners are told', async (args) => {
    const { code, err } = await cli(args, { ...deployed, OCPI_PARTIES: 'CPO NL LCP' });
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringMatching(/^error: PUBLIC_URL, SECRETS_KEY are not set/),
    });
    const all = { ...deployed, OCPI_PARTIES: 'CPO NL LCP', PUBLIC_URL: 'https://a.example', SECRETS_KEY: 'gold' };
    expect(await cli(args, all)).toMatchObject({ code: 2, err: 'error: SECRETS_KEY should be kms:ARN or file:PATH\n' });
  });

  test('who has no EMSP party has no Tokens to import', async () => {
    const { code, err } = await cli(['tokens', 'import', '-'], { ...deployed, OCPI_PARTIES: 'CPO NL LCP' });
    expect({ code, err }).toEqual({ code: 2, err: 'error: OCPI_PARTIES names no EMSP party, so we have no Tokens\n' });
  });
});

describe('a database that cannot be used is exit code 3', () => {
  async function closedPort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const { port } = server.address() as { port: number };
    await new Promise((resolve) => server.close(resolve));
    return port;
  }

  test('nothing answers at the endpoint', async () => {
    const endpoint = `http://127.0.0.1:${await closedPort()}`;
    const { code, out, err } = await cli([
      'peers',
      'list',
      '--tokens-table',
      't',
      '--peers-table',
      'p',
      '--endpoint',
      endpoint,
    ]);
    expect({ code, out, err }).toEqual({
      code: 3,
      out: '',
      err: `error: Cannot use the database at ${endpoint}: nothing answers there\n`,
    });
  });

  test('the same without tables, as for the local server', async () => {
    const endpoint = `http://127.0.0.1:${await closedPort()}`;
    const { code, err } = await cli(['tokens', 'get', 'A'], { DYNAMODB_ENDPOINT: endpoint });
    expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining('nothing answers there') });
  });

  test('the data cannot be kept where it should be', async () => {
    const { code, err } = await cli(['tokens', 'get', 'A', '--data-dir', '/dev/null/data']);
    expect(code).toBe(3);
    expect(err).toMatch(/^error: [^\n]+\n$/);
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

  test('it is a folder', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cli-'));
    const { code, err } = await cli(['tokens', 'import', folder]);
    expect(code).toBe(1);
    expect(err).toContain(`Cannot read ${folder}: `);
  });
});

test.each(['SIGINT', 'SIGTERM'])('%s before the first Token is exit code 130', async (signal) => {
  const signals = new EventEmitter();
  const env = { TOKENS_TABLE: 't', PEERS_TABLE: 'p', AWS_REGION: 'eu-west-1', OCPI_PARTIES: 'EMSP NL LMS' };
  const stdin = new PassThrough();
  const result = cli(['tokens', 'import', '-'], env, { signals, stdin });
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

test('any other error is something wrong with the data, in one line', () => {
  expect(toFailure(new Error('first\nsecond'))).toMatchObject({ exitCode: 1, message: 'first' });
  expect(toFailure(new CrudError('conflict'))).toMatchObject({
    exitCode: 1,
    message: expect.stringContaining('again'),
  });
});
