/** One server for one data directory: the lock that it holds there as long as it runs. */
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startWith } from '../commands.ts';
import { isRunning } from '../operator/local-note.ts';

const fileIn = (dataDir: string) => join(dataDir, 'server.lock');

/** The locks of this very process: another process can have had its pid. */
const ours = new Set<string>();

/**
 * Takes the lock, creating the directory if need be. The lock of a process that has died is taken over.
 * @returns what gives it back
 * @throws Error that names the process that has it, with nothing changed
 */
export function lockDataDir(dataDir: string): () => void {
  mkdirSync(dataDir, { recursive: true });
  const file = fileIn(dataDir);
  if (!create(file)) {
    const holder = readPid(file);
    if (isHeld(file, holder)) throw refusal(dataDir, holder);
    setAside(file, dataDir);
    if (!create(file)) throw refusal(dataDir, readPid(file));
  }
  ours.add(file);
  return () => {
    if (ours.delete(file)) rmSync(file, { force: true });
  };
}

const isHeld = (file: string, pid: number): boolean =>
  pid === process.pid ? ours.has(file) : pid > 0 && isRunning(pid);

function refusal(dataDir: string, pid: number): Error {
  const choice = `Choose another: PORT=3001 DATA_DIR=.data-2 ${startWith()}`;
  return new Error(
    `Another server (process ${pid}) runs on the data in ${dataDir}. ${choice}. If that process is something else, delete ${fileIn(dataDir)}`,
  );
}

/** Of several processes that try, one succeeds, and nobody ever reads half a file. */
function create(file: string): boolean {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, `${process.pid}\n`);
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Removes a dead lock. What another process has put in its place since is put back. */
function setAside(file: string, dataDir: string): void {
  const aside = `${file}.${process.pid}.old`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const holder = readPid(aside);
  if (isHeld(file, holder)) {
    renameSync(aside, file);
    throw refusal(dataDir, holder);
  }
  rmSync(aside);
}

/** 0 if it is not there or says nothing. */
function readPid(file: string): number {
  try {
    return Number(readFileSync(file, 'utf8')) || 0;
  } catch {
    return 0;
  }
}
