/** What stands in a body, as text and as the Base64 of bytes; and what an authorization without a location looks like. */
import type { Context } from 'aws-lambda';
import { beforeEach, describe, expect, test } from 'vitest';
import { endpoint as postCredentials } from '../../../functions/credentials/post-credentials.ts';
import { endpoint as putCredentials } from '../../../functions/credentials/put-credentials.ts';
import { endpoint as authorizeToken } from '../../../functions/tokens/authorize-token.ts';
import { endpoint as patchToken } from '../../../functions/tokens/patch-token.ts';
import { endpoint as putToken } from '../../../functions/tokens/put-token.ts';
import type { Handler } from '../../../lib/http/chain.ts';
import type { Response } from '../../../lib/http/request.ts';
import { versionNumbers } from '../../../lib/ocpi/versions.ts';
import type { PeerRuntime } from '../../../lib/runtime/peer-runtime.ts';
import { ownCreation, ownToken, token } from '../../support/builders.ts';
import { call, cpoToken, emspToken, event, type TestRequest, testRuntime } from '../../support/runtime.ts';

const path = 'DE/DMS/0A1B2C3D4E5F60';
const us = { country_code: 'NL', party_id: 'LMS' };

let runtime: Awaited<ReturnType<typeof testRuntime>>;
beforeEach(async () => {
  runtime = await testRuntime();
  await runtime.backend.tokens.create(ownCreation(ownToken(us, { uid: 'OWN' })));
});

/** As API Gateway hands over what it takes for text, and for anything else. */
const handings = [
  ['text', (bytes: Buffer) => ({ body: bytes.toString('utf8'), isBase64Encoded: false })],
  ['Base64', (bytes: Buffer) => ({ body: bytes.toString('base64'), isBase64Encoded: true })],
] as const;

const sendBytes = (handler: Handler, request: TestRequest, handed: object): Promise<Response> =>
  handler({ ...event(request), ...handed }, {} as Context);

describe.each(handings)('a body that comes as %s', (_how, hand) => {
  const asRegistered = { routeKey: 'PUT /ocpi/{version}/credentials', token: emspToken };
  // What needs a peer to talk to is never reached.
  const around = () => runtime as unknown as PeerRuntime;
  const takers: [string, () => Handler, TestRequest][] = [
    ['PUT', () => putToken(runtime), { path, token: emspToken }],
    ['PATCH', () => patchToken(runtime), { path, token: emspToken }],
    ['authorize', () => authorizeToken(runtime), { path: 'OWN/authorize', token: cpoToken }],
    ['POST credentials', () => postCredentials(around()), asRegistered],
    ['PUT credentials', () => putCredentials(around()), asRegistered],
  ];

  test.each(takers)('is 400 where it is not UTF-8: %s (TRN-40)', async (_name, handler, request) => {
    const bytes = Buffer.from('{"issuer":"M\xfcller"}', 'latin1');
    const { statusCode, body = '' } = await sendBytes(handler(), request, hand(bytes));
    expect(statusCode).toBe(400);
    expect(JSON.parse(body)).toMatchObject({ status_code: 2001 });
  });

  test('may begin with a byte order mark', async () => {
    const bytes = Buffer.from(`\ufeff${JSON.stringify(token({ issuer: 'Müller ☕' }))}`);
    const answer = await sendBytes(putToken(runtime), { path, token: emspToken }, hand(bytes));
    expect(answer.statusCode).toBe(201);
  });

  test('has no second one', async () => {
    const bytes = Buffer.from(`\ufeff\ufeff${JSON.stringify(token())}`);
    const answer = await sendBytes(putToken(runtime), { path, token: emspToken }, hand(bytes));
    expect(answer.statusCode).toBe(400);
  });
});

describe.each(versionNumbers)('authorize in %s', (version) => {
  const ask = (body: unknown) =>
    call(authorizeToken, runtime, { version, path: 'OWN/authorize', token: cpoToken, body });

  test.each([
    ['nothing', undefined],
    ['spaces', ' \r\n'],
    ['null', 'null'],
    ['an empty object', {}],
    ['nulls', { location_id: null, evse_uids: null, connector_ids: null }],
    ['a null and an empty list', { location_id: null, evse_uids: [] }],
  ])('with %s asks without a location (AUTH-05, TRN-24)', async (_what, body) => {
    expect((await ask(body)).envelope).toMatchObject({ status_code: 1000, data: { allowed: 'ALLOWED' } });
  });

  test.each([
    ['a list', []],
    ['false', 'false'],
    ['EVSEs of no location', { evse_uids: ['E1'] }],
    ['an empty location_id', { location_id: '' }],
  ])('with %s is 2001', async (_what, body) => {
    expect((await ask(body)).envelope.status_code).toBe(2001);
  });
});
