import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { examinePlatform } from '../../../lib/operator/api/doctor.ts';
import { showPeer } from '../../../lib/operator/api/peers.ts';
import { exportReceivedTokens } from '../../../lib/operator/api/received.ts';
import { getOwnToken, importOwnTokens, patchOwnToken } from '../../../lib/operator/api/tokens.ts';
import { createOperatorClient, ProblemResponse } from '../../../lib/operator/client.ts';
import { createSend, NoAnswer, withKey } from '../../../lib/operator/send.ts';
import { regionOf, signed } from '../../../lib/operator/signing.ts';
import { token } from '../../support/builders.ts';
import { expectedSignature } from '../../support/signature.ts';

let answer: RequestListener;
let server: Server;
let url: string;
const seen: { request: IncomingMessage; body: string }[] = [];

beforeEach(async () => {
  seen.length = 0;
  server = createServer(async (request, response) => {
    seen.push({ request, body: Buffer.concat(await request.toArray()).toString() });
    answer(request, response);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  vi.unstubAllEnvs();
  server.closeAllConnections();
  server.close();
});

const client = () => createOperatorClient({ url, send: createSend(withKey('key')) });
const says =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_, response) =>
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
const own = { token: token(), settings: {}, revision: 'r' };

describe('a request', () => {
  test('that reads has its input in the query, spelt as a signature takes it, and the key', async () => {
    answer = says(200, own);
    expect(await client().call(getOwnToken, { uid: "A b+c'&" })).toEqual(own);
    const [{ request, body } = {}] = seen;
    expect([request?.method, request?.url, body]).toEqual(['GET', '/operator/tokens/get?uid=A%20b%2Bc%27%26', '']);
    expect(request?.headers.authorization).toBe('Bearer key');
  });

  test('that changes has it as JSON, and the revision that is meant in If-Match', async () => {
    answer = says(200, own);
    await client().call(patchOwnToken, { uid: 'A', settings: { hasNoCredit: null } }, { revision: 'r1' });
    const [{ request, body } = {}] = seen;
    expect([request?.method, body]).toEqual(['POST', '{"uid":"A","settings":{"hasNoCredit":null}}']);
    expect(request?.headers).toMatchObject({ 'if-match': '"r1"', 'content-type': 'application/json' });
  });

  test('that carries lines has its input in the query', async () => {
    answer = says(200, { outcomes: [] });
    await client().call(importOwnTokens, { dry_run: 'true' }, { lines: '{}\n' });
    const [{ request, body } = {}] = seen;
    expect([request?.url, body]).toEqual(['/operator/tokens/import?dry_run=true', '{}\n']);
    expect(request?.headers['content-type']).toBe('application/x-ndjson');
  });

  test('that the API would refuse is not sent', async () => {
    const refused = client().call(showPeer, { id: 'a b' });
    await expect(refused).rejects.toThrow(ProblemResponse);
    await expect(refused).rejects.toMatchObject({ type: 'invalid', message: expect.stringContaining('"a b"') });
    expect(seen).toEqual([]);
  });
});

describe('pages', () => {
  const line = `${JSON.stringify({ token: token(), arrived_at: '2026-01-01T00:00:00.000Z' })}\n`;
  const all = async () => {
    const pages = [];
    for await (const page of client().pages(exportReceivedTokens, { party: 'DE-DMS' })) pages.push(page);
    return pages;
  };

  test('follow the link, with the filters that the first had', async () => {
    const next = (after: string) => ({ Link: `</operator/received/export?after=${after}>; rel="next"` });
    const headers = [next('c1'), next('c2'), {}];
    answer = (...given) =>
      says(200, line.repeat(seen.length), { 'Next-Since': 's', ...headers[seen.length - 1] })(...given);
    expect((await all()).map(({ lines, nextSince }) => [lines.length, nextSince])).toEqual([
      [1, 's'],
      [2, 's'],
      [3, 's'],
    ]);
    const base = '/operator/received/export?party=DE-DMS';
    expect(seen.map(({ request }) => request.url)).toEqual([base, `${base}&after=c1`, `${base}&after=c2`]);
  });

  test('that lead to themselves end', async () => {
    answer = says(200, line, { Link: '</operator/received/export?after=c>; rel="next"' });
    await expect(all()).rejects.toThrow('it leads from a page to the same page');
  });
});

describe('what is no success', () => {
  test('is a problem where the API says so, with its fields', async () => {
    const errors = [{ field: 'uid', expected: 'x', value: 'y' }];
    const problem = { type: 'urn:ocpi-tokens:problem:not-found', title: 'T', status: 404, detail: 'There is no A' };
    answer = says(404, { ...problem, errors });
    await expect(client().call(getOwnToken, { uid: 'A' })).rejects.toMatchObject({
      type: 'not-found',
      message: 'There is no A',
      errors,
    });
    answer = says(500, { ...problem, type: 'urn:ocpi-tokens:problem:internal', correlation_id: 'c-1' });
    await expect(client().call(getOwnToken, { uid: 'A' })).rejects.toThrow('There is no A (c-1)');
  });

  test.each([
    ['the gateway refuses', says(403, { message: 'Forbidden' }), 'execute-api:Invoke.*AWS_PROFILE.*HTTP 403'],
    ['it is busy', says(429, { message: 'Too Many Requests' }), 'try again later \\(HTTP 429'],
    ['something else is there', says(200, '<html>'), 'does not answer in JSON'],
    [
      'it is another version',
      says(200, { tokens: 1 }),
      'tokens/get is not what this version expects.*Is another version',
    ],
    ['it leads elsewhere', says(301, '', { Location: 'http://127.0.0.1:9' }), 'no answer of it \\(HTTP 301\\)'],
    ['it breaks off', ((_, response) => response.destroy()) as RequestListener, 'try again|socket|closed'],
    [
      'it lacks the operation',
      says(404, { type: 'urn:ocpi-tokens:problem:no-such-operation' }),
      'does not know tokens/get',
    ],
    ['it never ends', says(200, 'x'.repeat(16_000_001)), 'answers with more than 16000000 bytes'],
  ])('is no answer where %s', async (_, answers, message) => {
    answer = answers;
    const failed = client().call(getOwnToken, { uid: 'A' });
    await expect(failed).rejects.toThrow(NoAnswer);
    await expect(failed).rejects.toThrow(new RegExp(`^Cannot use the API at ${url}: .*(${message})`));
  });
});

describe('signing', () => {
  function signatureOf({ method = '', url: target = '', headers }: IncomingMessage, body: string): string {
    const [path = '', query = ''] = target.split('?');
    return expectedSignature({ method, path, query, headers, body }, 'secret');
  }

  beforeEach(() => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIDEXAMPLE');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret');
    vi.stubEnv('AWS_SESSION_TOKEN', 'session');
  });

  test('is what AWS computes, of the query and of the body', async () => {
    answer = says(200, own);
    const signing = createOperatorClient({ url, send: createSend(signed('eu-west-1')) });
    await signing.call(getOwnToken, { uid: "A b+c'&", type: 'RFID' });
    await signing.call(patchOwnToken, { uid: 'A', token: { issuer: 'Müller' } });
    expect(seen).toHaveLength(2);
    for (const { request, body } of seen) {
      const { authorization = '' } = request.headers;
      expect(authorization).toMatch(/Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/execute-api\/aws4_request/);
      expect(authorization).toMatch(/SignedHeaders=\S*host\S*x-amz-security-token/);
      expect(/Signature=(\w+)/.exec(authorization)?.[1]).toBe(signatureOf(request, body));
    }
  });

  test('takes the region from the host of the gateway', () => {
    expect(regionOf('https://a1.execute-api.eu-central-1.amazonaws.com/prod')).toBe('eu-central-1');
    expect(regionOf('https://a1.execute-api.cn-north-1.amazonaws.com.cn')).toBe('cn-north-1');
    expect(regionOf('https://ocpi.example.com')).toBeUndefined();
    expect(regionOf('https://a.execute-api.x.amazonaws.com.evil.example')).toBeUndefined();
  });
});

test('what is described without an input is asked without a query', async () => {
  answer = says(200, { isHealthy: true, checks: [] });
  await client().call(examinePlatform, {});
  expect(seen[0]?.request.url).toBe('/operator/doctor/platform');
});
