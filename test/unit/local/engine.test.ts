import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  ListTablesCommand,
} from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type Engine, locateEngine, startEngine } from '../../../lib/local/engine.ts';

const folder = mkdtempSync(join(tmpdir(), 'engine-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const located = locateEngine();
const reason = 'reason' in located && located.reason;

const clientOf = ({ endpoint }: Engine) =>
  new DynamoDBClient({ endpoint, region: 'local', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } });

/** The process that listens there is the one that has this port in its command line. */
const pidOf = ({ endpoint }: Engine) => {
  const list = execFileSync('ps', ['-eo', 'pid=,args=']).toString().split('\n');
  const line = list.find(
    (text) => text.includes(`/dynoxide --port ${new URL(endpoint).port} `) && !text.includes('sh -c'),
  );
  return Number(line?.trim().split(' ', 1)[0]);
};

const answers = async (endpoint: string) => {
  try {
    await fetch(endpoint);
    return true;
  } catch {
    return false;
  }
};

describe('which engine', () => {
  test('DYNAMODB_ENDPOINT comes first', () => {
    expect(locateEngine({ DYNAMODB_ENDPOINT: 'http://db:8000', PATH: '' })).toEqual({ endpoint: 'http://db:8000' });
  });

  test('a platform without a package takes the one on PATH, or says what it looked for', () => {
    vi.stubGlobal('process', { ...process, platform: 'plan9', arch: 'mips', env: {} });
    const binary = join(folder, 'dynoxide');
    writeFileSync(binary, '#!/bin/sh\n');
    chmodSync(binary, 0o755);
    expect(locateEngine({ PATH: `/nowhere:${folder}` })).toEqual({ binary });
    const none = locateEngine({ PATH: '/nowhere' });
    vi.unstubAllGlobals();
    expect(none).toEqual({
      reason: expect.stringMatching(/DYNAMODB_ENDPOINT.*@dynoxide\/plan9-mips.*dynoxide on PATH/),
    });
  });

  test('one of DYNAMODB_ENDPOINT is used and left running', async () => {
    const server = createServer((_, response) => response.end('{}')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const engine = (await startEngine({ env: { DYNAMODB_ENDPOINT: endpoint } })) as Engine;
    await engine.stop();
    expect(engine.endpoint).toBe(endpoint);
    expect(await answers(endpoint)).toBe(true);
    server.close();
  });

  test('one that does not start is an error with what it said', async () => {
    const binary = join(folder, 'broken', 'dynoxide');
    vi.stubGlobal('process', { ...process, platform: 'plan9', env: {} });
    const start = startEngine({ env: { PATH: makeScript(binary, 'echo "no such luck" >&2; exit 3') } });
    vi.unstubAllGlobals();
    await expect(start).rejects.toMatchObject({ cause: expect.objectContaining({ message: 'no such luck' }) });
  });
});

function makeScript(file: string, body: string): string {
  const inFolder = mkdtempSync(join(folder, 'bin-'));
  const path = join(inFolder, file.split('/').at(-1) ?? '');
  writeFileSync(path, `#!/bin/sh\n${body}\n`);
  chmodSync(path, 0o755);
  return inFolder;
}

describe.skipIf(reason)(`a running engine${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = (await startEngine()) as Engine;
  });
  afterAll(() => engine.stop());

  test('answers as soon as it is there', async () => {
    await expect(clientOf(engine).send(new ListTablesCommand({}))).resolves.toMatchObject({ TableNames: [] });
  });

  test('two of them are two databases', async () => {
    const other = (await startEngine()) as Engine;
    expect(other.endpoint).not.toBe(engine.endpoint);
    await other.stop();
    expect([await answers(other.endpoint), await answers(engine.endpoint)]).toEqual([false, true]);
  });

  test('stops at once, and stopping twice is once', async () => {
    const other = (await startEngine()) as Engine;
    const began = performance.now();
    await Promise.all([other.stop(), other.stop()]);
    await other.stop();
    expect(performance.now() - began).toBeLessThan(1_000);
  });

  test('keeps what is in its data directory, and nothing without one', async () => {
    const dataDir = join(folder, 'not', 'there', 'yet');
    const first = (await startEngine({ dataDir })) as Engine;
    await clientOf(first).send(
      new CreateTableCommand({
        TableName: 'kept',
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
        KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
      }),
    );
    await first.stop();
    const second = (await startEngine({ dataDir })) as Engine;
    expect(await clientOf(second).send(new ListTablesCommand({}))).toMatchObject({ TableNames: ['kept'] });
    await second.stop();
  });

  test('is started again at its endpoint when it dies, with its data, and says so', async () => {
    const said = vi.spyOn(console, 'error').mockImplementation(() => {});
    const own = (await startEngine({ dataDir: join(folder, 'mortal') })) as Engine;
    const table = {
      TableName: 'kept',
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    } satisfies CreateTableCommandInput;
    await clientOf(own).send(new CreateTableCommand(table));
    process.kill(pidOf(own), 'SIGKILL');
    const tables = async () => {
      const { TableNames } = await clientOf(own)
        .send(new ListTablesCommand({}))
        .catch(() => ({ TableNames: [] }));
      return TableNames;
    };
    await expect.poll(() => said.mock.calls.length).toBe(1);
    await expect.poll(tables).toEqual(['kept']);
    expect(said.mock.calls).toEqual([['The embedded DynamoDB has ended (SIGKILL); it is started again.']]);
    said.mockRestore();
    await own.stop();
    expect(await answers(own.endpoint)).toBe(false);
  });

  test('a database file that is none is an error that says what to do', async () => {
    const dataDir = mkdtempSync(join(folder, 'garbage-'));
    const file = join(dataDir, 'dynamodb.sqlite');
    writeFileSync(file, 'garbage'.repeat(1_000));
    await expect(startEngine({ dataDir })).rejects.toThrow(
      new RegExp(`did not start: .*not a valid SQLite database.* If ${file} is broken.* npm start -- --reset$`),
    );
  });

  describe('ends with the process that started it', () => {
    const program = `
      import { startEngine } from ${JSON.stringify(new URL('../../../lib/local/engine.ts', import.meta.url).href)};
      const { endpoint } = await startEngine();
      console.log(endpoint);
      if (process.argv.includes('stay')) setInterval(() => {}, 1_000);
    `;
    const startedBy = async (...args: string[]): Promise<{ child: ChildProcess; endpoint: string }> => {
      const file = join(folder, 'program.ts');
      writeFileSync(file, program);
      const child = spawn(process.execPath, [file, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
      if (!child.stdout) throw new Error('no output');
      const [endpoint] = await once(createInterface(child.stdout), 'line');
      return { child, endpoint };
    };

    test.each(['SIGTERM', 'SIGINT', 'SIGKILL'] as const)('by %s', async (signal) => {
      const { child, endpoint } = await startedBy('stay');
      expect(await answers(endpoint)).toBe(true);
      child.kill(signal);
      await once(child, 'exit');
      await expect.poll(() => answers(endpoint)).toBe(false);
    });

    test('by itself, which the engine does not keep from ending', async () => {
      const { child, endpoint } = await startedBy();
      if (child.exitCode === null) await once(child, 'exit');
      await expect.poll(() => answers(endpoint)).toBe(false);
    });
  });
});
