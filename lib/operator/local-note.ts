/** How a local server tells its clients on this machine where its owner's API is: a note in its data directory. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LocalNote {
  /** The process that runs the server. */
  pid: number;
  /** The owner's API without `/operator`, and the key that it wants. The key is a secret. */
  operator: { url: string; key: string };
}

/** Where `npm start` keeps its data if it is not told otherwise. */
export const usualDataDir = '.data';

const fileIn = (dataDir: string) => join(dataDir, 'local.json');

/** Only whoever runs the server may read the key. */
const ownerOnly = 0o600;

/** Says where the server is, from now until `removeLocalNote`. */
export function writeLocalNote(dataDir: string, note: LocalNote): void {
  mkdirSync(dataDir, { recursive: true });
  const draft = `${fileIn(dataDir)}.${note.pid}`;
  writeFileSync(draft, `${JSON.stringify(note)}\n`, { mode: ownerOnly });
  // A draft that a dead process left keeps the mode that it had.
  chmodSync(draft, ownerOnly);
  // A reader sees the whole file or none.
  renameSync(draft, fileIn(dataDir));
}

/** @returns undefined if no server runs on the data directory, also if one has died without a word */
export function readLocalNote(dataDir: string): LocalNote | undefined {
  try {
    const { pid, operator }: LocalNote = JSON.parse(readFileSync(fileIn(dataDir), 'utf8'));
    return isRunning(pid) ? { pid, operator: { url: operator.url, key: operator.key } } : undefined;
  } catch {
    return undefined;
  }
}

/** Takes back what the process `pid` has written; what another has written since stays. */
export function removeLocalNote(dataDir: string, pid = process.pid): void {
  const current = readLocalNote(dataDir);
  if (!current || current.pid === pid) rmSync(fileIn(dataDir), { force: true });
}

/** @returns whether there is such a process, whoever's it is */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
