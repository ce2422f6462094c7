import { describe, expect, it } from 'vitest';
import type { ConfigurationModule, FunctionalModule, PeerRequest } from '../../../lib/client/ask-peer.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { answering, client, connection, handedOut, presented, startPartner, success, watchOver } from './support.ts';

watchOver();

const us = { country_code: 'NL', party_id: 'LCP' };
const them = { country_code: 'DE', party_id: 'DMS' };
const credentials: ConfigurationModule = { kind: 'configuration', module_id: 'credentials' };
const tokens = (overrides: Partial<FunctionalModule> = {}): FunctionalModule => ({
  kind: 'functional',
  module_id: 'tokens',
  wire: wires['2.2.1'],
  routing: { from: us, to: them },
  ...overrides,
});

/** What a partner sees of a request. */
async function sent(request: Partial<PeerRequest> = {}, path = '/ocpi/versions') {
  const partner = await startPartner(answering(success()));
  await client().ask(partner.url + path, request);
  expect(partner.seen).toHaveLength(1);
  return partner.seen[0] as (typeof partner.seen)[number];
}

/** How a partner's answer is read. */
async function failure(body: unknown, http = 200, request: Partial<PeerRequest> = {}) {
  const partner = await startPartner(answering(body, http));
  const asker = client();
  const error = await asker.fail(`${partner.url}/ocpi/secret-path?type=RFID`, request);
  expect(asker.logged()).toHaveLength(1);
  return { error, line: asker.logged()[0], host: `127.0.0.1:${partner.port}` };
}

const answer = async (body: unknown, http = 200, headers?: Record<string, string>) =>
  client().ask((await startPartner(answering(body, http, headers))).url);

describe('the Authorization header', () => {
  const authorization = async (authorizationEncoding: 'raw' | 'base64', credentialsToken: string) =>
    (await sent({ peer: connection({ authorizationEncoding, credentialsToken }) })).headers.authorization;

  it('holds the token as it is for a peer that wants it so (TRN-03)', async () => {
    expect(await authorization('raw', presented)).toBe(`Token ${presented}`);
  });

  it('holds the standard Base64 of it, padded and without a newline, for the others (TRN-04, TRN-08)', async () => {
    expect(await authorization('base64', presented)).toBe('Token cHIzc2VudGVkfj8+c2VjcmV0L29mK291cnM9');
    expect(await authorization('base64', 'example-token')).toBe('Token ZXhhbXBsZS10b2tlbg==');
  });
});

it('a token that no header can hold ends in a PeerError, too', async () => {
  const { url, seen } = await startPartner(answering(success()));
  const error = await client().fail(url, { peer: connection({ credentialsToken: `${presented}\n` }) });
  expect(error).toMatchObject({ kind: 'unreachable', message: expect.stringContaining('ERR_INVALID_CHAR') });
  expect(seen).toHaveLength(0);
});

describe('message ids', () => {
  it('every request has a new X-Request-ID, and an X-Correlation-ID of its own (HDR-01, HDR-02)', async () => {
    const partner = await startPartner(answering(success()));
    const { ask } = client();
    await ask(partner.url);
    await ask(partner.url);
    const ids = partner.seen.flatMap(({ headers }) => [headers['x-request-id'], headers['x-correlation-id']]);
    expect(new Set(ids).size).toBe(4);
    expect(ids).not.toContain(undefined);
  });

  it('keeps the X-Correlation-ID of the request that it belongs to (HDR-04)', async () => {
    const { headers } = await sent({ correlationId: 'theirs' });
    expect(headers['x-correlation-id']).toBe('theirs');
    expect(headers['x-request-id']).not.toBe('theirs');
  });

  it('sends them in 2.1.1 too (HDR-06)', async () => {
    const { headers } = await sent({ module: tokens({ wire: wires['2.1.1'] }) });
    expect(headers).toMatchObject({ 'x-request-id': expect.any(String), 'x-correlation-id': expect.any(String) });
  });
});

describe('routing headers', () => {
  const routingIn = async (request: Partial<PeerRequest>) => {
    const { headers } = await sent(request);
    return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('ocpi-')));
  };
  const from = { 'ocpi-from-country-code': 'NL', 'ocpi-from-party-id': 'LCP' };
  const to = { 'ocpi-to-country-code': 'DE', 'ocpi-to-party-id': 'DMS' };

  it.each(['2.2.1', '2.3.0'] as const)('go with a functional module in %s (RTE-01, RTE-04)', async (version) => {
    expect(await routingIn({ module: tokens({ wire: wires[version] }) })).toEqual({ ...from, ...to });
  });

  it('do not exist in 2.1.1 (RTE-17)', async () => {
    expect(await routingIn({ module: tokens({ wire: wires['2.1.1'] }) })).toEqual({});
  });

  it('an Open Routing Request has no OCPI-to (RTE-10)', async () => {
    expect(await routingIn({ module: tokens({ routing: { from: us } }) })).toEqual(from);
  });

  it.each(['versions', 'credentials', 'hubclientinfo'])('do not go with %s (RTE-03)', async (module_id) => {
    expect(await routingIn({ module: { kind: 'configuration', module_id } })).toEqual({});
  });

  it('do not go to a peer whose settings say so', async () => {
    expect(await routingIn({ module: tokens(), peer: connection({ sendRoutingHeaders: false }) })).toEqual({});
  });

  it('are left out where nobody is named', async () => {
    expect(await routingIn({ module: { kind: 'functional', module_id: 'tokens', wire: wires['2.2.1'] } })).toEqual({});
  });
});

describe('the request', () => {
  it.each(['POST', 'PUT', 'PATCH', 'DELETE'] as const)(
    'a %s with a body says that it is JSON (TRN-20)',
    async (method) => {
      const seen = await sent({ method, body: { valid: false, issuer: 'Ünïcode' } });
      expect(seen).toMatchObject({ method, body: '{"valid":false,"issuer":"Ünïcode"}' });
      expect(seen.headers).toMatchObject({ 'content-type': 'application/json', accept: 'application/json' });
      expect(seen.headers['transfer-encoding']).toBeUndefined();
    },
  );

  it.each(['GET', 'POST', 'DELETE'] as const)('a %s without a body has no Content-Type (TRN-21)', async (method) => {
    const seen = await sent({ method });
    expect(seen).toMatchObject({ method, body: '' });
    expect(seen.headers).toMatchObject({ accept: 'application/json' });
    expect(seen.headers['content-type']).toBeUndefined();
    expect(seen.headers['transfer-encoding']).toBeUndefined();
  });

  it('sends a query, without what is undefined', async () => {
    const query = { date_from: '2026-01-31T12:00:00Z', type: undefined, offset: 0 };
    const { url } = await sent({ query }, '/tokens?tenant=1');
    expect(url).toBe('/tokens?tenant=1&date_from=2026-01-31T12%3A00%3A00Z&offset=0');
  });

  it('follows a Link to the letter (LIST-16)', async () => {
    const link = "/tokens?date_from=2026-01-31T12:00:00Z&q=a%20b+c&offset=50&x='%7E~";
    expect((await sent({}, link)).url).toBe(link.replaceAll("'", '%27'));
  });

  it('takes longer URLs than a partner may give us, but not endless ones', async () => {
    const path = `/${'a'.repeat(1000)}`;
    expect((await sent({}, path)).url).toBe(path);
    expect(await client().fail(`http://127.0.0.1/${'a'.repeat(3000)}`)).toMatchObject({ kind: 'forbidden-url' });
  });
});

describe('a success', () => {
  it('is HTTP 2xx with 1xxx, and comes with all that the caller may need (TRN-46)', async () => {
    const body = { data: [1], status_code: 1000, status_message: 'Fine', timestamp: '2026-01-31T12:00:00.5Z' };
    const answered = await answer(body, 200, { Link: '<https://example.com/>; rel="next"', 'X-Total-Count': '7' });
    expect(answered).toMatchObject({ ...body, http: 200, timestamp: '2026-01-31T12:00:00.500Z' });
    expect(answered.headers).toMatchObject({ link: '<https://example.com/>; rel="next"', 'x-total-count': '7' });
  });

  it.each([200, 201, 202, 299])('may be HTTP %i (TRN-46)', async (http) => {
    expect((await answer(success(), http)).http).toBe(http);
  });

  it.each([1000, 1001, 1999])('may be OCPI %i (TRN-46)', async (status_code) => {
    expect((await answer({ ...success(), status_code })).status_code).toBe(status_code);
  });

  it.each([[undefined], [null], [[]], [{}], ['text'], [0]])('may have the data %j (ENV-03, ENV-06)', async (data) => {
    expect((await answer(success(data))).data).toEqual(data);
  });

  it.each(['application/json; charset=utf-8', 'text/html', 'text/plain', ''])('may call itself %j', async (type) => {
    expect((await answer(success('héllo'), 200, { 'Content-Type': type })).data).toBe('héllo');
  });

  it('may have its status_code as a string', async () => {
    expect((await answer({ ...success(), status_code: '1000' })).status_code).toBe(1000);
  });

  it.each([[undefined], [null], ['yesterday'], [1769860800], ['2026-02-30T12:00:00Z']])(
    'may have %j for a timestamp',
    async (timestamp) => expect((await answer({ ...success(), timestamp })).timestamp).toBeUndefined(),
  );

  it('may have a timestamp without Z (DT-07)', async () => {
    expect((await answer({ ...success(), timestamp: '2026-01-31T12:00:00' })).timestamp).toBe(
      '2026-01-31T12:00:00.000Z',
    );
  });

  it('may begin with a byte order mark', async () => {
    expect((await answer(`\ufeff${JSON.stringify(success('x'))}`)).data).toBe('x');
  });
});

describe('a refusal', () => {
  it.each([2000, 2001, 2002, 2004, 2999, 3000, 3001, 4002, '2001'])(
    'is HTTP 200 with %s (TRN-46)',
    async (status_code) => {
      const { error } = await failure({ status_code, status_message: 'No', timestamp: '2026-01-31T12:00:00Z' });
      expect(error).toMatchObject({
        kind: 'refused',
        http: 200,
        status_code: Number(status_code),
        words: 'No',
      });
    },
  );

  it.each([
    [400, 2001],
    [401, 2000],
    [404, 2004],
    [405, 2000],
    [500, 3000],
    [503, 3000],
    [404, 1000],
  ])('is HTTP %i with %i', async (http, status_code) => {
    const { error } = await failure({ status_code, timestamp: '2026-01-31T12:00:00Z' }, http);
    expect(error).toMatchObject({ kind: 'refused', http, status_code });
  });

  it.each([
    ['HTML', '<html>Not found</html>'],
    ['nothing', ''],
    ['other JSON', { message: 'Not Found' }],
    ['a list', []],
  ])('is HTTP 404 with %s (C-01)', async (_, body) => {
    const { error } = await failure(body, 404);
    expect(error).toMatchObject({ kind: 'refused', http: 404, status_code: undefined });
  });

  it.each([400, 401, 403, 405])('is HTTP %i without an envelope', async (http) => {
    expect((await failure({ message: 'no' }, http)).error).toMatchObject({ kind: 'refused', http });
  });

  it('says in its message who answered what', async () => {
    const body = { status_code: 3001, status_message: 'Cannot fetch your versions' };
    const { error, host } = await failure(body, 200, { module: credentials });
    expect(error.message).toBe(`${host} answered HTTP 200 with OCPI status 3001: "Cannot fetch your versions"`);
  });

  it('keeps what a peer says about a Token out of its message', async () => {
    const body = { status_code: 2004, status_message: 'The card 0A1B2C3D is unknown' };
    const { error, line } = await failure(body, 404, { module: tokens() });
    expect(error.words).toBe('The card 0A1B2C3D is unknown');
    expect(error.message).not.toContain('0A1B2C3D');
    expect(JSON.stringify(line)).not.toContain('0A1B2C3D');
  });

  it('quotes no secret, and nothing that a terminal obeys', async () => {
    const encoded = Buffer.from(presented).toString('base64');
    const status_message = `\x1b[2J${presented} ${encoded} ${handedOut} ${Buffer.from(handedOut).toString('base64')}!`;
    const body = { token: handedOut, url: 'https://example.com/' };
    const request = { method: 'POST', module: credentials, body } as const;
    const { error } = await failure({ status_code: 2001, status_message }, 200, request);
    expect(error.words).toMatch(/^\[2J\[redacted\] \[redacted\] \[redacted\] \[redacted\]=*!$/);
  });

  it('quotes no more than the beginning of an endless message', async () => {
    const { error } = await failure({ status_code: 2001, status_message: 'x'.repeat(10_000) });
    expect(error.message.length).toBeLessThan(400);
  });

  it.each([[undefined], [null], [42], [{}]])('may have %j for a status_message', async (status_message) => {
    const { error } = await failure({ status_code: 2001, status_message });
    expect(error).toMatchObject({ kind: 'refused', words: undefined });
  });
});

describe('a peer that is offline', () => {
  it.each([500, 502, 503, 504])('answers HTTP %i without an envelope', async (http) => {
    expect((await failure('<html>Bad Gateway</html>', http)).error).toMatchObject({ kind: 'unreachable', http });
  });

  it.each([
    ['without an envelope', ''],
    ['with one', { status_code: 2000 }],
  ])('limits our rate %s (G-06)', async (_, body) => {
    expect((await failure(body, 429)).error).toMatchObject({ kind: 'unreachable', http: 429 });
  });
});

describe('a broken answer', () => {
  it.each([
    ['nothing', '', 'is empty'],
    ['white space', ' \n', 'is empty'],
    ['HTML', '<!DOCTYPE html><title>Welcome</title>', 'is not JSON'],
    ['half of it', '{"status_code":1000,"data":[', 'is not JSON'],
    ['a list', [{ version: '2.2.1', url: 'https://example.com/' }], 'is not an OCPI envelope'],
    ['a text', '"1000"', 'is not an OCPI envelope'],
    ['null', 'null', 'is not an OCPI envelope'],
    ['other JSON', { message: 'OK' }, 'has no OCPI status_code'],
    ['a status_code of null', { status_code: null }, 'has no OCPI status_code'],
    ['an HTTP status for a status_code', { status_code: 200 }, 'has no OCPI status_code'],
    ['a fraction for a status_code', { status_code: 1000.5 }, 'has no OCPI status_code'],
    ['five digits', { status_code: '10000' }, 'has no OCPI status_code'],
    ['a list for a status_code', { status_code: [1000] }, 'has no OCPI status_code'],
    ['words for a status_code', { status_code: 'OK' }, 'has no OCPI status_code'],
  ])('is HTTP 200 with %s', async (_, body, problem) => {
    const { error, host } = await failure(body);
    expect(error).toMatchObject({ kind: 'broken', http: 200, status_code: undefined });
    expect(error.message).toBe(`${host} answered HTTP 200 with a body that ${problem}`);
  });

  it.each([300, 304])('is HTTP %i', async (http) => {
    expect((await failure('', http)).error).toMatchObject({ kind: 'broken', http });
  });

  it('shows nothing of what it held', async () => {
    await failure(`{"data":{"token":"${handedOut}"},}`, 200);
    await failure(`${handedOut}`, 200);
    await failure([handedOut], 200);
  });
});

describe('the log', () => {
  const ids = { requestId: 'id-1', correlationId: 'ours' };
  const asked = async (request: Partial<PeerRequest>, ...answered: Parameters<typeof answering>) => {
    const partner = await startPartner(answering(...answered));
    const asker = client();
    await asker.ask(`${partner.url}/ocpi/2.2.1/x?y=z`, { correlationId: 'ours', ...request }).catch(() => undefined);
    expect(asker.logged()).toHaveLength(1);
    return { line: asker.logged()[0] ?? {}, host: `127.0.0.1:${partner.port}` };
  };

  it('has one line for a success', async () => {
    const { line, host } = await asked({ method: 'POST', module: credentials }, success());
    const about = { peer: 'demo-peer', module: 'credentials', method: 'POST', host, path: '/ocpi/2.2.1/x' };
    expect(line).toEqual({
      level: 'info',
      time: expect.any(String),
      message: 'peer request',
      ...ids,
      ...about,
      http: 200,
      status_code: 1000,
      ms: expect.any(Number),
    });
  });

  it('has one line for a failure, with its kind and reason', async () => {
    const { line, host } = await asked({}, { status_code: 2001, status_message: 'No' }, 400);
    const failed = { kind: 'refused', http: 400, status_code: 2001, level: 'warn', message: 'peer request' };
    expect(line).toMatchObject({ ...ids, ...failed, host, reason: expect.stringContaining('"No"') });
  });

  it.each([
    ['a success', success(), 200],
    ['a refusal', { status_code: 2004 }, 404],
    ['a broken answer', 'nonsense', 200],
  ])('does not say where in a functional module: %s', async (_, body, http) => {
    const { line, host } = await asked({ module: tokens() }, body, http);
    expect(line).toMatchObject({ module: 'tokens', host });
    expect(JSON.stringify(line)).not.toMatch(/2\.2\.1|y=z/);
  });

  it('has a line for what was never sent', async () => {
    const asker = client({ policy: 'public' });
    await asker.fail(`https://user:${handedOut}@127.0.0.1/`, { module: tokens() });
    await asker.fail('nowhere');
    expect(asker.logged()).toMatchObject([
      { level: 'warn', kind: 'forbidden-url', host: '127.0.0.1' },
      { level: 'warn', kind: 'forbidden-url' },
    ]);
  });

  it('has no token of ours, even where a peer puts it into a path', async () => {
    const partner = await startPartner(answering(success()));
    const asker = client();
    const peer = connection({ credentialsToken: 'plain-secret' });
    await asker.ask(`${partner.url}/ocpi/plain-secret/versions`, { peer });
    expect(asker.logged()[0]).toMatchObject({ path: '/ocpi/[redacted]/versions' });
  });
});

it('retries nothing', async () => {
  const partner = await startPartner(answering('', 503));
  await client().fail(partner.url);
  expect(partner.seen).toHaveLength(1);
});
