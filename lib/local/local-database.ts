/** Where the running local server keeps its database, left in the data directory for the command line to find. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface LocalDatabase {
  endpoint: string;
  tables: { tokens: string; peers: string };
  /** The process that runs the server. */
  pid: number;
}

/** What `npm start` takes where the environment says nothing else. */
export const localDefaults = {
  dataDir: '.data',
  parties: 'CPO NL LCP, EMSP NL LMS',
  tables: { tokens: 'tokens', peers: 'peers' },
} as const;

const fileIn = (dataDir: string) => join(dataDir, 'local.json');

/** Says that this database is the one of the data directory, from now until `removeLocalDatabase`. */
export function writeLocalDatabase(dataDir: string, database: LocalDatabase): void {
  mkdirSync(dataDir, { recursive: true });
  const draft = `${fileIn(dataDir)}.${database.pid}`;
  writeFileSync(draft, `${JSON.stringify(database)}\n`);
  // A reader sees the whole file or none.
  renameSync(draft, fileIn(dataDir));
}

/** @returns undefined if no server runs on the data directory, also if one has died without a word */
export function readLocalDatabase(dataDir: string): LocalDatabase | undefined {
  try {
    const { endpoint, tables, pid }: LocalDatabase = JSON.parse(readFileSync(fileIn(dataDir), 'utf8'));
    return isRunning(pid) ? { endpoint, tables: { tokens: tables.tokens, peers: tables.peers }, pid } : undefined;
  } catch {
    return undefined;
  }
}

/** Takes back what the process `pid` has written; what another has written since stays. */
export function removeLocalDatabase(dataDir: string, pid = process.pid): void {
  const current = readLocalDatabase(dataDir);
  if (!current || current.pid === pid) rmSync(fileIn(dataDir), { force: true });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
