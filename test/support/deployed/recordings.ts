/** Which functions were called in a test file, and what they asked of IAM: kept for the proof that comes after all of them. */
import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import type { Call } from './calls.ts';

interface Recording {
  /** The test file. */
  file: string;
  /** What was run. */
  zips: string;
  /** The names of the functions. */
  called: string[];
  calls: Call[];
}

const root = join(import.meta.dirname, '../../..');
const folder = join(root, 'node_modules/.cache/ocpi-tokens/calls');
const called = new Set<string>();
const calls = new Map<string, Call>();

/** The same as long as no function changes. */
const hashOfZips = (): string => {
  const hash = createHash('sha256');
  for (const zip of globSync('.build/*.zip', { cwd: root }).toSorted()) hash.update(readFileSync(join(root, zip)));
  return hash.digest('hex');
};

export function keep(names: string[], asked: Call[]): void {
  for (const name of names) called.add(name);
  for (const call of asked) calls.set(JSON.stringify(call), call);
  const file = relative(root, expect.getState().testPath ?? 'unknown');
  const recording: Recording = { file, zips: hashOfZips(), called: [...called], calls: [...calls.values()] };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${file.replaceAll('/', '+')}.json`), JSON.stringify(recording));
}

/** @returns what was recorded of the zips as they are, by the test file in which it was, if that is still there */
export function readRecordings(): Map<string, Recording> {
  const zips = hashOfZips();
  const all = globSync('*.json', { cwd: folder }).map(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recording,
  );
  const valid = all.filter((each) => each.zips === zips && existsSync(join(root, each.file)));
  return new Map(valid.map((each) => [each.file, each]));
}
