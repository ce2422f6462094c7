/** Nothing that comes in goes back, or into the log, at whatever length it came. */
import { expect, test } from 'vitest';
import { endpoint as getToken } from '../../../../functions/tokens/get-token.ts';
import { endpoint as listTokens } from '../../../../functions/tokens/list-tokens.ts';
import { call, cpoToken, emspToken, type TestRequest, testRuntime } from '../../../support/runtime.ts';

const long = 'x'.repeat(9_000);

test.each(['x-request-id', 'x-correlation-id'])('an id that is too long is none: %s', async (name) => {
  const runtime = await testRuntime();
  const { headers } = await call(listTokens, runtime, { token: cpoToken, headers: { [name]: long } });
  expect(JSON.stringify(headers).length).toBeLessThan(500);
  expect(runtime.logged.join('').length).toBeLessThan(500);
  expect(headers['X-Request-ID']).toMatch(/^[0-9a-f-]{36}$/);
});

test.each(['caf\xe9', 'a\tb', 'x'.repeat(256)])('neither is one that no id looks like', async (id) => {
  const { headers } = await call(listTokens, await testRuntime(), { token: cpoToken, headers: { 'x-request-id': id } });
  expect(headers['X-Request-ID']).not.toBe(id);
});

const from = { 'ocpi-from-country-code': long, 'ocpi-from-party-id': long };
const to = { 'ocpi-to-country-code': 'XX', 'ocpi-to-party-id': long };
const asked: [string, typeof getToken, TestRequest][] = [
  ['OCPI-from', listTokens, { token: cpoToken, headers: from }],
  ['OCPI-to', listTokens, { token: cpoToken, headers: to }],
  ['a version', listTokens, { token: cpoToken, version: long }],
  ['offset', listTokens, { token: cpoToken, query: { offset: long } }],
  ['date_from', listTokens, { token: cpoToken, query: { date_from: `2026-01-01T00:00:00.${'0'.repeat(9_000)}Z` } }],
  ['after', listTokens, { token: cpoToken, query: { after: long } }],
  ['a party', getToken, { token: emspToken, path: `DE/${long}/1` }],
  ['a uid', getToken, { token: emspToken, path: `DE/DMS/${long}` }],
  ['a type', getToken, { token: emspToken, path: 'DE/DMS/1', query: { type: long } }],
];
test.each(asked)('%s of 9000 characters gets a short answer and a short line', async (_what, endpoint, request) => {
  const runtime = await testRuntime();
  const { headers, envelope } = await call(endpoint, runtime, request);
  expect(JSON.stringify([headers, envelope]).length).toBeLessThan(1_000);
  expect(runtime.logged.join('').length).toBeLessThan(1_000);
});
