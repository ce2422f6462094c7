/** The note by which clients on this machine find a local server. */
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readLocalNote, removeLocalNote, writeLocalNote } from '../../../lib/operator/local-note.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'ocpi-tokens-'));
});
afterEach(() => rmSync(dataDir, { recursive: true }));

const operator = { url: 'http://127.0.0.1:4000', key: 'a-key' };
const note = { pid: process.pid, operator };
const modeOf = () => statSync(join(dataDir, 'local.json')).mode & 0o777;

test('is read as it was written, and by its owner alone', () => {
  writeLocalNote(dataDir, note);
  expect(readLocalNote(dataDir)).toEqual(note);
  expect(modeOf()).toBe(0o600);
});

test('is its owner’s alone also where a draft was left that everybody may read', () => {
  const draft = join(dataDir, `local.json.${process.pid}`);
  writeFileSync(draft, '');
  chmodSync(draft, 0o644);
  writeLocalNote(dataDir, note);
  expect(modeOf()).toBe(0o600);
});

test('is none where there is no note, a broken one, or one of a process that has died', () => {
  expect(readLocalNote(dataDir)).toBeUndefined();
  expect(readLocalNote(join(dataDir, 'nowhere'))).toBeUndefined();
  writeFileSync(join(dataDir, 'local.json'), '{"pid":');
  expect(readLocalNote(dataDir)).toBeUndefined();
  writeLocalNote(dataDir, { ...note, pid: 2 ** 22 + 1 });
  expect(readLocalNote(dataDir)).toBeUndefined();
});

test('is removed by whom it is of, and by nobody else', () => {
  writeLocalNote(dataDir, note);
  removeLocalNote(dataDir, process.pid + 1);
  expect(readLocalNote(dataDir)).toEqual(note);
  removeLocalNote(dataDir);
  expect(readLocalNote(dataDir)).toBeUndefined();
});
