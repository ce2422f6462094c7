/** `npm start` with the real npm: whatever ends npm, nothing stays behind. */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';

const folder = mkdtempSync(join(tmpdir(), 'npm-start-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** All processes of the group that npm leads, and the engine, which has the data directory in its command line. */
const processesOf = (group: number | undefined, dataDir: string): string[] =>
  execFileSync('ps', ['-eo', 'pgid=,args='])
    .toString()
    .split('\n')
    .filter((line) => line.trim().startsWith(`${group} `) || line.includes(dataDir));

test.each(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
  '%s to npm leaves no process behind',
  async (signal) => {
    const dataDir = join(folder, signal);
    const { npm_lifecycle_event: _, ...env } = process.env;
    const npm = spawn('npm', ['start'], { env: { ...env, PORT: '0', DATA_DIR: dataDir }, detached: true });
    let output = '';
    for (const stream of [npm.stdout, npm.stderr]) {
      stream.on('data', (chunk) => {
        output += chunk;
      });
    }
    await expect.poll(() => output).toContain('curl');
    expect(processesOf(npm.pid, dataDir).length).toBeGreaterThan(1);

    npm.kill(signal);
    if (npm.exitCode === null && npm.signalCode === null) await once(npm, 'exit');
    await expect.poll(() => processesOf(npm.pid, dataDir)).toEqual([]);
  },
  60_000,
);
