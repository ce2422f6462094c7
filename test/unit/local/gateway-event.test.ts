import { describe, expect, test } from 'vitest';
import { decodePath, type HttpRequest, toEvent } from '../../../lib/local/gateway-event.ts';

const route = { routeKey: 'GET /a' };

const request = (overrides: Partial<HttpRequest> = {}): HttpRequest => ({
  method: 'GET',
  target: '/a',
  httpVersion: '1.1',
  rawHeaders: ['Host', 'ocpi.example.com:3000'],
  remoteAddress: '127.0.0.1',
  body: Buffer.alloc(0),
  ...overrides,
});

const eventOf = (overrides: Partial<HttpRequest> = {}) => toEvent(request(overrides), '/a', route);

describe('decodePath', () => {
  test.each([
    ['/a/b', '/a/b'],
    ['/a?x=/b%20', '/a'],
    ['/a%2Fb', '/a/b'],
    ['/a%20b+c', '/a b+c'],
    ['/%E2%82%AC', '/€'],
    ['/a%3Fb/c', '/a'],
    ['/a%23b', '/a#b'],
    ['/a%252Fb', '/a%2Fb'],
    ['//a//', '//a//'],
  ])('%s is %s', (target, path) => {
    expect(decodePath(target)).toBe(path);
  });

  test.each(['/a%', '/a%2', '/a%zz', '/%ff', '*', 'http://x/a'])('%s is malformed', (target) => {
    expect(decodePath(target)).toBeUndefined();
  });
});

describe('toEvent', () => {
  test('a plain request has exactly the keys of payload format 2.0 that apply', () => {
    const now = new Date('2026-03-04T05:06:07.890Z');
    const { requestContext, ...event } = toEvent(request(), '/a', route, now);
    expect(event).toEqual({
      version: '2.0',
      routeKey: 'GET /a',
      rawPath: '/a',
      rawQueryString: '',
      headers: {
        'content-length': '0',
        host: 'ocpi.example.com:3000',
        'x-amzn-trace-id': expect.stringMatching(/^Root=1-69a7bdbf-[0-9a-f]{24}$/),
        'x-forwarded-for': '127.0.0.1',
        'x-forwarded-port': '3000',
        'x-forwarded-proto': 'http',
      },
      isBase64Encoded: false,
    });
    expect(requestContext).toEqual({
      accountId: '000000000000',
      apiId: 'local',
      domainName: 'ocpi.example.com',
      domainPrefix: 'ocpi',
      http: { method: 'GET', path: '/a', protocol: 'HTTP/1.1', sourceIp: '127.0.0.1', userAgent: '' },
      requestId: expect.any(String),
      routeKey: 'GET /a',
      stage: '$default',
      time: '04/Mar/2026:05:06:07 +0000',
      timeEpoch: now.getTime(),
    });
  });

  test('every request has an id of its own', () => {
    expect(eventOf().requestContext.requestId).not.toBe(eventOf().requestContext.requestId);
  });

  test('header names are lower case, and a header that comes twice is joined with a comma', () => {
    const { headers } = eventOf({ rawHeaders: ['X-Multi', 'a', 'Accept', '*/*', 'x-multi', 'b, c'] });
    expect(headers).toMatchObject({ 'x-multi': 'a,b, c', accept: '*/*' });
  });

  test('headers between two hops stay there', () => {
    const { headers } = eventOf({ rawHeaders: ['Connection', 'keep-alive', 'Transfer-Encoding', 'chunked'] });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['connection']));
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['transfer-encoding']));
  });

  test('cookies are a list and no header', () => {
    const event = eventOf({ rawHeaders: ['Cookie', 'a=1; b=2', 'Cookie', 'c=3'] });
    expect(event.cookies).toEqual(['a=1', 'b=2', 'c=3']);
    expect(event.headers).not.toHaveProperty('cookie');
  });

  test('the address of the client follows those that it came through', () => {
    const { headers } = eventOf({ rawHeaders: ['X-Forwarded-For', '10.0.0.1'], remoteAddress: '10.0.0.2' });
    expect(headers['x-forwarded-for']).toBe('10.0.0.1, 10.0.0.2');
  });

  test('a trace that the client began goes on', () => {
    expect(eventOf({ rawHeaders: ['X-Amzn-Trace-Id', 'Root=1-2-3'] }).headers['x-amzn-trace-id']).toBe('Root=1-2-3');
  });

  test('the query string is as sent, its parameters are decoded and joined', () => {
    const event = eventOf({ target: '/a?x=1%2C2&novalue&y=a+b%20c&x=3' });
    expect(event.rawQueryString).toBe('x=1%2C2&novalue&y=a+b%20c&x=3');
    expect(event.queryStringParameters).toEqual({ x: '1,2,3', novalue: '', y: 'a b c' });
  });

  test('a question mark with nothing behind it is no query', () => {
    expect(eventOf({ target: '/a?' })).not.toHaveProperty('queryStringParameters');
  });

  test('path parameters are those of the route', () => {
    const event = toEvent(request(), '/a', { routeKey: 'GET /{x}', pathParameters: { x: 'a' } });
    expect(event.pathParameters).toEqual({ x: 'a' });
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'Application/JSON',
    'application/xml',
    'application/javascript',
    'text/plain',
    'text/csv;charset=UTF-8',
  ])('a body of type %s is text', (contentType) => {
    const event = eventOf({ rawHeaders: ['Content-Type', contentType], body: Buffer.from('{"a":"é"}') });
    expect(event).toMatchObject({ body: '{"a":"é"}', isBase64Encoded: false });
    expect(event.headers['content-length']).toBe('10');
  });

  test.each([
    'application/octet-stream',
    'application/merge-patch+json',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    undefined,
  ])('a body of type %s is base64', (contentType) => {
    const rawHeaders = contentType ? ['Content-Type', contentType] : [];
    expect(eventOf({ rawHeaders, body: Buffer.from('{}') })).toMatchObject({ body: 'e30=', isBase64Encoded: true });
  });

  test('no body is no body, whatever its type', () => {
    const event = eventOf({ rawHeaders: ['Content-Type', 'application/octet-stream'] });
    expect(event).not.toHaveProperty('body');
    expect(event.isBase64Encoded).toBe(false);
  });
});
