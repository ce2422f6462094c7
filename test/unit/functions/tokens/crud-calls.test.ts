/** The contract of the CRUD calls: each endpoint makes the calls of the Tokens module's page, with every key, and no other. */
import { expect, test } from 'vitest';
import { endpoint as authorizeToken } from '../../../../functions/tokens/authorize-token.ts';
import { endpoint as getToken } from '../../../../functions/tokens/get-token.ts';
import { endpoint as listTokens } from '../../../../functions/tokens/list-tokens.ts';
import { endpoint as patchToken } from '../../../../functions/tokens/patch-token.ts';
import { endpoint as putToken } from '../../../../functions/tokens/put-token.ts';
import type { Backend } from '../../../../lib/crud/crud.ts';
import { ownCreation, ownToken, token } from '../../../support/builders.ts';
import { call, config, cpoToken, emspToken, testRuntime } from '../../../support/runtime.ts';

type Recorded = [name: string, call: Record<string, unknown>];

/** A runtime whose calls of the Tokens module are recorded, together with their revisions replaced by `revision`. */
async function recordingRuntime() {
  const calls: Recorded[] = [];
  const record = (backend: Backend): Backend => ({
    ...backend,
    tokens: new Proxy(backend.tokens, {
      get:
        (tokens, name: keyof Backend['tokens']) =>
        (argument: Record<string, unknown>): unknown => {
          calls.push([name, { ...argument, ...('revision' in argument && { revision: 'revision' }) }]);
          return (tokens[name] as (argument: unknown) => unknown)(argument);
        },
    }),
  });
  const runtime = await testRuntime({ wrap: record });
  return { runtime, calls };
}

const cpo = { module_id: 'tokens', role: 'CPO', auth_token: emspToken };
const emsp = { module_id: 'tokens', role: 'EMSP', auth_token: cpoToken };
const path = 'DE/DMS/0A1B2C3D4E5F60';
const address = { id: '0A1B2C3D4E5F60', country_code: 'DE', party_id: 'DMS' };
const owner = { country_code: 'DE', party_id: 'DMS' };

/** The clock of the runtime. */
const arrived_at = '2026-03-01T12:00:00.000Z';
const ourParty = { country_code: 'NL', party_id: 'LMS' };
const canonical = token();
const bodyIn: Record<string, unknown> = {
  '2.1.1': {
    uid: canonical.uid,
    type: canonical.type,
    auth_id: canonical.contract_id,
    issuer: canonical.issuer,
    valid: canonical.valid,
    whitelist: canonical.whitelist,
    last_updated: canonical.last_updated,
  },
  '2.2.1': canonical,
  '2.3.0': canonical,
};

test.each(['2.1.1', '2.2.1', '2.3.0'])('%s GET: get, with the type of the query', async (version) => {
  const { runtime, calls } = await recordingRuntime();
  await call(getToken, runtime, { version, path, token: emspToken, query: { type: 'OTHER' } });
  expect(calls[0]).toEqual(['get', { ...cpo, version, ...address, token_type: 'OTHER' }]);
});

test.each(['2.2.1', '2.3.0'])('%s GET without type: get RFID (TOK-GET-03)', async (version) => {
  const { runtime, calls } = await recordingRuntime();
  await call(getToken, runtime, { version, path, token: emspToken });
  expect(calls).toEqual([['get', { ...cpo, version, ...address, token_type: 'RFID' }]]);
});

test('2.1.1 GET without type: get of whatever type the Token has (TOK-GET-05)', async () => {
  const { runtime, calls } = await recordingRuntime();
  await call(getToken, runtime, { version: '2.1.1', path, token: emspToken });
  expect(calls).toEqual([['get', { ...cpo, version: '2.1.1', ...address }]]);
});

test.each(['2.1.1', '2.2.1', '2.3.0'])('%s PUT: get, then create; the next time get, then update', async (version) => {
  const { runtime, calls } = await recordingRuntime();
  const request = { version, path, token: emspToken, body: bodyIn[version] };

  await call(putToken, runtime, request);
  expect(calls.splice(0)).toEqual([
    ['get', { ...cpo, version, ...address, token_type: 'RFID' }],
    ['create', { ...cpo, version, ...owner, token_type: 'RFID', data: canonical, arrived_at }],
  ]);

  await call(putToken, runtime, request);
  expect(calls).toEqual([
    ['get', { ...cpo, version, ...address, token_type: 'RFID' }],
    ['update', { ...cpo, version, ...address, token_type: 'RFID', data: canonical, arrived_at, revision: 'revision' }],
  ]);
});

test.each(['2.1.1', '2.2.1', '2.3.0'])('%s PATCH: get, then update with the merged Token', async (version) => {
  const { runtime, calls } = await recordingRuntime();
  await call(putToken, runtime, { version, path, token: emspToken, body: bodyIn[version] });
  calls.length = 0;

  const last_updated = '2026-02-01T00:00:00.000Z';
  const body = { valid: false, last_updated };
  await call(patchToken, runtime, { version, path, token: emspToken, query: { type: 'RFID' }, body });
  const data = { ...canonical, valid: false, last_updated };
  expect(calls).toEqual([
    ['get', { ...cpo, version, ...address, token_type: 'RFID' }],
    ['update', { ...cpo, version, ...address, token_type: 'RFID', data, arrived_at, revision: 'revision' }],
  ]);
});

test.each(['2.1.1', '2.2.1', '2.3.0'])('%s GET list: list with its filters', async (version) => {
  const { runtime, calls } = await recordingRuntime();
  const dates = { date_from: '2026-01-01T00:00:00Z', date_to: '2026-02-01T00:00:00' };
  await call(listTokens, runtime, { version, token: cpoToken, query: { ...dates, offset: '5', limit: '7' } });
  const filters = {
    date_from: '2026-01-01T00:00:00.000Z',
    date_to: '2026-02-01T00:00:00.000Z',
    offset: 5,
    limit: 7,
  };
  expect(calls).toEqual([['list', { ...emsp, version, ...ourParty, filters }]]);
});

test.each(['2.1.1', '2.2.1', '2.3.0'])(
  '%s GET list without a query: the filters have their four keys',
  async (version) => {
    const { runtime, calls } = await recordingRuntime();
    await call(listTokens, runtime, { version, token: cpoToken });
    const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: config.pageSize.default };
    expect(calls).toHaveLength(1);
    expect(calls[0]?.[1].filters).toStrictEqual(filters);
  },
);

test('GET list with an OCPI-to party: list of that party (RTE-15)', async () => {
  const { runtime, calls } = await recordingRuntime();
  const headers = { 'ocpi-to-country-code': 'nl', 'ocpi-to-party-id': 'lms' };
  await call(listTokens, runtime, { token: cpoToken, headers });
  const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: config.pageSize.default };
  expect(calls).toEqual([['list', { ...emsp, version: '2.2.1', ...ourParty, filters }]]);
});

test.each(['2.1.1', '2.2.1', '2.3.0'])('%s POST authorize: get, then do AuthorizeToken', async (version) => {
  const { runtime, calls } = await recordingRuntime();
  const data = ownToken({ country_code: 'NL', party_id: 'LMS' }, { uid: 'CARD1' });
  await runtime.backend.tokens.create(ownCreation(data));
  calls.length = 0;

  const location_reference = { location_id: 'LOC1', evse_uids: ['E1'] };
  const path = 'CARD1/authorize';
  await call(authorizeToken, runtime, {
    version,
    path,
    token: cpoToken,
    query: { type: 'RFID' },
    body: location_reference,
  });
  expect(calls).toEqual([
    ['get', { ...emsp, version, id: 'CARD1', token_type: 'RFID' }],
    [
      'do',
      {
        ...emsp,
        version,
        action: 'AuthorizeToken',
        data: { token_uid: 'CARD1', token_type: 'RFID', location_reference },
      },
    ],
  ]);
});
