/** `doctor` prints what the API found, for the platform and for a peer. The findings themselves are the operations' to test. */
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeLocalNote } from '../../lib/operator/local-note.ts';
import { runCli } from '../support/terminal.ts';

const platform = { isHealthy: true, checks: [{ status: 'ok', check: 'configuration', message: 'complete' }] };
const advised = {
  status: 'fail',
  check: 'acme: versions',
  message: 'they \u001b[31mfail',
  advice: 'peers rotate acme',
};
const peer = { isHealthy: false, checks: [advised] };

const dataDir = mkdtempSync(join(tmpdir(), 'doctor-'));
const server = createServer(({ url = '' }, response) => {
  response.end(JSON.stringify(url.startsWith('/operator/doctor/peer?id=acme') ? peer : platform));
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  writeLocalNote(dataDir, { pid: process.pid, operator: { url, key: 'key' } });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const doctor = (...args: string[]) => runCli(['doctor', ...args], { DATA_DIR: dataDir });

test('a line for each check, and exit code 0 if none fails', async () => {
  expect(await doctor()).toEqual({ code: 0, out: 'ok  configuration  complete\n', err: '' });
  expect(JSON.parse((await doctor('--json')).out)).toEqual(platform);
});

test('with an id the checks of that peer follow, each with what to do, and exit code 1 if one fails', async () => {
  expect(await doctor('acme')).toEqual({
    code: 1,
    out: 'ok    configuration   complete\nfail  acme: versions  they  [31mfail\n                      → peers rotate acme\n',
    err: 'error: 1 of 2 checks failed; see above\n',
  });
  expect(JSON.parse((await doctor('acme', '--json')).out)).toEqual({
    isHealthy: false,
    checks: [...platform.checks, advised],
    error: { exitCode: 1, message: '1 of 2 checks failed; see above' },
  });
});
