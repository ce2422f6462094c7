/** The embedded DynamoDB of local runs and tests: finds an engine for this machine, starts it, and never leaves it behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWith } from '../commands.ts';
import { freePort } from './hold-port.ts';

export interface Engine {
  /** For the `endpoint` of a DynamoDBClient. */
  endpoint: string;
  /** Ends the engine if it is ours; an engine of DYNAMODB_ENDPOINT is left alone. */
  stop(): Promise<void>;
}

/** Why there is no engine, in words for a person. */
export type NoEngine = { reason: string };

export interface EngineOptions {
  /** Where data is kept; in memory when absent. */
  dataDir?: string;
  env?: NodeJS.ProcessEnv;
}

type Located = { endpoint: string } | { binary: string } | NoEngine;

const databaseFile = 'dynamodb.sqlite';

/** All that an engine keeps in its data directory; without them it starts empty. */
export const databaseFiles = [databaseFile, `${databaseFile}-wal`, `${databaseFile}-shm`];

const startTimeoutMs = 5_000;
const stopTimeoutMs = 2_000;
const maxAttempts = 3;

/** An engine that dies as often within a minute would die for ever. */
const maxRestarts = 5;
const restartWindowMs = 60_000;

/** Which engine there is: DYNAMODB_ENDPOINT, or the binary of an optional dependency, or one on PATH, in this order. */
export const locateEngine = (env: NodeJS.ProcessEnv = process.env): Located => {
  if (env.DYNAMODB_ENDPOINT) return { endpoint: env.DYNAMODB_ENDPOINT };
  const packageName = `@dynoxide/${process.platform}-${process.arch}`;
  const binary = binaryOfPackage(packageName) ?? binaryOnPath('dynoxide', env.PATH);
  if (binary) return { binary };
  return {
    reason: `No embedded DynamoDB: DYNAMODB_ENDPOINT is not set, the package ${packageName} is not installed, and there is no dynoxide on PATH.`,
  };
};

/**
 * Starts an engine of its own on a free port and resolves once it answers, or resolves to the reason why there is none.
 * It ends with `stop()`, and with this process however that ends; should it die before, and have its data in a directory, it
 * is started again at the same endpoint. Rejects when the engine does not start, with what to do.
 */
export const startEngine = async ({ dataDir, env = process.env }: EngineOptions = {}): Promise<Engine | NoEngine> => {
  const located = locateEngine(env);
  if ('reason' in located) return located;
  if ('endpoint' in located) return { endpoint: located.endpoint, stop: async () => {} };
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true });

  const file = dataDir === undefined ? undefined : join(dataDir, databaseFile);
  const isNew = file === undefined || !existsSync(file);
  const storage = file === undefined ? [] : ['--db-path', file];
  const command = (port: number) => [located.binary, '--port', String(port), ...storage];
  // Between finding a free port and taking it, another process may take it.
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      const child = await startBinary(command(port), port);
      return file === undefined ? engineAt(port, child) : immortal(port, child, command(port));
    } catch (cause) {
      if (attempt === maxAttempts) throw startFailure(cause as Error, isNew ? undefined : file);
    }
  }
};

const startFailure = (cause: Error, existing: string | undefined): Error => {
  const said = `The embedded DynamoDB did not start: ${cause.message.replace(/^error: /i, '')}`;
  const remedy = `If ${existing} is broken, put a copy of yours in its place, or start empty: ${startWith('--reset')}`;
  return new Error(existing === undefined ? said : `${said.replace(/\.$/, '')}. ${remedy}`, { cause });
};

const startBinary = async (command: string[], port: number): Promise<ChildProcess> => {
  const child = spawnTied(command);
  try {
    await untilReady(child, port);
  } catch (error) {
    await end(child);
    throw error;
  }
  return child;
};

const engineAt = (port: number, child: ChildProcess): Engine => ({
  endpoint: `http://127.0.0.1:${port}`,
  stop: () => end(child),
});

/** An engine that is started again when it dies, so that whoever knows its endpoint can go on. */
const immortal = (port: number, first: ChildProcess, command: string[]): Engine => {
  let current = Promise.resolve(first);
  let isStopping = false;
  const deaths: number[] = [];

  const restart = async (child: ChildProcess) => {
    const now = Date.now();
    deaths.push(now);
    const isHopeless = deaths.filter((at) => now - at < restartWindowMs).length > maxRestarts;
    const how = `The embedded DynamoDB has ended (${child.signalCode ?? `exit code ${child.exitCode}`})`;
    console.error(isHopeless ? `${how} again and again; it stays down. Start anew.` : `${how}; it is started again.`);
    if (isHopeless) return child;
    try {
      return watched(await startBinary(command, port));
    } catch (error) {
      console.error(`The embedded DynamoDB does not start any more: ${(error as Error).message}`);
      return child;
    }
  };

  const watched = (child: ChildProcess): ChildProcess => {
    child.once('exit', () => {
      if (!isStopping) current = restart(child);
    });
    return child;
  };

  watched(first);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      isStopping = true;
      await end(await current);
    },
  };
};

// A shell that becomes the engine, after leaving a watcher in the background. The watcher holds the other end of our
// pipe: when this process goes, even by SIGKILL, it reads the end of the pipe and ends the engine.
const becomeTied = 'exec 3<&0; { read -r _ <&3; kill "$$"; } >/dev/null 2>&1 & exec "$@" </dev/null 3<&-';

const spawnTied = (command: string[]): ChildProcess => {
  // Detached: a Ctrl-C in the terminal reaches us, and we stop the engine after the requests that still use it.
  const child = spawn('/bin/sh', ['-c', becomeTied, 'sh', ...command], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  // An engine that was not stopped must not keep this process alive either.
  for (const handle of [child, child.stdin, child.stderr]) (handle as Partial<Socket> | null)?.unref?.();
  child.once('exit', () => child.stdin?.destroy());
  return child;
};

const untilReady = async (child: ChildProcess, port: number) => {
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-2_000);
  });
  const deadline = Date.now() + startTimeoutMs;
  // By its own word: who answers on the port may be another that was quicker.
  while (!said.includes('listening on')) {
    if (hasEnded(child)) throw new Error(said.trim() || `exit code ${child.exitCode}`);
    if (Date.now() > deadline) throw new Error(`no answer on port ${port} within ${startTimeoutMs} ms`);
    await sleep(2);
  }
};

const end = async (child: ChildProcess) => {
  if (hasEnded(child)) return;
  const exited = once(child, 'exit');
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
  await exited;
  clearTimeout(timer);
};

const hasEnded = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null;

const binaryOfPackage = (name: string): string | undefined => {
  try {
    return createRequire(import.meta.url).resolve(`${name}/dynoxide`);
  } catch {
    return undefined;
  }
};

const binaryOnPath = (name: string, path = ''): string | undefined =>
  path
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);

const isExecutable = (file: string) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
