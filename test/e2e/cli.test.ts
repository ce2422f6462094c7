/** The real command line as a process of its own, beside a real `npm start` and its database. */
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { locateEngine } from '../../lib/local/engine.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import { token } from '../support/builders.ts';
import { type Company, resultOf, startCompany } from '../support/company.ts';
import { ndjson } from '../support/owner-cli.ts';

const located = locateEngine();
const noEngine = 'reason' in located && located.reason;
if (noEngine) console.warn(`The command line is not tested: ${noEngine}`);

const ownToken = (uid: string) => token({ country_code: 'NL', party_id: 'LMS', uid });
const uidOf = (prefix: string, n: number) => `${prefix}${String(n).padStart(6, '0')}`;
const many = (prefix: string, length: number) => Array.from({ length }, (_, n) => ownToken(uidOf(prefix, n)));

describe.skipIf(noEngine)('the command line', () => {
  let company: Company;
  let folder: string;
  beforeAll(async () => {
    company = await startCompany();
    folder = mkdtempSync(join(tmpdir(), 'cli-'));
  });
  afterAll(async () => {
    await company.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const totalOf = async () => (await company.answerOf('tokens', 'list', '--limit', '1')).total;

  test('works on the server’s data, which sees a change at once, and keeps no token that it showed', async () => {
    const { token: secret } = await company.answerOf('peers', 'add', '--role', 'EMSP', '--party', 'FR', 'ABC');
    const ask = () =>
      fetch(`${company.url}/ocpi/versions`, {
        headers: { authorization: `Token ${Buffer.from(secret).toString('base64')}` },
      });
    expect((await ask()).status).toBe(200);
    expect(readFileSync(join(company.dataDir, 'dynamodb.sqlite')).includes(secret)).toBe(false);
    await company.answerOf('peers', 'remove', 'fr-abc');
    expect((await ask()).status).toBe(401);
  });

  test('smoke finds all well, says what a local server does not have, and leaves no trace', async () => {
    const before = [await company.answerOf('peers', 'list'), await company.answerOf('received', 'list')];
    const { isHealthy, checks } = await company.answerOf('smoke');
    const skipped = checks.filter(({ status }: { status: string }) => status === 'skip');
    expect({ isHealthy, stack: skipped[0] }).toEqual({
      isHealthy: true,
      stack: { check: 'stack', status: 'skip', message: expect.stringContaining('a local server has no stack') },
    });
    expect(checks.length).toBeGreaterThan(30);
    expect([await company.answerOf('peers', 'list'), await company.answerOf('received', 'list')]).toEqual(before);
  });

  test('Ctrl-C ends an import between two calls and says how far it was', async () => {
    const before = await totalOf();
    const child = company.start(['tokens', 'import', '-', '--json']);
    const result = resultOf(child);
    // Standard input stays open: it waits for more.
    child.stdin?.write(`${ndjson(many('C', 1_999))}bad line\n${ndjson([ownToken('Z')])}`);
    await once(child.stderr as Readable, 'data');
    child.kill('SIGINT');
    const { code, out, err } = await result;
    // How far it is it says now and then, where that takes long.
    const said = err.split('\n').filter((line) => !line.includes(' a second'));
    expect({ code, said: said.slice(1) }).toEqual({
      code: 130,
      said: ['Up to line 2000 all is done; run the same import again for the rest.', 'error: Interrupted', ''],
    });
    expect(JSON.parse(out)).toMatchObject({
      read: 2_001,
      created: 1_999,
      invalid: 1,
      notReached: 1,
      isComplete: false,
      error: { exitCode: 130, message: 'Interrupted' },
    });
    expect(await totalOf()).toBe(before + 1_999);
  });

  test('killed in the middle of an import and run again: every Token once, none missing, in order', {
    timeout: 60_000,
  }, async () => {
    const total = 4_500;
    const before = await totalOf();
    const lines = many('K', total);
    const bad = join(folder, 'bad.ndjson');
    writeFileSync(bad, ndjson(lines.toSpliced(500, 0, {} as Token)));
    const child = company.start(['tokens', 'import', bad]);
    const killed = resultOf(child);
    await once(child.stderr as Readable, 'data');
    child.kill('SIGKILL');
    expect(await killed).toMatchObject({ signal: 'SIGKILL', out: '' });

    const file = join(folder, 'all.ndjson');
    writeFileSync(file, ndjson(lines));
    const again = await company.cli(['tokens', 'import', file, '--json']);
    const summary = JSON.parse(again.out);
    expect(again.code).toBe(0);
    expect(summary).toMatchObject({ read: total, invalid: 0, notReached: 0, isComplete: true });
    expect(summary.created).toBeGreaterThan(0);
    expect(summary.created + summary.unchanged).toBe(total);

    const { out } = await company.cli(['tokens', 'export']);
    const uids = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).uid);
    expect(uids).toHaveLength(before + total);
    expect(uids.slice(before)).toEqual(lines.map(({ uid }) => uid));
  });

  test('whoever reads its output may leave early', async () => {
    const child = company.start(['tokens', 'export']);
    const result = resultOf(child);
    await once(child.stdout as Readable, 'data');
    child.stdout?.destroy();
    expect((await result.catch(() => ({ signal: null, err: '' }))).err).not.toContain('EPIPE');
  });

  test('a server that has died is not waited for', async () => {
    await company.end();
    expect(await company.cli(['tokens', 'list'])).toMatchObject({
      code: 3,
      out: '',
      err: expect.stringMatching(/^error: No local server runs on the data in \S+\. Start it: npm start\./),
    });
  });
});
