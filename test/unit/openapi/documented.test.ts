/** What holds every exchange of the end-to-end tests against the documents sees what is wrong. */
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { type Exchange, judgeOf } from '../../support/documented.ts';
import { config } from '../../support/runtime.ts';

const judge = judgeOf(config);

const ids = { 'x-request-id': 'R', 'x-correlation-id': 'C', 'content-type': 'application/json' };
const envelope = (members: object) =>
  Buffer.from(
    JSON.stringify({ status_code: 1000, status_message: 'Success', timestamp: '2026-01-31T12:00:00Z', ...members }),
  );
const nothing = Buffer.alloc(0);

/** A page without a Token, unless something differs. */
const page = (changed: Partial<Exchange> = {}): Exchange => ({
  method: 'GET',
  target: '/ocpi/emsp/2.2.1/tokens/?limit=2',
  requestHeaders: { authorization: 'Token dG9rZW4=' },
  requestBody: nothing,
  status: 200,
  headers: ids,
  body: envelope({ data: [] }),
  ...changed,
});
const put = (body: object) =>
  page({
    method: 'PUT',
    target: '/ocpi/cpo/2.2.1/tokens/DE/DMS/A',
    requestBody: Buffer.from(JSON.stringify(body)),
    body: envelope({}),
  });
const token = {
  country_code: 'DE',
  party_id: 'DMS',
  uid: 'A',
  type: 'RFID',
  contract_id: 'C',
  issuer: 'I',
  valid: true,
  whitelist: 'ALLOWED',
  last_updated: '2026-01-31T12:00:00Z',
};

test.each<[string, Exchange]>([
  ['a page', page()],
  [
    'a page, compressed',
    page({ headers: { ...ids, 'content-encoding': 'gzip' }, body: gzipSync(envelope({ data: [] })) }),
  ],
  ['empty segments in a path', page({ target: '//ocpi/emsp//2.2.1/tokens' })],
  ['a Token', put(token)],
  ['a Token with null for what it does not have', put({ ...token, language: null, another: 1 })],
  [
    'what is refused, however it was asked',
    page({ target: '/ocpi/emsp/2.2.1/tokens?limit=x', body: envelope({ status_code: 2001 }) }),
  ],
  [
    'a path that there is not',
    page({ target: '/ocpi/2.2.1/cdrs', status: 404, body: envelope({ status_code: 2000 }) }),
  ],
  [
    'a method that there is not',
    page({ method: 'PUT', status: 405, headers: { ...ids, allow: 'GET' }, body: envelope({ status_code: 2000 }) }),
  ],
  [
    'the gateway’s own answer',
    page({ status: 500, headers: {}, body: Buffer.from('{"message":"Internal Server Error"}') }),
  ],
])('has nothing to say of %s', (_name, exchange) => {
  expect(judge(exchange)).toEqual([]);
});

describe('complains of', () => {
  test.each<[string, Exchange, string]>([
    ['a header too many', page({ headers: { ...ids, 'x-more': '1' } }), 'x-more is not described'],
    ['a header too few', page({ headers: { 'x-request-id': 'R' } }), 'X-Correlation-ID is missing'],
    ['a header that is no number', page({ headers: { ...ids, 'x-limit': 'many' } }), 'X-Limit'],
    ['a member too many', page({ body: envelope({ data: [], more: 1 }) }), 'additional properties'],
    ['no data', page({ body: envelope({}) }), "required property 'data'"],
    [
      'a Token that has no uid',
      page({ body: envelope({ data: [{ ...token, uid: undefined }] }) }),
      "required property 'uid'",
    ],
    ['another status_code', page({ body: envelope({ status_code: 2002 }) }), 'allowed values'],
    ['another status', page({ status: 409, body: envelope({ status_code: 2000 }) }), 'status 409 is not described'],
    [
      'a wrong Allow',
      page({
        method: 'PUT',
        status: 405,
        headers: { ...ids, allow: 'GET, POST' },
        body: envelope({ status_code: 2000 }),
      }),
      'Allow says',
    ],
    ['a parameter that is taken', page({ target: '/ocpi/emsp/2.2.1/tokens?limit=x' }), 'parameter limit'],
    ['a path that is taken', page({ target: '/ocpi/emsp/2.2.1/others' }), 'accepted, and not described'],
    ['a body that is taken', put({ ...token, whitelist: 'SOMETIMES' }), 'allowed values'],
    ['a body that is not there', { ...put(token), requestBody: nothing }, 'the body is missing'],
    ['nobody who asks', page({ requestHeaders: {} }), 'no Authorization'],
  ])('%s', (_name, exchange, complaint) => {
    expect(judge(exchange).join('\n')).toContain(complaint);
  });
});
