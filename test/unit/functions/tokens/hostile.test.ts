/** What one request may cost us, and Tokens that an older version cannot name. */
import { expect, test } from 'vitest';
import { endpoint as authorizeToken } from '../../../../functions/tokens/authorize-token.ts';
import { endpoint as getToken } from '../../../../functions/tokens/get-token.ts';
import { endpoint as listTokens } from '../../../../functions/tokens/list-tokens.ts';
import { endpoint as patchToken } from '../../../../functions/tokens/patch-token.ts';
import { endpoint as putToken } from '../../../../functions/tokens/put-token.ts';
import { parseParties } from '../../../../lib/runtime/config.ts';
import { cpoCall, ownCreation, ownToken, receivedCreation, token } from '../../../support/builders.ts';
import { call, cpoToken, emspToken, testRuntime } from '../../../support/runtime.ts';

/** With a regular expression that backtracks over the slashes each of these takes minutes. */
test.each([
  ['GET', getToken, `DE/DMS${'/'.repeat(9_000)}\n`, emspToken],
  ['GET', getToken, `${'/'.repeat(9_000)}\n`, emspToken],
  ['POST', authorizeToken, `${'/'.repeat(9_000)}\n`, cpoToken],
  ['POST', authorizeToken, `X${'/'.repeat(9_000)}\nauthorize`, cpoToken],
  ['GET', listTokens, `${'/'.repeat(9_000)}\n`, cpoToken],
])('%s of a path of nothing but slashes is answered', async (_method, endpoint, path, secret) => {
  const { envelope } = await call(endpoint, await testRuntime(), { path, token: secret });
  expect(envelope.status_code).toBeGreaterThanOrEqual(2000);
});

test('a body of a hundred thousand faults gets a short answer', async () => {
  const body = { location_id: 'LOC1', evse_uids: Array.from({ length: 100_000 }, () => 1) };
  const runtime = await testRuntime();
  const long = await call(authorizeToken, runtime, { path: 'X/authorize', token: cpoToken, body });
  expect(long.envelope.status_message).toContain('evse_uids should be a list of at most 1000');

  const many = { ...body, evse_uids: body.evse_uids.slice(0, 1_000) };
  const { envelope } = await call(authorizeToken, runtime, { path: 'X/authorize', token: cpoToken, body: many });
  expect(envelope.status_code).toBe(2001);
  expect(envelope.status_message?.length).toBeLessThan(5_000);
});

/** A card and an app of one driver with the same uid: 2.1.1 knows the app as OTHER. */
test('2.1.1 a Token known as OTHER is found beside an RFID Token of the same uid (ENUM-03)', async () => {
  const runtime = await testRuntime();
  const { tokens } = runtime.backend;
  const path = 'DE/DMS/0A1B2C3D4E5F60';
  await tokens.create(receivedCreation(token()));
  await tokens.create(receivedCreation(token({ type: 'APP_USER' })));

  const asOther = { version: '2.1.1', path, token: emspToken, query: { type: 'OTHER' } };
  expect((await call(getToken, runtime, asOther)).envelope.data).toMatchObject({ type: 'OTHER' });
  await call(patchToken, runtime, { ...asOther, body: { valid: false } });
  const app = await tokens.get(cpoCall({ ...token(), id: token().uid, token_type: 'APP_USER' }));
  expect(app?.data).toMatchObject({ type: 'APP_USER', valid: false });
  const card = await tokens.get(cpoCall({ ...token(), id: token().uid, token_type: 'RFID' }));
  expect(card?.data.valid).toBe(true);

  const { contract_id: auth_id, country_code: _, party_id: __, ...rest } = token({ type: 'OTHER' });
  const body = { ...rest, auth_id };
  expect((await call(putToken, runtime, { version: '2.1.1', path, token: emspToken, body })).http).toBe(200);
});

test('2.1.1 real-time authorization finds it too (ENUM-03)', async () => {
  const runtime = await testRuntime();
  const owner = { country_code: 'NL', party_id: 'LMS' };
  for (const type of ['RFID', 'AD_HOC_USER']) {
    await runtime.backend.tokens.create(ownCreation(ownToken(owner, { type, valid: type === 'RFID' })));
  }
  const request = { version: '2.1.1', path: `${token().uid}/authorize`, token: cpoToken, query: { type: 'OTHER' } };
  expect((await call(authorizeToken, runtime, request)).envelope.data).toMatchObject({ allowed: 'BLOCKED' });
});

test('a party of ours that is named twice is refused at the start', () => {
  expect(() => parseParties('EMSP NL LMS, CPO NL LMS, EMSP nl lms')).toThrow('twice');
});
