import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { lockDataDir } from '../../../lib/local/data-dir-lock.ts';

const newFolder = () => join(mkdtempSync(join(tmpdir(), 'lock-')), 'data');
const lockOf = (folder: string) => join(folder, 'server.lock');

const leftBy = (pid: number | undefined) => {
  const folder = newFolder();
  lockDataDir(folder)();
  writeFileSync(lockOf(folder), `${pid}\n`);
  return folder;
};

test('a second one is refused, and leaves the first one what it has', () => {
  const folder = newFolder();
  const unlock = lockDataDir(folder);
  expect(() => lockDataDir(folder)).toThrow(`Another server (process ${process.pid}) runs on the data in ${folder}`);
  expect(readdirSync(folder)).toEqual(['server.lock']);
  unlock();
  expect(readdirSync(folder)).toEqual([]);
  lockDataDir(folder)();
});

test('one of another process that runs is respected', () => {
  const folder = leftBy(process.ppid);
  expect(() => lockDataDir(folder)).toThrow(`process ${process.ppid}`);
  expect(readFileSync(lockOf(folder), 'utf8')).toBe(`${process.ppid}\n`);
  expect(readdirSync(folder)).toEqual(['server.lock']);
});

test.each([
  ['a process that has died', spawnSync(process.execPath, ['-e', '']).pid],
  ['an earlier process that had our pid', process.pid],
  ['a disk that was full', undefined],
])('one of %s is taken over', (_, pid) => {
  const folder = leftBy(pid);
  const unlock = lockDataDir(folder);
  expect(readFileSync(lockOf(folder), 'utf8')).toBe(`${process.pid}\n`);
  unlock();
  expect(readdirSync(folder)).toEqual([]);
});
