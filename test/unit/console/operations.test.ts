/** What the page may ask for, held against all that the API has. */
import { globSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { describe, operationsOf, readOperations, writeOperations } from '../../../lib/console/operations.ts';
import { listRecentRequests } from '../../../lib/operator/api/local.ts';
import type { Operation } from '../../../lib/operator/api/operation.ts';
import { listOwnTokens, putOwnToken } from '../../../lib/operator/api/tokens.ts';

const isOperation = (value: unknown): value is Operation =>
  typeof value === 'object' && value !== null && 'method' in value && 'summary' in value;

const modules = await Promise.all(globSync('lib/operator/api/*.ts').map((file) => import(pathToFileURL(file).href)));
const all = modules.flatMap((module: object) => Object.values(module).filter(isOperation));

const names = (operations: readonly Operation[]) => operations.map(({ name }) => name).sort();

test('it reads with all that changes nothing, and with nothing else', () => {
  expect(all.length).toBeGreaterThan(20);
  const reading = all.filter(({ method }) => method === 'GET');
  expect(names([...readOperations, listRecentRequests])).toEqual(names(reading));
});

test('it changes with all but what takes a file, and only if it may', () => {
  const changing = all.filter(({ method, takesLines }) => method === 'POST' && !takesLines);
  expect(names(writeOperations)).toEqual(names(changing));
  const place = { isLocal: false };
  expect(operationsOf({ ...place, mayWrite: false })).toEqual(readOperations);
  expect(operationsOf({ ...place, mayWrite: true })).toEqual([...readOperations, ...writeOperations]);
});

test('only a local server is asked for the last requests', () => {
  expect(operationsOf({ isLocal: true, mayWrite: false })).toContain(listRecentRequests);
  expect(operationsOf({ isLocal: false, mayWrite: false })).not.toContain(listRecentRequests);
});

test('describes each field by what validates it', () => {
  const { method, fields } = describe(listOwnTokens);
  expect(method).toBe('GET');
  expect(fields.find(({ name }) => name === 'limit')).toEqual({
    name: 'limit',
    kind: 'text',
    isRequired: false,
    expected: 'a whole number from 1 to 1000',
  });
  const [token] = describe(putOwnToken).fields;
  expect(token).toMatchObject({ name: 'token', kind: 'json', isRequired: true });
  expect(token?.expected).toContain('contract_id');
});

test('every field of every operation can be typed, with a word on what it should be', () => {
  const fields = all.filter(({ takesLines }) => !takesLines).flatMap((operation) => describe(operation).fields);
  const kinds = new Set(fields.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual(['boolean', 'choice', 'json', 'number', 'text']);
  expect(fields.filter(({ expected }) => expected === undefined)).toEqual([]);
});
