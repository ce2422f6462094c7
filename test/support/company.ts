/** A company with `npm start` and the command line and nothing else, both as processes of their own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { expect, vi } from 'vitest';

const fileOf = (path: string) => new URL(`../../lib/${path}`, import.meta.url).pathname;

export interface ProcessResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  out: string;
  err: string;
}

export interface Company {
  dataDir: string;
  /** What its partners are given. */
  url: string;
  /** Begins a command, in another folder than the server and told nothing of it but where its data is. */
  start(args: string[], env?: NodeJS.ProcessEnv): ChildProcess;
  cli(args: string[], env?: NodeJS.ProcessEnv, input?: string): Promise<ProcessResult>;
  /** @returns what a command answers that succeeds and has nothing to add */
  answerOf(...args: string[]): Promise<ReturnType<typeof JSON.parse>>;
  /** All that its commands have printed, but for the invitations: no secret may be among it. */
  printed(): string;
  /** Ends the server and starts it again on the same port. */
  restart(env: NodeJS.ProcessEnv): Promise<void>;
  /** Ends the server. */
  end(): Promise<void>;
  stop(): Promise<void>;
}

export async function resultOf(child: ChildProcess, input?: string): Promise<ProcessResult> {
  child.stdin?.on('error', () => {});
  if (input !== undefined) child.stdin?.end(input);
  const [out, err, [code, signal]] = await Promise.all([
    text(child.stdout as Readable),
    text(child.stderr as Readable),
    once(child, 'close'),
  ]);
  return { code, signal, out, err };
}

async function serve(dataDir: string, env: NodeJS.ProcessEnv): Promise<{ url: string; server: ChildProcess }> {
  const server = spawn(process.execPath, [fileOf('local/main.ts')], {
    env: { PATH: process.env.PATH, LOG_LEVEL: 'silent', PORT: '0', DATA_DIR: dataDir, ...env },
    cwd: tmpdir(),
  });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk;
    });
  }
  await vi.waitFor(() => expect(output).toMatch(/^Demo partners/m), { timeout: 20_000, interval: 20 });
  const [, url = ''] = /at (http:\/\/\S+),/.exec(output) ?? [];
  return { url, server };
}

async function endOf(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  server.kill('SIGTERM');
  await once(server, 'exit');
}

export async function startCompany(env: NodeJS.ProcessEnv = {}): Promise<Company> {
  const folder = mkdtempSync(join(tmpdir(), 'company-'));
  const dataDir = join(folder, 'data');
  let { url, server } = await serve(dataDir, env);
  let printed = '';
  const company: Company = {
    dataDir,
    url,
    start: (args, own = {}) =>
      spawn(process.execPath, [fileOf('cli/main.ts'), ...args], {
        env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...own },
        cwd: tmpdir(),
      }),
    async cli(args, own, input = '') {
      const result = await resultOf(company.start(args, own), input);
      if (!args.includes('invite')) printed += result.out + result.err;
      return result;
    },
    async answerOf(...args) {
      const result = await company.cli([...args, '--json']);
      expect(result).toMatchObject({ code: 0, err: '' });
      expect(result.out).toMatch(/^\{[^\n]*\}\n$/);
      return JSON.parse(result.out);
    },
    printed: () => printed,
    async restart(own) {
      await endOf(server);
      ({ url, server } = await serve(dataDir, { ...own, PORT: new URL(url).port }));
    },
    end: () => endOf(server),
    async stop() {
      await endOf(server);
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return company;
}
