import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import {
  readLocalDatabase,
  removeLocalDatabase,
  sharedEnvironment,
  writeLocalDatabase,
} from '../../../lib/local/local-database.ts';

const newFolder = () => join(mkdtempSync(join(tmpdir(), 'local-')), 'data');
const database = {
  endpoint: 'http://127.0.0.1:8000',
  tables: { tokens: 't', peers: 'p' },
  pid: process.pid,
  environment: { PUBLIC_URL: 'http://localhost:3000' },
};

/** A process that has ended. */
const deadPid = () => spawnSync(process.execPath, ['-e', '']).pid;

test('what is written is read until it is removed', () => {
  const folder = newFolder();
  expect(readLocalDatabase(folder)).toBeUndefined();
  writeLocalDatabase(folder, database);
  expect(readLocalDatabase(folder)).toEqual(database);
  removeLocalDatabase(folder);
  expect(readLocalDatabase(folder)).toBeUndefined();
  expect(readdirSync(folder)).toEqual([]);
});

test('a server that has died without a word is not running', () => {
  const folder = newFolder();
  writeLocalDatabase(folder, { ...database, pid: deadPid() });
  expect(readLocalDatabase(folder)).toBeUndefined();
});

test('what another process has written since is not removed', () => {
  const folder = newFolder();
  const other = { ...database, pid: process.ppid };
  writeLocalDatabase(folder, other);
  removeLocalDatabase(folder);
  expect(readLocalDatabase(folder)).toEqual(other);
});

test.each(['', '{', 'null', '{"pid":1}'])('%j says nothing', (text) => {
  const folder = newFolder();
  writeLocalDatabase(folder, database);
  writeFileSync(join(folder, 'local.json'), text);
  expect(readLocalDatabase(folder)).toBeUndefined();
});

test('of the environment only what a command line acts by is shared, and where the key is from any folder', () => {
  const env = { PUBLIC_URL: 'u', OCPI_PARTIES: '', SECRETS_KEY: 'file:x/secrets.key', AWS_SECRET_ACCESS_KEY: 'secret' };
  expect(sharedEnvironment(env)).toEqual({
    PUBLIC_URL: 'u',
    SECRETS_KEY: `file:${join(process.cwd(), 'x/secrets.key')}`,
  });
  expect(sharedEnvironment({ SECRETS_KEY: 'kms:arn:x' })).toEqual({ SECRETS_KEY: 'kms:arn:x' });
});
