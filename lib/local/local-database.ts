/** Where the running local server keeps its database, and how it is configured, left in the data directory for the command line to find. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export interface LocalDatabase {
  endpoint: string;
  tables: { tokens: string; peers: string };
  /** The process that runs the server. */
  pid: number;
  /** The server's configuration, as far as a command line acts by it. No secret is among it. */
  environment: Record<string, string>;
}

/** What `npm start` takes where the environment says nothing else. */
export const localDefaults = {
  dataDir: '.data',
  parties: 'CPO NL LCP, EMSP NL LMS',
  tables: { tokens: 'tokens', peers: 'peers' },
} as const;

/** SECRETS_KEY says where the key is, and not what it is. */
const sharedVariables = [
  'PUBLIC_URL',
  'OCPI_PARTIES',
  'PAGE_SIZE_DEFAULT',
  'PAGE_SIZE_MAX',
  'BUSINESS_NAME',
  'BUSINESS_WEBSITE',
  'SECRETS_KEY',
  'PEER_URLS',
  'INVITATION_DAYS',
  'ROTATION_GRACE_HOURS',
];

/** What of a server's environment goes into `LocalDatabase`. */
export function sharedEnvironment(env: NodeJS.ProcessEnv): Record<string, string> {
  const shared = sharedVariables.flatMap((name): [string, string][] => (env[name] ? [[name, env[name]]] : []));
  // The command line may run in another folder.
  const absolute = (value: string) => value.replace(/^file:(.+)$/, (_, path) => `file:${resolve(path)}`);
  return Object.fromEntries(shared.map(([name, value]) => [name, name === 'SECRETS_KEY' ? absolute(value) : value]));
}

/** The configuration of a local server that is not told otherwise. */
export const localEnvironment = (dataDir: string, port = '3000') => ({
  PUBLIC_URL: `http://localhost:${port}`,
  OCPI_PARTIES: localDefaults.parties,
  SECRETS_KEY: `file:${join(resolve(dataDir), 'secrets.key')}`,
  // Partners of a local run are on this machine too.
  PEER_URLS: 'local',
});

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
    const { endpoint, tables, pid, environment }: LocalDatabase = JSON.parse(readFileSync(fileIn(dataDir), 'utf8'));
    if (!isRunning(pid)) return undefined;
    return { endpoint, tables: { tokens: tables.tokens, peers: tables.peers }, pid, environment: { ...environment } };
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
