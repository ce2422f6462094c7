/** The real command line as a process of its own, on a real database: with and without a local server that runs it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { dynamodbBackend } from '../../lib/crud/dynamodb/backend.ts';
import { openClient } from '../../lib/crud/dynamodb/client.ts';
import { type Engine, locateEngine, startEngine } from '../../lib/local/engine.ts';
import { localDefaults, writeLocalDatabase } from '../../lib/local/local-database.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import { credentialsCall, emspCall, token } from '../support/builders.ts';

const located = locateEngine();
const noEngine = 'reason' in located && located.reason;
if (noEngine) console.warn(`The command line is not tested: ${noEngine}`);

const main = new URL('../../lib/cli/main.ts', import.meta.url).pathname;
const party = { country_code: 'NL', party_id: 'LMS' };
const ownToken = (uid: string, overrides: Partial<Token> = {}) => token({ ...party, uid, ...overrides });
const uidOf = (n: number) => `T${String(n).padStart(6, '0')}`;
const count = (length: number) => Array.from({ length }, (_, i) => i);
const ndjson = (values: unknown[]) => values.map((value) => `${JSON.stringify(value)}\n`).join('');

let folder: string;
let dataDir: string;
/** All that any command has printed, to look for secrets in. */
let printed: string;

interface Result {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

const start = (args: string[], env: NodeJS.ProcessEnv = {}): ChildProcess =>
  spawn(process.execPath, [main, ...args], { env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...env } });

async function resultOf(child: ChildProcess, input?: string): Promise<Result> {
  child.stdin?.on('error', () => {});
  if (input !== undefined) child.stdin?.end(input);
  const [out, err, [code, signal]] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    once(child, 'close'),
  ]);
  printed += out + err;
  return { code, signal, out, err };
}

const cli = (...args: string[]): Promise<Result> => resultOf(start(args), '');

/** @returns what a command answers that succeeds */
async function answerOf(...args: string[]) {
  const result = await cli(...args, '--json');
  expect(result).toMatchObject({ code: 0, err: '' });
  expect(result.out).toMatch(/^\{[^\n]*\}\n$/);
  return JSON.parse(result.out);
}

function fileOf(content: string, name = 'tokens.ndjson'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const newFolder = () => {
  folder = mkdtempSync(join(tmpdir(), 'cli-'));
  dataDir = join(folder, 'data');
  printed = '';
};

const nothing = { created: 0, updated: 0, unchanged: 0, stale: 0, taken: 0, invalid: 0, isComplete: true };

describe.skipIf(noEngine)('the command line', () => {
  beforeEach(newFolder);
  const folders: string[] = [];
  beforeEach(() => {
    folders.push(folder);
  });
  afterAll(() => {
    for (const path of folders) rmSync(path, { recursive: true, force: true });
  });

  describe('peers', () => {
    test('add shows the token once, and no other command shows it, nor its hash', async () => {
      const { code, out } = await cli('peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS', '--version', '2.2.1');
      expect(code).toBe(0);
      const [, secret = ''] = /^ {2}([\w-]{43})$/m.exec(out) ?? [];
      expect(out).toContain(`Authorization: Token ${Buffer.from(secret).toString('base64')} `);
      expect(out).toContain(`Authorization: Token ${secret} `);

      printed = '';
      const peer = {
        id: 'de-dms',
        state: 'by hand',
        version: '2.2.1',
        roles: [{ role: 'EMSP', country_code: 'DE', party_id: 'DMS' }],
        isHub: false,
        tokens: [{ purpose: 'in use' }],
        settings: {},
        advice: [],
      };
      expect(await answerOf('peers', 'list')).toEqual({ peers: [peer] });
      expect(await answerOf('peers', 'show', 'de-dms')).toEqual({ peer });
      expect((await cli('peers', 'show', 'de-dms')).out).toContain('EMSP DE DMS');
      expect((await cli('peers', 'list')).out).toContain('EMSP DE DMS');
      expect(await cli('peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS')).toMatchObject({
        code: 1,
        err: 'error: There is a peer de-dms already: give another --id\n',
      });
      expect(await cli('peers', 'add', '--role', 'CPO', '--party', 'FR', 'DCP', '--token', secret)).toMatchObject({
        code: 1,
        err: 'error: Another peer has this token\n',
      });
      expect((await cli('peers', 'remove', 'de-dms')).out).toContain('Removed de-dms (EMSP DE DMS)');
      expect(await answerOf('peers', 'list')).toEqual({ peers: [] });

      const sha256 = createHash('sha256').update(secret).digest('hex');
      expect(secret).toHaveLength(43);
      for (const hidden of [secret, Buffer.from(secret).toString('base64'), sha256]) {
        expect(printed).not.toContain(hidden);
      }
      expect(readFileSync(join(dataDir, 'dynamodb.sqlite')).includes(secret)).toBe(false);
    });

    test('a given token comes from the command line or from standard input', async () => {
      const given = await answerOf('peers', 'add', '--role', 'CPO', '--party', 'FR', 'DCP', '--token', 'tok-1');
      expect(given).toMatchObject({
        token: 'tok-1',
        authorization: { base64: 'Token dG9rLTE=', raw: 'Token tok-1' },
      });
      const child = start(['peers', 'add', '--party', 'HUB', 'NL', 'HUB', '--id', 'hub', '--token', '-', '--json']);
      const piped = await resultOf(child, 'tok-2\n');
      expect(JSON.parse(piped.out)).toMatchObject({ token: 'tok-2', peer: { id: 'hub' } });
    });

    test('one that is not there is exit code 1', async () => {
      for (const command of ['show', 'remove']) {
        expect(await cli('peers', command, 'nobody')).toMatchObject({
          code: 1,
          out: '',
          err: 'error: There is no peer nobody\n',
        });
      }
    });
  });

  describe('tokens import', () => {
    test('bad lines are reported while the good ones go in; the same again changes nothing', async () => {
      const lines: unknown[] = count(1000).map((n) => ownToken(uidOf(n)));
      lines[10] = { ...ownToken('X'), whitelist: 'SOMETIMES' };
      lines[500] = ownToken('Y', { party_id: 'XXX' });
      lines[999] = { ...ownToken('Z'), last_updated: 'yesterday' };
      const file = fileOf(`${ndjson(lines)}{"uid":\n`);
      const counts = { ...nothing, read: 1001, invalid: 4 };

      const first = await cli('tokens', 'import', file, '--json');
      expect(first.code).toBe(1);
      expect(JSON.parse(first.out)).toEqual({ ...counts, created: 997 });
      expect(first.err.split('\n')).toEqual([
        expect.stringMatching(/^line 11: .*whitelist.*SOMETIMES/),
        'line 501: NL XXX is not an EMSP party of ours (NL LMS)',
        expect.stringMatching(/^line 1000: .*last_updated.*yesterday/),
        expect.stringMatching(/^line 1001: is not JSON/),
        'error: 4 of 1001 were not imported; see above',
        '',
      ]);
      const again = await cli('tokens', 'import', file, '--json');
      expect(again).toMatchObject({ code: 1, err: first.err });
      expect(JSON.parse(again.out)).toEqual({ ...counts, unchanged: 997 });
      expect(await answerOf('tokens', 'list', '--limit', '1')).toMatchObject({ total: 997 });
    });

    test('what changes stays in its place, what is older changes nothing', async () => {
      const tokens = count(3).map((n) =>
        ownToken(uidOf(n), { energy_contract: { supplier_name: 'W', contract_id: 'C' } }),
      );
      await answerOf('tokens', 'import', fileOf(JSON.stringify(tokens), 'a.json'));
      const [first, second, third] = tokens as [Token, Token, Token];
      const newer = { ...second, issuer: 'New', last_updated: '2026-06-01T00:00:00.000Z' };
      const older = { ...third, issuer: 'Old', last_updated: '2020-01-01T00:00:00.000Z' };
      const summary = await answerOf(
        'tokens',
        'import',
        fileOf(JSON.stringify([older, newer, first], null, 2), 'b.json'),
      );
      expect(summary).toEqual({ ...nothing, read: 3, updated: 1, unchanged: 1, stale: 1 });
      expect((await answerOf('tokens', 'list')).tokens).toEqual([first, newer, third]);
    });

    test('CSV from a spreadsheet, on standard input', async () => {
      const csv = [
        '\ufeffuid;type;contract_id;issuer;valid;whitelist;last_updated;energy_contract.supplier_name;group_id',
        'A1;RFID;C1;"Müller; Söhne";TRUE;ALLOWED;2026-01-31T12:00:00Z;Wind;',
        'A2;APP_USER;C2;Demo;maybe;ALLOWED;2026-01-31T12:00:00Z;;',
        'A3;APP_USER;C2;Demo;FALSE;NEVER;2026-01-31T12:00:00Z;;G',
      ].join('\r\n');
      const { code, out, err } = await resultOf(start(['tokens', 'import', '-']), csv);
      expect({ code, err }).toEqual({
        code: 1,
        err: expect.stringMatching(/^line 3: .*valid.*maybe.*\nerror: 1 of 3 were not imported; see above\n$/),
      });
      expect(out).toMatch(/^3 Tokens in .*: 2 created, 0 updated, 0 unchanged, 0 stale, 0 taken, 1 invalid\n$/);
      const common = { ...party, last_updated: '2026-01-31T12:00:00.000Z' };
      expect((await answerOf('tokens', 'list')).tokens).toEqual([
        {
          ...common,
          uid: 'A1',
          type: 'RFID',
          contract_id: 'C1',
          issuer: 'Müller; Söhne',
          valid: true,
          whitelist: 'ALLOWED',
          energy_contract: { supplier_name: 'Wind' },
        },
        {
          ...common,
          uid: 'A3',
          type: 'APP_USER',
          contract_id: 'C2',
          issuer: 'Demo',
          valid: false,
          whitelist: 'NEVER',
          group_id: 'G',
        },
      ]);
    });

    test('the format is that of the extension, unless another is given', async () => {
      const file = fileOf(ndjson([ownToken('A')]), 'tokens.json');
      expect(await cli('tokens', 'import', file)).toMatchObject({
        code: 1,
        err: 'error: This is not a JSON array: it begins with {. See --format.\n',
      });
      expect(await answerOf('tokens', 'import', file, '--format', 'ndjson')).toEqual({
        ...nothing,
        read: 1,
        created: 1,
      });
    });

    test('a Token of another party of ours is taken, and no reason to stop', async () => {
      const env = { OCPI_PARTIES: 'EMSP NL LMS, EMSP BE LMS' };
      await resultOf(start(['tokens', 'import', '-'], env), ndjson([ownToken('A')]));
      const theirs = ndjson([ownToken('A', { country_code: 'BE' }), ownToken('B', { country_code: 'BE' })]);
      const { code, out, err } = await resultOf(start(['tokens', 'import', '-', '--json'], env), theirs);
      expect(code).toBe(1);
      expect(JSON.parse(out)).toEqual({ ...nothing, read: 2, created: 1, taken: 1 });
      expect(err).toContain('line 1: RFID A is a Token of another party of ours\n');
    });

    test('Ctrl-C ends it between two batches and says how far it was', async () => {
      const child = start(['tokens', 'import', '-', '--json']);
      const result = resultOf(child);
      // Standard input stays open: it waits for more.
      child.stdin?.write(`${ndjson(count(198).map((n) => ownToken(uidOf(n))))}bad line\n${ndjson([ownToken('Z')])}`);
      await once(child.stderr as Readable, 'data');
      child.kill('SIGINT');
      const { code, out, err } = await result;
      expect({ code, err: err.split('\n').slice(1) }).toEqual({
        code: 130,
        err: ['Up to line 198 all is done; run the same import again for the rest.', 'error: Interrupted', ''],
      });
      expect(JSON.parse(out)).toMatchObject({ created: 198, isComplete: false });
      expect(await answerOf('tokens', 'list', '--limit', '1')).toMatchObject({ total: 198 });
    });

    test('killed in the middle and run again: every Token once, none missing, in order', {
      timeout: 60_000,
    }, async () => {
      const total = 20_000;
      const lines = count(total).map((n) => ownToken(uidOf(n)));
      const child = start([
        'tokens',
        'import',
        fileOf(ndjson(lines.toSpliced(total / 3, 0, {} as Token)), 'bad.ndjson'),
      ]);
      const killed = resultOf(child);
      await once(child.stderr as Readable, 'data');
      child.kill('SIGKILL');
      expect(await killed).toMatchObject({ signal: 'SIGKILL', out: '' });

      const before = (await answerOf('tokens', 'list', '--limit', '1')).total;
      expect(before).toBeGreaterThan(0);
      expect(before).toBeLessThan(total);
      const summary = await answerOf('tokens', 'import', fileOf(ndjson(lines)));
      expect(summary).toEqual({ ...nothing, read: total, created: total - before, unchanged: before });

      const list = await answerOf('tokens', 'list', '--limit', String(total + 1));
      expect(list.total).toBe(total);
      expect(list.tokens.map(({ uid }: Token) => uid)).toEqual(count(total).map(uidOf));
    });
  });

  describe('tokens', () => {
    const tokens = [
      ownToken('A', { last_updated: '2026-01-01T00:00:00.000Z' }),
      ownToken('B', { type: 'APP_USER', last_updated: '2026-02-01T00:00:00.000Z' }),
      ownToken('A', { type: 'OTHER', last_updated: '2026-03-01T00:00:00.000Z' }),
    ];
    beforeEach(async () => {
      await answerOf('tokens', 'import', fileOf(ndjson(tokens)));
    });

    test('get finds the RFID Token or the only one, or the one of the type', async () => {
      expect(await answerOf('tokens', 'get', 'a')).toEqual({ token: tokens[0], settings: {} });
      expect(await answerOf('tokens', 'get', 'B')).toEqual({ token: tokens[1], settings: {} });
      expect(await answerOf('tokens', 'get', 'A', '--type', 'OTHER')).toEqual({ token: tokens[2], settings: {} });
      const { token: first } = await answerOf('tokens', 'get', 'A');
      expect(Object.keys(first).join(' ')).toBe(
        'country_code party_id uid type contract_id issuer valid whitelist last_updated',
      );
      expect((await cli('tokens', 'get', 'B')).out).toMatch(/^country_code +NL\nparty_id +LMS\nuid +B\n/);
      for (const command of ['get', 'block', 'unblock']) {
        expect(await cli('tokens', command, 'B', '--type', 'RFID')).toMatchObject({
          code: 1,
          out: '',
          err: 'error: There is no Token B of type RFID\n',
        });
      }
    });

    test('list pages and filters', async () => {
      const list = async (...args: string[]) => (await answerOf('tokens', 'list', ...args)).tokens;
      expect(await answerOf('tokens', 'list')).toEqual({ tokens, total: 3, offset: 0, limit: 100 });
      expect(await list('--offset', '1', '--limit', '1')).toEqual([tokens[1]]);
      expect(await list('--date-from', '2026-02-01T00:00:00Z')).toEqual(tokens.slice(1));
      expect(await list('--date-to', '2026-02-01T00:00:00Z')).toEqual(tokens.slice(0, 1));
      expect(await list('--party', 'NL', 'LMS')).toEqual(tokens);
      expect(await list('--party', 'NL', 'XXX')).toEqual([]);
      expect((await cli('tokens', 'list', '--offset', '1')).out).toMatch(/^UID .*\nB .*\nA .*\n\n2 to 3 of 3\n$/);
    });

    test('block stops a Token everywhere, and an older file does not bring it back', async () => {
      const blocked = await answerOf('tokens', 'block', 'A');
      expect(blocked.settings).toEqual({ blocked: true });
      expect(blocked.token).toEqual({ ...tokens[0], valid: false, last_updated: expect.any(String) });
      expect(Date.parse(blocked.token.last_updated)).toBeGreaterThan(Date.now() - 60_000);
      expect(await answerOf('tokens', 'get', 'A')).toEqual(blocked);

      expect(await answerOf('tokens', 'import', fileOf(ndjson(tokens)))).toMatchObject({ stale: 1, unchanged: 2 });
      const later = { ...tokens[0], last_updated: '2099-01-01T00:00:00.000Z' };
      expect(await answerOf('tokens', 'import', fileOf(ndjson([later])))).toMatchObject({ updated: 1 });
      expect(await answerOf('tokens', 'get', 'A')).toEqual({
        token: { ...later, valid: false },
        settings: { blocked: true },
      });

      const free = await answerOf('tokens', 'unblock', 'A');
      expect(free).toEqual({ token: { ...later, last_updated: expect.any(String) }, settings: {} });
      expect(free.token.last_updated > later.last_updated).toBe(true);
    });

    test('set changes what is named and leaves the rest', async () => {
      const set = async (...args: string[]) => (await answerOf('tokens', 'set', 'A', ...args)).settings;
      const allowedLocations = [{ location_id: 'L1' }, { location_id: 'L2', evse_uids: ['E1', 'E2'] }];
      expect(await set('--expires-at', '2027-01-01T00:00:00Z', '--credit', 'no')).toEqual({
        expiresAt: '2027-01-01T00:00:00.000Z',
        hasNoCredit: true,
      });
      expect(await set('--allow-location', 'L1', '--allow-location', 'L2:E1,E2', '--needs-location', 'yes')).toEqual({
        expiresAt: '2027-01-01T00:00:00.000Z',
        hasNoCredit: true,
        needsLocation: true,
        allowedLocations,
      });
      expect(await set('--expires-at', 'never', '--credit', 'yes', '--needs-location', 'no')).toEqual({
        allowedLocations,
      });
      expect((await cli('tokens', 'get', 'A')).out).toContain('allowedLocations');
      expect(await set('--allow-all-locations')).toEqual({});
      expect((await answerOf('tokens', 'get', 'A')).settings).toEqual({});
      expect((await answerOf('tokens', 'get', 'A')).token).toMatchObject({ uid: 'A', valid: true });
    });
  });

  describe('with a local server that runs', () => {
    let engine: Engine;
    const ofServer = { tables: localDefaults.tables, pid: process.pid, environment: {} };
    beforeAll(async () => {
      engine = (await startEngine()) as Engine;
    });
    afterAll(() => engine.stop());

    test('it works on the server’s database, which sees the change at once', async () => {
      await cli('peers', 'list', '--endpoint', engine.endpoint);
      writeLocalDatabase(dataDir, { ...ofServer, endpoint: engine.endpoint });
      const { token: secret } = await answerOf('peers', 'add', '--role', 'EMSP', '--party', 'DE', 'DMS');
      await answerOf('tokens', 'import', fileOf(ndjson([ownToken('A')])));

      const backend = dynamodbBackend({
        endpoint: engine.endpoint,
        tables: localDefaults.tables,
        emspParties: [party],
        now: () => new Date(),
        newId: randomUUID,
      });
      const sha256 = createHash('sha256').update(secret).digest('hex');
      const authenticate = () =>
        backend.credentials.do(credentialsCall({ action: 'Authenticate', data: { sha256: [sha256] } }));
      expect((await authenticate())?.data.id).toBe('de-dms');
      expect((await backend.tokens.get(emspCall({ id: 'A' })))?.data).toEqual(ownToken('A'));
      await answerOf('peers', 'remove', 'de-dms');
      expect(await authenticate()).toBeUndefined();
    });

    test('a server that has died is not waited for', async () => {
      mkdirSync(dataDir);
      writeLocalDatabase(dataDir, { ...ofServer, endpoint: 'http://127.0.0.1:9' });
      expect(await answerOf('tokens', 'list')).toMatchObject({ total: 0 });
    });

    test('the tables of a deployed system are used as they are', async () => {
      const args = ['--endpoint', engine.endpoint, '--tokens-table', 'none', '--peers-table', 'none'];
      expect(await cli('peers', 'list', ...args)).toMatchObject({
        code: 3,
        err: `error: Cannot use the database at ${engine.endpoint}: it has no such table\n`,
      });
      const { TableNames } = await openClient(engine.endpoint).send(new ListTablesCommand({}));
      expect(TableNames).not.toContain('none');
    });
  });
});
