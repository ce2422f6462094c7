/** Transport and format (requirements 1.1 to 1.6), as partners meet them on all five Tokens endpoints. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Backend } from '../../lib/crud/crud.ts';
import { memoryBackend } from '../../lib/crud/memory.ts';
import { versionNumbers } from '../../lib/ocpi/versions.ts';
import { accessToken, credentialsCall, ownToken, peer, sha256 } from '../support/builders.ts';
import {
  type Answer,
  authorization,
  base64,
  optionalBody,
  type Platform,
  partner,
  type Sent,
  send,
  startPlatform,
  tokenBody,
} from '../support/http.ts';
import { cpoToken, emspToken } from '../support/runtime.ts';

const us = { country_code: 'NL', party_id: 'LMS' };
const since22 = ['2.2.1', '2.3.0'] as const;

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
  await platform.addTokens(ownToken(us, { uid: 'OWN' }));
});
afterAll(() => platform.stop());

type Version = (typeof versionNumbers)[number];
interface Endpoint extends Sent {
  method: string;
  secret: string;
}

/** One good request to each endpoint. */
const endpointsOf = (version: Version): [name: string, Endpoint][] => {
  const received = `/ocpi/cpo/${version}/tokens/DE/DMS/0A1B2C3D4E5F60`;
  const own = `/ocpi/emsp/${version}/tokens`;
  const body = tokenBody(version, optionalBody(version));
  return [
    ['PUT', { method: 'PUT', path: received, body, secret: emspToken }],
    ['PATCH', { method: 'PATCH', path: received, body: { last_updated: body.last_updated }, secret: emspToken }],
    ['GET', { method: 'GET', path: received, secret: emspToken }],
    ['list', { method: 'GET', path: own, secret: cpoToken }],
    ['authorize', { method: 'POST', path: `${own}/OWN/authorize`, secret: cpoToken }],
  ];
};

const ask = (version: Version, { secret, ...sent }: Endpoint, headers: Sent['headers'] = {}): Promise<Answer> =>
  send(platform.url, { ...sent, headers: { authorization: authorization(version, secret), ...headers } });

const put = (version: Version): Endpoint => (endpointsOf(version)[0] as [string, Endpoint])[1];

/** Every kind of answer there is, but for a failure of ours. */
const answersOf = (version: Version): [name: string, http: number, status_code: number, Endpoint][] => {
  const unknown = version === '2.1.1' ? 2000 : 2004;
  const [, , get, list, authorize] = endpointsOf(version).map(([, endpoint]) => endpoint) as [
    Endpoint,
    Endpoint,
    Endpoint,
    Endpoint,
    Endpoint,
  ];
  return [
    ...endpointsOf(version).map(([name, endpoint]): [string, number, number, Endpoint] => [name, 200, 1000, endpoint]),
    ['a body that is not valid', 200, 2001, { ...put(version), body: {} }],
    ['a body that is no JSON', 400, 2001, { ...put(version), body: '{' }],
    ['a token that nobody has', 401, 2000, { ...get, secret: 'nobody' }],
    ['an eMSP that reads our list', 403, 2000, { ...list, secret: emspToken }],
    ['a Token that is not there', 404, unknown, { ...get, path: `${get.path}-NOT` }],
    ['another party’s Token', 404, 2000, { ...get, path: get.path.replace('DE/DMS', 'DE/XXX') }],
    ['authorize of an unknown Token', 404, unknown, { ...authorize, path: authorize.path.replace('OWN', 'NOT') }],
    ['a version that we do not serve', 404, 3002, { ...get, path: get.path.replace(version, '2.0') }],
    ['a path that is not there', 404, 2000, { ...get, path: '/nowhere' }],
    ['a method that is not there', 405, 2000, { ...get, method: 'DELETE' }],
  ];
};

describe.each(versionNumbers)('%s', (version) => {
  const endpoints = endpointsOf(version);
  const answers = answersOf(version);
  const [, get] = endpoints[2] as [string, Endpoint];
  beforeAll(async () => {
    await ask(version, put(version));
  });

  describe('authentication', () => {
    const encoded = base64(emspToken);
    test.each([
      ['TRN-03 TRN-06 TRN-07 as it is', `Token ${emspToken}`],
      ['TRN-04 TRN-07 in Base64', `Token ${encoded}`],
      ['TRN-08 in Base64 without padding', `Token ${encoded.replaceAll('=', '')}`],
      ['TRN-08 in Base64, with a newline at the end', `Token ${base64(`${emspToken}\n`)}`],
      ['TRN-08 in Base64, with CR LF at the end', `Token ${base64(`${emspToken}\r\n`)}`],
      ['TRN-13 behind a scheme in lower case', `token ${encoded}`],
      ['TRN-13 behind a scheme in upper case', `TOKEN ${emspToken}`],
    ])('TRN-02 a credentials token is known %s', async (_how, authorization) => {
      expect(encoded).toMatch(/=$/);
      expect(await ask(version, get, { authorization })).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
    });

    test('TRN-13 the name of a header has no case', async () => {
      const { secret: _, ...sent } = get;
      const answer = await send(platform.url, { ...sent, headers: { AUTHORIZATION: `Token ${encoded}` } });
      expect(answer.http).toBe(200);
    });

    test.each([
      ['no header', undefined],
      ['an empty header', ''],
      ['a scheme alone', 'Token'],
      ['a token alone', encoded],
      ['another scheme', `Bearer ${encoded}`],
      ['Basic', `Basic ${base64(`${emspToken}:`)}`],
      ['two tokens', `Token ${encoded} ${encoded}`],
      ['an unknown token', `Token ${base64('unknown')}`],
      ['the other case', `Token ${base64(emspToken.toUpperCase())}`],
      ['Base64 of Base64', `Token ${base64(encoded)}`],
      ['Base64 of nothing', `Token ${base64('\n')}`],
      ['a part of a token', `Token ${emspToken.slice(0, -1)}`],
    ])('TRN-10 TRN-12 %s is 401 with the envelope, on every endpoint', async (_what, authorization) => {
      for (const [, { secret: _, ...sent }] of endpoints) {
        const answer = await send(platform.url, {
          ...sent,
          headers: authorization === undefined ? {} : { authorization },
        });
        expect(answer).toMatchObject({ http: 401, envelope: { status_code: 2000 } });
        expect(answer.envelope).not.toHaveProperty('data');
      }
    });

    test('TRN-10 who is unknown learns nothing else', async () => {
      const secret = 'unknown';
      for (const body of ['{', {}]) {
        expect(await ask(version, { ...put(version), body, secret })).toMatchObject({ http: 401 });
      }
      expect(await ask(version, { ...get, path: get.path.replace('DMS', 'XXX'), secret })).toMatchObject({ http: 401 });
    });

    test.each(endpoints)('TRN-11 a CREDENTIALS_TOKEN_A is 401 on %s', async (name, endpoint) => {
      const secret = `token-a-${version}-${name}`;
      const tokensWeGave = [{ sha256: sha256(secret), isForRegistration: true as const }];
      const both = (['EMSP', 'CPO'] as const).map((role) => ({ role, country_code: 'DE', party_id: 'DMS' }));
      await platform.add(peer({ id: secret, roles: both, tokensWeGave }));
      expect(await ask(version, { ...endpoint, secret })).toMatchObject({ http: 401, envelope: { status_code: 2000 } });
    });

    test('TRN-09 a token stops at once when its peer is gone, and when it expires', async () => {
      const { credentials } = platform.runtime.backend;
      const id = `leaving-${version}`;
      const data = peer({ id });
      await platform.add(data);
      expect(await ask(version, { ...get, secret: `${id}-token` })).toMatchObject({ http: 200 });

      const { revision = '' } = (await credentials.get(credentialsCall({ id }))) ?? {};
      const expiresAt = new Date(Date.now() - 1).toISOString();
      const expired = { ...data, tokensWeGave: [{ ...accessToken(`${id}-token`), expiresAt }] };
      await credentials.update(credentialsCall({ id, data: expired, revision }));
      expect(await ask(version, { ...get, secret: `${id}-token` })).toMatchObject({ http: 401 });

      await credentials.delete(credentialsCall({ id }));
      expect(await ask(version, { ...get, secret: `${id}-token` })).toMatchObject({ http: 401 });
    });

    test('TRN-04 the Base64 alphabet has + and /', async () => {
      const id = `signs-${version}`;
      const secret = `>>>???~${version}`;
      await platform.add(peer({ id, tokensWeGave: [accessToken(secret)] }));
      expect(base64(secret)).toMatch(/\+.*\//);
      expect(await ask(version, get, { authorization: `Token ${base64(secret)}` })).toMatchObject({ http: 200 });
    });

    test('TRN-07 TRN-09 a token that is the Base64 of another’s: the version’s own way is tried first', async () => {
      const secret = `inner-${version}`;
      const party = { role: 'EMSP', country_code: 'BE' } as const;
      await platform.add(
        peer({ id: secret, roles: [{ ...party, party_id: 'DEC' }], tokensWeGave: [accessToken(secret)] }),
        peer({
          id: `raw-${secret}`,
          roles: [{ ...party, party_id: 'RAW' }],
          tokensWeGave: [accessToken(base64(secret))],
        }),
      );
      const seenAs = async (party_id: string) => {
        const path = `/ocpi/cpo/${version}/tokens/BE/${party_id}/NONE`;
        const answer = await ask(
          version,
          { method: 'GET', path, secret: '' },
          { authorization: `Token ${base64(secret)}` },
        );
        return answer.envelope.status_message === 'Unknown Token';
      };
      expect({ raw: await seenAs('RAW'), decoded: await seenAs('DEC') }).toEqual(
        version === '2.1.1' ? { raw: true, decoded: false } : { raw: false, decoded: true },
      );
    });
  });

  describe('every answer', () => {
    test.each(answers)('TRN-12 TRN-44 ENV-01 ENV-05 to %s has the envelope', async (_name, http, status_code, sent) => {
      const answer = await ask(version, sent);
      const { timestamp, status_message, data: _, ...rest } = answer.envelope;
      expect(answer.http).toBe(http);
      expect(rest).toEqual({ status_code });
      expect(status_message).toMatch(/\w/);
      expect(Math.abs(Date.now() - Date.parse(timestamp))).toBeLessThan(10_000);
      expect(timestamp).toMatch(version === '2.1.1' ? /T\d\d:\d\d:\d\dZ$/ : /T\d\d:\d\d:\d\d(\.\d{3})?Z$/);
    });

    test.each(answers)(
      'ENV-02 ENV-03 ENV-04 to %s has data only where it is defined',
      async (name, _http, _code, sent) => {
        const { envelope } = await ask(version, sent);
        expect('data' in envelope).toBe(['GET', 'list', 'authorize'].includes(name));
      },
    );

    test.each(answers)('TRN-22 to %s is JSON', async (_name, _http, _code, sent) => {
      const { headers } = await ask(version, sent);
      expect(headers['content-type']).toMatch(/^application\/json\b/);
    });

    test.each(answers)('HDR-01 HDR-02 HDR-05 HDR-06 to %s repeats the ids', async (_name, http, _code, sent) => {
      const ids = { 'x-request-id': `Req ${crypto.randomUUID()}`, 'x-correlation-id': `Cor ${crypto.randomUUID()}` };
      expect(await ask(version, sent, ids)).toMatchObject({ http, headers: ids });
    });

    test.each(answers)('HDR-03 HDR-06 to %s has ids of ours if it came without', async (_name, http, _code, sent) => {
      const answer = await ask(version, sent);
      const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
      expect(answer.http).toBe(http);
      expect(answer.headers['x-request-id']).toMatch(uuid);
      expect(answer.headers['x-correlation-id']).toMatch(uuid);
      expect((await ask(version, sent)).headers['x-request-id']).not.toBe(answer.headers['x-request-id']);
    });

    test('TRN-23 names its members in lower-case snake_case', async () => {
      const names: string[] = [];
      const collect = (key: string, value: unknown) => {
        if (key && !/^\d+$/.test(key)) names.push(key);
        return value;
      };
      for (const [, , , sent] of answers) JSON.parse(JSON.stringify((await ask(version, sent)).envelope), collect);
      expect(names).toContain('visual_number');
      expect(names.filter((name) => !/^[a-z]+(_[a-z]+)*$/.test(name))).toEqual([]);
    });
  });

  test('HDR-01 a client that never changes its X-Request-ID gets its answers all the same', async () => {
    const ids = { 'x-request-id': '0', 'x-correlation-id': '0' };
    for (const last_updated of ['2026-01-31T12:00:00Z', '2026-01-31T12:00:01Z']) {
      const path = `${get.path}-${version}`;
      await ask(
        version,
        { ...put(version), path, body: tokenBody(version, { uid: path.split('/').at(-1), last_updated }) },
        ids,
      );
      expect((await ask(version, { ...get, path }, ids)).envelope.data).toMatchObject({ last_updated });
    }
  });

  describe('bodies', () => {
    const noJson: [string, unknown][] = [
      ['no text', ''],
      ['half an object', '{"uid":'],
      ['a word', 'nonsense'],
      ['single quotes', "{'valid': true}"],
      ['a form', 'valid=true'],
    ];
    test.each(noJson)('TRN-40 %s is 400 where a body is needed, and changes nothing', async (_what, body) => {
      const { data } = (await ask(version, get)).envelope;
      for (const method of ['PUT', 'PATCH']) {
        const answer = await ask(version, { ...put(version), method, body });
        expect(answer).toMatchObject({ http: 400, envelope: { status_code: 2001 } });
      }
      expect((await ask(version, get)).envelope.data).toEqual(data);
    });

    test.each([
      ['a list', []],
      ['null', null],
      ['a number', 5],
      ['a text', '"text"'],
      ['true', true],
    ])('TRN-41 TRN-45 %s is JSON, but no object: HTTP 200 with 2001', async (_what, body) => {
      for (const sent of [put(version), { ...put(version), method: 'PATCH' }]) {
        const answer = await ask(version, { ...sent, body: JSON.stringify(typeof body === 'string' ? 'text' : body) });
        expect(answer).toMatchObject({ http: 200, envelope: { status_code: 2001 } });
        expect(answer.envelope.status_message).toMatch(/should be an object/);
      }
    });

    test.each([
      'application/json',
      'application/json; charset=utf-8',
      'APPLICATION/JSON;charset=UTF-8',
      'text/plain',
      'application/octet-stream',
      undefined,
    ])('TRN-20 TRN-21 Content-Type %s will do', async (contentType) => {
      const headers = contentType === undefined ? {} : { 'content-type': contentType };
      const issuer = version === '2.1.1' ? 'Cafe' : 'Café ☕';
      const body = tokenBody(version, { issuer });
      expect(await ask(version, { ...put(version), body }, headers)).toMatchObject({ http: 200 });
      expect((await ask(version, get)).envelope).toMatchObject({ data: { issuer } });
    });

    test.each([{}, { 'content-type': 'application/json' }, { 'content-type': 'text/plain', 'content-length': '0' }])(
      'TRN-21 authorize without a body, with headers %j',
      async (headers) => {
        const [, authorize] = endpoints[4] as [string, Endpoint];
        expect(await ask(version, authorize, headers)).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
      },
    );
  });

  describe('routes', () => {
    const receiver = `/ocpi/cpo/${version}/tokens/DE/DMS/X`;
    const sender = `/ocpi/emsp/${version}/tokens`;
    test.each([
      ['POST', receiver],
      ['DELETE', receiver],
      ['OPTIONS', receiver],
      ['POST', sender],
      ['POST', `${sender}/`],
      ['PUT', sender],
      ['PATCH', sender],
      ['DELETE', sender],
      ['DELETE', `${sender}/`],
      ['GET', `${sender}/X/authorize`],
      ['PUT', `${sender}/X/authorize`],
      ['PATCH', `${sender}/X/authorize`],
      ['DELETE', `${sender}/X/authorize`],
    ])('COO-02 TRN-47 %s %s is 405', async (method, path) => {
      const answer = await ask(version, { method, path, body: {}, secret: path === receiver ? emspToken : cpoToken });
      expect(answer).toMatchObject({ http: 405, envelope: { status_code: 2000 } });
    });

    test.each([
      ['GET', '/'],
      ['GET', '/ocpi/hub/2.2.1/tokens/X'],
      ['PUT', '/ocpi/hub/2.2.1/tokens/X'],
      ['POST', `/ocpi/${version}/cdrs`],
      ['PUT', `/ocpi/cpo/${version}/tokens`],
      ['GET', `/ocpi/cpo/${version}/cdrs/1`],
      ['GET', `/ocpi/cpo/${version}/tokens`],
      ['PUT', `/ocpi/cpo/${version}/tokens/`],
      ['GET', `/ocpi/cpo/${version}/tokens/DE`],
      ['PUT', `/ocpi/cpo/${version}/tokens/DE/DMS`],
      ['PATCH', `/ocpi/cpo/${version}/tokens/DE/DMS/`],
    ])('TRN-12 TRN-42 TOK-GET-02 %s %s is 404', async (method, path) => {
      const answer = await ask(version, { method, path, body: {}, secret: emspToken });
      expect(answer).toMatchObject({ http: 404, envelope: { status_code: 2000 } });
    });

    test.each(['2.2', '2.0', '9.9.9', '2.2.1%20', 'toString', '__proto__'])(
      'VER-16 version %s is 404 with 3002',
      async (unknown) => {
        for (const [, endpoint] of endpoints) {
          const answer = await ask(version, { ...endpoint, path: endpoint.path.replace(version, unknown) });
          expect(answer).toMatchObject({ http: 404, envelope: { status_code: 3002 } });
        }
      },
    );
  });

  test('TRN-30 an eMSP has no business with our Tokens: 403', async () => {
    const emsp = partner(platform.url, version, emspToken);
    expect(await emsp.sender('GET', '')).toMatchObject({ http: 403, envelope: { status_code: 2000 } });
    expect(await emsp.sender('POST', '/OWN/authorize')).toMatchObject({ http: 403, envelope: { status_code: 2000 } });
  });
});

const routing = (to: string, from: string) => ({
  'OCPI-to-country-code': to.slice(0, 2),
  'OCPI-to-party-id': to.slice(2),
  'OCPI-from-country-code': from.slice(0, 2),
  'OCPI-from-party-id': from.slice(2),
});
const lowerCase = (headers: Record<string, string>) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
const routingOf = ({ headers }: Answer) =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('ocpi-')));
/** Who of us is asked by which of our peers. */
const ends = ({ path }: Sent): [us: string, them: string] =>
  path.includes('/cpo/') ? ['NLLCP', 'DEDMS'] : ['NLLMS', 'FRDCP'];

describe.each(since22)('%s routing headers', (version) => {
  const answers = answersOf(version);
  /** Those that got as far as the headers. */
  const routed = answers.filter(
    ([, http, status_code, { path }]) =>
      ![401, 405, 3002].includes(http) && status_code !== 3002 && path !== '/nowhere',
  );
  beforeAll(async () => {
    await ask(version, put(version));
  });

  test.each(answers)('RTE-04 are not demanded, and not sent unasked: %s', async (_name, http, _code, sent) => {
    const answer = await ask(version, sent);
    expect(answer.http).toBe(http);
    expect(routingOf(answer)).toEqual({});
  });

  test.each(routed)('RTE-01 RTE-02 RTE-05 come back swapped: %s', async (_name, http, status_code, sent) => {
    const [us, them] = ends(sent);
    const answer = await ask(version, sent, routing(us.toLowerCase(), them));
    expect(answer).toMatchObject({ http, envelope: { status_code } });
    expect(routingOf(answer)).toEqual(lowerCase(routing(them, us.toLowerCase())));
  });

  test.each(endpointsOf(version))('RTE-15 %s to a party that is none of ours is 2001', async (_name, sent) => {
    const [, them] = ends(sent);
    for (const party of ['NLXXX', 'BELCP', ends(sent)[0] === 'NLLCP' ? 'NLLMS' : 'NLLCP']) {
      const answer = await ask(version, sent, routing(party, them));
      expect(answer).toMatchObject({ http: 200, envelope: { status_code: 2001 } });
      expect(answer.envelope.status_message).toContain(party.slice(2));
    }
  });

  test('RTE-15 a PUT to a party that is none of ours stores nothing', async () => {
    const path = `/ocpi/cpo/${version}/tokens/DE/DMS/ASTRAY`;
    const body = tokenBody(version, { uid: 'ASTRAY' });
    await ask(version, { ...put(version), path, body }, routing('NLXXX', 'DEDMS'));
    expect(await ask(version, { method: 'GET', path, secret: emspToken })).toMatchObject({ http: 404 });
  });

  test.each(endpointsOf(version))(
    'RTE-10 RTE-15 %s without OCPI-to is for the only party that fits',
    async (_name, sent) => {
      const [us, them] = ends(sent);
      const { 'OCPI-to-country-code': _to, 'OCPI-to-party-id': _party, ...from } = routing(us, them);
      const answer = await ask(version, sent, from);
      expect(answer).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
      expect(routingOf(answer)).toEqual(lowerCase(routing(them, us)));
    },
  );

  test('RTE-07 RTE-09 RTE-16 a push may come from a hub: only the URL says whose Token it is', async () => {
    const answer = await ask(version, put(version), routing('NLLCP', 'XXHUB'));
    expect(answer).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
    expect(routingOf(answer)).toEqual(lowerCase(routing('XXHUB', 'NLLCP')));
  });

  test('RTE-16 OCPI-from gives no right to another’s Tokens', async () => {
    const other = `other-${version}`;
    await platform.add(peer({ id: other, roles: [{ role: 'EMSP', country_code: 'BE', party_id: 'OTH' }] }));
    const answer = await ask(version, { ...put(version), secret: `${other}-token` }, routing('NLLCP', 'DEDMS'));
    expect(answer).toMatchObject({ http: 404, envelope: { status_code: 2000 } });
  });
});

test.each(endpointsOf('2.1.1'))('2.1.1 RTE-17 routing headers mean nothing to %s', async (_name, sent) => {
  const answer = await ask('2.1.1', sent, routing('NLXXX', 'DEDMS'));
  expect(answer).toMatchObject({ http: 200, envelope: { status_code: 1000 } });
  expect(routingOf(answer)).toEqual({});
});

test.each(['versions', '2.2.1', '2.3.0'])(
  'RTE-03 HDR-05 LIST-19 /ocpi/%s has ids, but no routing headers and no pages',
  async (path) => {
    const headers = { ...routing('NLXXX', 'DEDMS'), 'x-request-id': 'R', 'x-correlation-id': 'C' };
    const sent = { method: 'GET', path: `/ocpi/${path}?limit=0&offset=9`, secret: emspToken };
    const answer = await ask('2.2.1', sent, headers);
    expect(answer).toMatchObject({
      http: 200,
      headers: { 'x-request-id': 'R', 'x-correlation-id': 'C' },
      envelope: { status_code: 1000 },
    });
    expect(routingOf(answer)).toEqual({});
    for (const header of ['link', 'x-total-count', 'x-limit']) expect(answer.headers).not.toHaveProperty(header);
  },
);

describe('logs', () => {
  let failing: keyof Backend | undefined;
  const failOnDemand = <Crud extends object>(module: keyof Backend, crud: Crud): Crud =>
    new Proxy(crud, {
      get: (target, name) =>
        failing === module
          ? () => Promise.reject(new Error('the table is gone'))
          : (target as Record<string | symbol, unknown>)[name],
    });
  let logging: Platform;

  beforeEach(async () => {
    failing = undefined;
    logging = await startPlatform({
      openBackend(options) {
        const { tokens, credentials } = memoryBackend(options);
        return { tokens: failOnDemand('tokens', tokens), credentials: failOnDemand('credentials', credentials) };
      },
    });
    await logging.addTokens(ownToken(us, { uid: 'OWN', contract_id: 'OWN-CONTRACT' }));
    return () => logging.stop();
  });

  const from = (version: Version, { secret, ...sent }: Endpoint, headers = {}) =>
    send(logging.url, { ...sent, headers: { authorization: authorization(version, secret), ...headers } });

  test.each(versionNumbers)(
    '%s have one line a request, and no uid, contract or credentials token',
    async (version) => {
      const sent = answersOf(version);
      for (const [, , , request] of sent) await from(version, request, { 'x-correlation-id': 'the-correlation' });
      const lines = logging.logged.map((line) => JSON.parse(line) as Record<string, unknown>);
      expect(lines).toHaveLength(sent.length);
      for (const line of lines) expect(line).toMatchObject({ level: 'info', correlationId: 'the-correlation' });

      const secrets = [
        'OWN',
        '0A1B2C3D4E5F60',
        'C00000001',
        'DF000',
        emspToken,
        cpoToken,
        base64(emspToken),
        base64(cpoToken),
      ];
      const text = logging.logged.join('');
      expect(secrets.filter((secret) => text.includes(secret))).toEqual([]);
    },
  );

  const failures = versionNumbers.flatMap((version) =>
    (['tokens', 'credentials'] as const).flatMap((module) =>
      endpointsOf(version).map(([name, sent]) => [version, name, module, sent] as const),
    ),
  );
  test.each(failures)(
    '%s TRN-45 HDR-05 %s when the storage of %s fails is HTTP 200 with 3000, and one error line',
    async (version, _name, module, sent) => {
      // So that there is something to get.
      await from(version, put(version));
      logging.logged.length = 0;
      failing = module;
      const ids = { 'x-request-id': 'the-request', 'x-correlation-id': 'the-correlation' };
      const answer = await from(version, sent, ids);
      expect(answer).toMatchObject({ http: 200, headers: ids, envelope: { status_code: 3000 } });
      expect(JSON.stringify(answer.envelope)).not.toContain('gone');
      expect(answer.envelope).not.toHaveProperty('data');
      expect(logging.logged).toHaveLength(1);
      const [line = ''] = logging.logged;
      expect(JSON.parse(line)).toMatchObject({
        level: 'error',
        requestId: 'the-request',
        correlationId: 'the-correlation',
      });
      expect(line).toContain('the table is gone');
      expect(line).not.toContain('0A1B2C3D4E5F60');
    },
  );
});
