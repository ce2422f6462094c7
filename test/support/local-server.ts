/** `npm start` without npm: the local server as a process of its own on a data directory of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOperatorClient, type OperatorClient } from '../../lib/operator/client.ts';
import { readLocalNote } from '../../lib/operator/local-note.ts';
import { createSend, withKey } from '../../lib/operator/send.ts';

export interface LocalServerProcess {
  dataDir: string;
  /** Where peers find it. */
  url: string;
  /** The owner's API of it, and the key that it wants. */
  operator: { url: string; key: string };
  client: OperatorClient;
  pid: number | undefined;
  /** What it has printed until it was ready. */
  printed: string;
  end(signal: NodeJS.Signals): Promise<void>;
  /** Ends it in this way, if it has not ended, and starts it again on its data and its port. */
  restart(signal: NodeJS.Signals): Promise<void>;
  stop(): Promise<void>;
}

const main = new URL('../../lib/local/main.ts', import.meta.url).pathname;

/** @param env beside what every server has */
export async function startLocalServer(env: Record<string, string> = {}): Promise<LocalServerProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'local-server-'));
  let child = run(dataDir, { PORT: '0', ...env });
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  const server: LocalServerProcess = {
    ...(await readyOn(dataDir, child)),
    end,
    async restart(signal) {
      await end(signal);
      child = run(dataDir, { ...env, PORT: new URL(server.url).port });
      Object.assign(server, await readyOn(dataDir, child));
    },
    async stop() {
      await end('SIGTERM');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
  return server;
}

const run = (dataDir: string, env: Record<string, string>): ChildProcess =>
  spawn(process.execPath, [main], { env: { PATH: process.env.PATH, DATA_DIR: dataDir, ...env } });

async function readyOn(dataDir: string, child: ChildProcess) {
  const printed = await untilReady(child);
  const [, url = ''] = /at (http:\/\/\S+),/.exec(printed) ?? [];
  const operator = readLocalNote(dataDir)?.operator;
  if (!operator) throw new Error('The local server has left no note');
  const client = createOperatorClient({ url: operator.url, send: createSend(withKey(operator.key)) });
  return { dataDir, url, operator, client, pid: child.pid, printed };
}

function untilReady(child: ChildProcess): Promise<string> {
  let printed = '';
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      printed += chunk;
      // Its last line is empty.
      if (printed.includes('curl') && printed.endsWith('\n\n')) resolve(printed);
    };
    child.stdout?.on('data', onData);
    child.stderr?.on('data', onData);
    child.once('exit', () => reject(new Error(`The local server ended: ${printed}`)));
  });
}
