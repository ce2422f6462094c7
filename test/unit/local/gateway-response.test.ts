import { describe, expect, test } from 'vitest';
import { toResponse } from '../../../lib/local/gateway-response.ts';

const serverError = {
  status: 500,
  headers: { 'content-type': 'application/json' },
  body: '{"message":"Internal Server Error"}',
};

test('a structured result is sent as it is', () => {
  const result = { statusCode: 201, headers: { 'Content-Type': 'application/json', 'x-total-count': 3 }, body: '{}' };
  expect(toResponse(result)).toEqual({
    status: 201,
    headers: { 'content-type': 'application/json', 'x-total-count': '3' },
    body: '{}',
  });
});

test('a result without a content type is plain text', () => {
  expect(toResponse({ statusCode: 200, body: 'hi' }).headers).toEqual({ 'content-type': 'text/plain;charset=UTF-8' });
});

test('a result without a body is empty', () => {
  expect(toResponse({ statusCode: 204 })).toMatchObject({ status: 204, body: '' });
});

test.each([
  [{ a: 1 }, '{"a":1}'],
  ['text', '"text"'],
  [[1], '[1]'],
  [null, 'null'],
  [undefined, 'null'],
])('a result without a status, %j, is JSON with status 200', (result, body) => {
  expect(toResponse(result)).toEqual({ status: 200, headers: { 'content-type': 'application/json' }, body });
});

test('each cookie is a header of its own', () => {
  expect(toResponse({ statusCode: 200, cookies: ['a=1', 'b=2; Secure'] }).headers['set-cookie']).toEqual([
    'a=1',
    'b=2; Secure',
  ]);
});

test('a base64 body is sent as bytes', () => {
  const { body } = toResponse({ statusCode: 200, body: 'AP8=', isBase64Encoded: true });
  expect(body).toEqual(Buffer.from([0, 255]));
});

describe('is the gateway’s own error', () => {
  test.each([
    ['a status that is no number', { statusCode: 'fine', body: '' }],
    ['a status that HTTP does not have', { statusCode: 999, body: '' }],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
  ])('%s', (_, result) => {
    expect(toResponse(result)).toEqual(serverError);
  });

  test('a result over Lambda’s 6 MB, as JSON counts them', () => {
    const ofLength = (length: number, character = 'x') => ({ statusCode: 200, body: character.repeat(length) });
    const around = JSON.stringify(ofLength(0)).length;
    expect(toResponse(ofLength(6_291_556 - around)).status).toBe(200);
    expect(toResponse(ofLength(6_291_556 - around + 1))).toEqual(serverError);
    expect(toResponse(ofLength(2_000_000, '\u0001'))).toEqual(serverError);
    expect(toResponse({ data: 'x'.repeat(7_000_000) })).toEqual(serverError);
  });
});
