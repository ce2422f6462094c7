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
  /** What it has printed until it was ready. */
  printed: string;
  stop(): Promise<void>;
}

const main = new URL('../../lib/local/main.ts', import.meta.url).pathname;

export async function startLocalServer(): Promise<LocalServerProcess> {
  const dataDir = mkdtempSync(join(tmpdir(), 'local-server-'));
  const child = spawn(process.execPath, [main], { env: { PATH: process.env.PATH, PORT: '0', DATA_DIR: dataDir } });
  const printed = await untilReady(child);
  const [, url = ''] = /at (http:\/\/\S+),/.exec(printed) ?? [];
  const operator = readLocalNote(dataDir)?.operator;
  if (!operator) throw new Error('The local server has left no note');
  return {
    dataDir,
    url,
    operator,
    client: createOperatorClient({ url: operator.url, send: createSend(withKey(operator.key)) }),
    printed,
    async stop() {
      child.kill('SIGTERM');
      if (child.exitCode === null) await once(child, 'exit');
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
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
