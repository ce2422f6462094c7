/** What functions asked of IAM in a test file, kept for the proof that comes after all of them. */
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect } from 'vitest';
import type { Call } from './calls.ts';

interface Recording {
  /** The test file. */
  file: string;
  /** What was run. */
  zips: string;
  calls: Call[];
}

const root = join(import.meta.dirname, '../../..');
const folder = join(root, 'node_modules/.cache/ocpi-tokens/calls');
const calls = new Map<string, Call>();

/** The same as long as no function changes. */
const hashOfZips = (): string => {
  const hash = createHash('sha256');
  for (const zip of globSync('.build/*.zip', { cwd: root }).toSorted()) hash.update(readFileSync(join(root, zip)));
  return hash.digest('hex');
};

export function keep(more: Call[]): void {
  for (const call of more) calls.set(JSON.stringify(call), call);
  const file = relative(root, expect.getState().testPath ?? 'unknown');
  const recording: Recording = { file, zips: hashOfZips(), calls: [...calls.values()] };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${file.replaceAll('/', '+')}.json`), JSON.stringify(recording));
}

/** @returns what was recorded of the zips as they are, by the test file in which it was */
export function readRecordings(): Map<string, Call[]> {
  const zips = hashOfZips();
  const all = globSync('*.json', { cwd: folder }).map(
    (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Recording,
  );
  return new Map(all.filter((each) => each.zips === zips).map(({ file, calls: made }) => [file, made]));
}
