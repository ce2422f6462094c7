/** May this card charge: eMSPs that hang, fail, speak oddly or in the name of others, over real HTTP. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Token } from '../../../lib/ocpi/token.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { addressOf, cpoCall, receivedCreation, token } from '../../support/builders.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { type Answering, connectEmsp, type OddEmsp, startOddEmsp } from '../../support/odd-emsp.ts';
import { type Owner, startOwner } from '../../support/owner.ts';

const party = { country_code: 'DE', party_id: 'DMS' };
let us: Instance;
let owner: Owner;
let odd: OddEmsp;

beforeEach(async () => {
  us = await startInstance({ parties: 'CPO NL AAA, CPO NL BBB' });
  owner = await startOwner(us.runtime);
  odd = await startOddEmsp();
});
afterEach(async () => {
  odd.stop();
  await owner.stop();
  await us.stop();
});

const connect = (settings: PeerSettings = {}, more: object = {}) =>
  connectEmsp(us, { id: 'odd', party, url: odd.url, settings, ...more });
const hold = (more: Partial<Token> = {}, arrived_at?: string) =>
  us.runtime.backend.tokens.create(
    receivedCreation(token({ uid: 'CARD', whitelist: 'ALLOWED_OFFLINE', ...more }), arrived_at),
  );
const ask = async (input: object = {}) => (await owner.post('may-charge', { uid: 'CARD', ...input })).data;
const held = async (data: Token) => (await us.runtime.backend.tokens.get(cpoCall(addressOf(data))))?.data;
const page = '<html><title>Bad gateway</title></html>';
const envelope = (status_code: number) => JSON.stringify({ status_code, timestamp: '2026-01-31T12:00:00Z' });

describe('what an answer is worth', () => {
  const offline = { allowed: true, source: 'offline', asked: [{ peer: 'odd', said: 'unreachable' }] };
  const refused = { allowed: false, source: 'none', asked: [{ said: 'refused' }] };
  const unknown = { allowed: false, source: 'asked', asked: [{ said: 'unknown' }] };

  test.each<[string, Answering, object]>([
    ['HTTP 500', { http: 500 }, offline],
    ['HTTP 500 with an envelope', { http: 500, body: envelope(2000) }, offline],
    ['HTTP 502 of a proxy', { http: 502, body: page }, offline],
    ['HTTP 429', { http: 429 }, offline],
    ['OCPI 3000', { http: 200, body: envelope(3000) }, offline],
    ['a hub that reaches nobody', { http: 200, body: envelope(4003) }, offline],
    ['a page in place of OCPI', { http: 200, body: page }, offline],
    ['a hub that knows no such party', { http: 200, body: envelope(4001) }, refused],
    ['HTTP 401', { http: 401 }, refused],
    ['OCPI 2001', { http: 200, body: envelope(2001) }, refused],
    ['a list of one', { data: [{ allowed: 'ALLOWED' }] }, { allowed: true, source: 'asked' }],
    ['a list of one that denies', { data: [{ allowed: 'BLOCKED' }] }, { allowed: false, source: 'asked' }],
    ['a list of two', { data: [{ allowed: 'ALLOWED' }, { allowed: 'ALLOWED' }] }, refused],
    ['a list of none', { data: [] }, refused],
    ['nothing', { data: null }, refused],
    ['a word that OCPI does not have', { data: { allowed: 'YES' } }, refused],
    ['HTTP 404 without an envelope', { http: 404, body: page }, unknown],
    ['HTTP 404 and 2004', { http: 404, body: envelope(2004) }, unknown],
    ['HTTP 200 and 2004', { http: 200, body: envelope(2004) }, unknown],
  ])('%s (WL-04, C-01)', async (_what, answer, expected) => {
    await connect();
    await hold();
    odd.answer = () => answer;
    expect(await ask()).toMatchObject(expected);
    expect(odd.seen).toHaveLength(1);
  });

  test('a permission for other EVSEs is none for the one that was asked about (AUTH-14)', async () => {
    await connect();
    await hold();
    odd.answer = () => ({ data: { allowed: 'ALLOWED', location: { location_id: 'L', evse_uids: ['e2'] } } });
    expect(await ask({ location: { location_id: 'L', evse_uids: ['E1'] } })).toMatchObject({ allowed: false });
    expect(await ask({ location: { location_id: 'L', evse_uids: ['E1', 'E2'] } })).toMatchObject({
      allowed: true,
      location: { evse_uids: ['e2'] },
    });
  });
});

describe('the question', () => {
  beforeEach(() => {
    odd.answer = () => ({ data: { allowed: 'ALLOWED', authorization_id: 'ID-1' } });
  });

  test('has no body without a location, and goes in the name of our first CPO to the owner (AUTH-01, AUTH-05)', async () => {
    await connect();
    await hold({ uid: 'a/b' });
    expect(await ask({ uid: 'A/B' })).toMatchObject({ allowed: true, authorization_reference: 'ID-1' });
    const [{ path, headers, body }] = odd.seen as [OddEmsp['seen'][number]];
    expect(path).toBe('/tokens/a%2Fb/authorize');
    expect(body).toBe('');
    expect(headers).toMatchObject({
      'ocpi-from-country-code': 'NL',
      'ocpi-from-party-id': 'AAA',
      'ocpi-to-country-code': 'DE',
      'ocpi-to-party-id': 'DMS',
    });
    expect(us.logged.join('\n')).not.toMatch(/a%2Fb|A\/B/i);
  });

  test('goes in the name of the party that is named, which has to be a CPO of ours', async () => {
    await connect();
    await hold();
    await ask({ party: { country_code: 'nl', party_id: 'bbb' } });
    expect(odd.seen[0]?.headers['ocpi-from-party-id']).toBe('BBB');
    expect(await ask({ party: { country_code: 'NL', party_id: 'XXX' } })).toMatchObject({
      status: 400,
      errors: [{ field: 'party' }],
    });
  });

  test.each(['2.1.1', '2.2.1', '2.3.0'] as const)(
    'names the type as py_ocpi reads it too where that is set, in %s',
    async (version) => {
      await connect({ sendsTokenType: true }, { version });
      await hold({ type: 'APP_USER' });
      await ask();
      const type = version === '2.1.1' ? 'OTHER' : 'APP_USER';
      expect(odd.seen[0]?.path).toBe(`/tokens/CARD/authorize?type=${type}&token_type=${type}`);
      await hold({ type: 'RFID', uid: 'CARD1' });
      await ask({ uid: 'CARD1' });
      expect(odd.seen[1]?.path).toBe('/tokens/CARD1/authorize');
    },
  );

  test.each(['2.1.1', '2.2.1'] as const)('names type and connectors as %s has them (AUTH-03)', async (version) => {
    await connect({}, { version });
    await hold({ type: 'APP_USER' });
    await ask({ location: { location_id: 'L', evse_uids: ['E'], connector_ids: ['1'] } });
    const isOld = version === '2.1.1';
    expect(odd.seen[0]?.path).toBe(`/tokens/CARD/authorize?type=${isOld ? 'OTHER' : 'APP_USER'}`);
    expect(JSON.parse(odd.seen[0]?.body ?? '')).toEqual({
      location_id: 'L',
      evse_uids: ['E'],
      ...(isOld && { connector_ids: ['1'] }),
    });
  });

  test('about the card of a party that a hub reaches goes to the hub, for the owner (RTE-10)', async () => {
    const hub = { isHub: true, hubParties: [{ country_code: 'FR', party_id: 'XYZ' }], askUnknown: 1 };
    await connect(hub);
    await hold({ country_code: 'FR', party_id: 'XYZ' });
    expect(await ask()).toMatchObject({ allowed: true, peer: 'odd' });
    expect(odd.seen[0]?.headers).toMatchObject({ 'ocpi-to-country-code': 'FR', 'ocpi-to-party-id': 'XYZ' });
    expect(await ask({ uid: 'NOBODYS' })).toMatchObject({ allowed: true, source: 'asked' });
    expect(odd.seen[1]?.headers).not.toHaveProperty('ocpi-to-party-id');
  });

  test('names the hub itself where that is set', async () => {
    await connect({ isHub: true, askUnknown: 1, addressesHub: true });
    await ask();
    expect(odd.seen[0]?.headers).toMatchObject({ 'ocpi-to-country-code': 'DE', 'ocpi-to-party-id': 'DMS' });
  });
});

describe('our copy', () => {
  const answerWith = (more: Partial<Token>) => {
    odd.answer = () => ({ data: { allowed: 'ALLOWED', token: token({ uid: 'CARD', whitelist: 'ALWAYS', ...more }) } });
  };
  const newer = '2026-02-01T00:00:00.000Z';
  const ours = token({ uid: 'CARD' });

  test('is renewed by a newer Token of the owner (COO-17)', async () => {
    await connect();
    await hold();
    answerWith({ last_updated: newer });
    expect(await ask()).toMatchObject({ allowed: true, token: { whitelist: 'ALWAYS' } });
    expect(await held(ours)).toMatchObject({ whitelist: 'ALWAYS', last_updated: newer });
    expect(us.logged.join('\n')).toContain('"what":"received Tokens"');
  });

  test.each<[string, Partial<Token>]>([
    ['an older one', { last_updated: '2026-01-30T00:00:00.000Z' }],
    ['one of the same date', {}],
    ['another card', { uid: 'OTHER', last_updated: newer }],
    ['another type', { type: 'APP_USER', last_updated: newer }],
    ["another's", { party_id: 'OTH', last_updated: newer }],
  ])('is not changed by %s (COO-06, COO-17)', async (_what, more) => {
    await connect();
    await hold();
    answerWith(more);
    expect(await ask()).toMatchObject({ allowed: true, source: 'asked' });
    expect(await held(ours)).toMatchObject({ whitelist: 'ALLOWED_OFFLINE' });
  });
});
