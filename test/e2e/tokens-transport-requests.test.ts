/** Bodies and routes (docs/requirements.md: Requests and JSON; HTTP status and OCPI status), as partners meet them on all five Tokens endpoints. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { versionNumbers } from '../../lib/ocpi/versions.ts';
import { partner, tokenBody } from '../support/http.ts';
import { cpoToken, emspToken } from '../support/runtime.ts';
import { askOf, type Endpoint, endpointsOf, put, startTransport } from '../support/transport.ts';

const platform = await startTransport();
afterAll(() => platform.stop());
const ask = askOf(platform);

describe.each(versionNumbers)('%s', (version) => {
  const endpoints = endpointsOf(version);
  const [, get] = endpoints[2] as [string, Endpoint];
  beforeAll(async () => {
    await ask(version, put(version));
  });

  describe('bodies', () => {
    const noJson: [string, unknown][] = [
      ['no text', ''],
      ['half an object', '{"uid":'],
      ['a word', 'nonsense'],
      ['single quotes', "{'valid': true}"],
      ['a form', 'valid=true'],
    ];
    test.each(noJson)('%s is 400 where a body is needed, and changes nothing (TRN-40)', async (_what, body) => {
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
    ])('%s is JSON, but no object: HTTP 200 with 2001 (TRN-41, TRN-45)', async (_what, body) => {
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
    ])('Content-Type %s will do (TRN-20, TRN-21)', async (contentType) => {
      const headers = contentType === undefined ? {} : { 'content-type': contentType };
      const issuer = version === '2.1.1' ? 'Cafe' : 'Café ☕';
      const body = tokenBody(version, { issuer });
      expect(await ask(version, { ...put(version), body }, headers)).toMatchObject({ http: 200 });
      expect((await ask(version, get)).envelope).toMatchObject({ data: { issuer } });
    });

    test.each([{}, { 'content-type': 'application/json' }, { 'content-type': 'text/plain', 'content-length': '0' }])(
      'authorize without a body, with headers %j (TRN-21)',
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
    ])('%s %s is 405, and says what there is (COO-02, TRN-47)', async (method, path) => {
      const answer = await ask(version, { method, path, body: {}, secret: path === receiver ? emspToken : cpoToken });
      const ofSender = path.endsWith('authorize') ? 'POST' : 'GET';
      const allow = path === receiver ? 'GET, PUT, PATCH' : ofSender;
      expect(answer).toMatchObject({ http: 405, headers: { allow }, envelope: { status_code: 2000 } });
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
    ])('%s %s is 404 (TRN-12, TRN-42, TOK-GET-02)', async (method, path) => {
      const answer = await ask(version, { method, path, body: {}, secret: emspToken });
      expect(answer).toMatchObject({ http: 404, envelope: { status_code: 2000 } });
    });

    test.each(['2.2', '2.0', '9.9.9', '2.2.1%20', 'toString', '__proto__'])(
      'version %s is 404 with 3002 (VER-16)',
      async (unknown) => {
        for (const [, endpoint] of endpoints) {
          const answer = await ask(version, { ...endpoint, path: endpoint.path.replace(version, unknown) });
          expect(answer).toMatchObject({ http: 404, envelope: { status_code: 3002 } });
        }
      },
    );
  });

  test('an eMSP has no business with our Tokens: 403 (TRN-30)', async () => {
    const emsp = partner(platform.url, version, emspToken);
    expect(await emsp.sender('GET', '')).toMatchObject({ http: 403, envelope: { status_code: 2000 } });
    expect(await emsp.sender('POST', '/OWN/authorize')).toMatchObject({ http: 403, envelope: { status_code: 2000 } });
  });
});
