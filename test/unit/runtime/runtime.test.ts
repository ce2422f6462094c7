import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import * as backend from '../../../lib/runtime/backend.ts';
import { storageRuntime } from '../../../lib/runtime/runtime.ts';

/** A database that refuses everything. */
let requests: string[];
const database = createServer((request, response) => {
  requests.push(String(request.headers['x-amz-target']));
  response.writeHead(400, { 'Content-Type': 'application/x-amz-json-1.0' }).end('{"__type":"AccessDeniedException"}');
});

beforeEach(async () => {
  requests = [];
  database.listen(0, '127.0.0.1');
  await once(database, 'listening');
  vi.stubEnv('DYNAMODB_ENDPOINT', `http://127.0.0.1:${(database.address() as AddressInfo).port}`);
});

afterEach(() => {
  vi.unstubAllEnvs();
  database.close();
  database.closeAllConnections();
});

test('a deployed function has asked its storage once before the first request, and starts whatever the answer is', async () => {
  vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', 'get-token');
  await expect(storageRuntime(backend)).resolves.toHaveProperty('backend');
  expect(requests).toEqual(['DynamoDB_20120810.BatchGetItem']);
});

test('locally nothing is asked before there is a request', async () => {
  await storageRuntime(backend);
  expect(requests).toEqual([]);
});
