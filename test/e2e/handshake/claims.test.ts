/** Who may speak for whom, over HTTP: what a stranger with an invitation tries (TRN-14). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite } from '../../../lib/credentials/invite.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { removePeer } from '../../../lib/peers/store.ts';
import { token } from '../../support/builders.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { call, expectCallback, peerOf } from './support.ts';

/** Both a CPO and an eMSP. */
let us: Instance;
/** The server that every stranger here has. */
let strangers: Instance;

beforeAll(async () => {
  us = await startInstance({ parties: 'CPO NL LCP, EMSP NL LMS' });
  strangers = await startInstance({ parties: 'EMSP XX XXX' });
  await expectCallback(strangers, 'us', 'their-secret');
});
afterAll(() => Promise.all([us.stop(), strangers.stop()]));

const party = (text: string) => ({ country_code: text.slice(0, 2), party_id: text.slice(3) });

const credentials = (roles: string[], more: object = {}) => ({
  token: 'their-secret',
  url: `${strangers.url}/ocpi/versions`,
  roles: roles.map((text) => {
    const [role, country_code, party_id] = text.split(' ');
    return { role, country_code, party_id, business_details: { name: 'A stranger' } };
  }),
  ...more,
});

/** @returns what a stranger gets who was invited and announces these roles */
async function announce(id: string, roles: string[], settings: PeerSettings = {}, more: object = {}) {
  const { token: tokenA } = await invite(us.runtime, id, settings);
  const version = 'hub_party_id' in more ? '2.3.0' : '2.2.1';
  return call(us, tokenA, 'POST', `/ocpi/${version}/credentials`, credentials(roles, more));
}

const tokenIn = ({ envelope }: Awaited<ReturnType<typeof call>>) => (envelope.data as { token: string }).token;

const list = async (secret: string) => (await call(us, secret, 'GET', '/ocpi/emsp/2.2.1/tokens')).http;

const push = (secret: string, of: ReturnType<typeof party>, version = '2.2.1') =>
  call(us, secret, 'PUT', `/ocpi/cpo/${version}/tokens/${of.country_code}/${of.party_id}/${token().uid}`, token(of));

describe('a party is one peer’s', () => {
  test('whoever announced it first keeps it, and the invitation of another says whose it is', async () => {
    const secret = tokenIn(await announce('s', ['EMSP DE VIC']));
    expect((await push(secret, party('DE VIC'))).envelope.status_code).toBe(1000);
    const late = invite(us.runtime, 'victim', { expectedParties: [party('DE VIC')] });
    await expect(late).rejects.toThrow('EMSP DE VIC is a party of the peer s');
    await removePeer(us.runtime.backend, 's');
    expect((await push(secret, party('DE VIC'))).http).toBe(401);

    await invite(us.runtime, 'victim', { expectedParties: [party('DE VIC')] });
    const refused = await announce('s', ['EMSP DE VIC']);
    expect(refused.envelope).toMatchObject({ status_code: 2001 });
    expect(refused.envelope.status_message).toMatch(/EMSP DE VIC, which you may not speak for$/);
  });

  test('of two handshakes at the same moment exactly one gets it, in forty rounds', async () => {
    for (let round = 0; round < 40; round += 1) {
      const roles = [`EMSP FR ${String(round).padStart(3, '0')}`];
      const answers = await Promise.all([announce(`one-${round}`, roles), announce(`two-${round}`, roles)]);
      expect(answers.map(({ envelope }) => envelope.status_code).toSorted((a, b) => a - b)).toEqual([1000, 2001]);
    }
  }, 60_000);
});

describe('an invitation says what a partner may become', () => {
  test('an eMSP does not become a charge point operator, and reads none of our Tokens', async () => {
    const settings: PeerSettings = { expectedRoles: ['EMSP'], expectedParties: [party('SE ESC')] };
    const { envelope } = await announce('escalator', ['CPO SE ESC'], settings);
    expect(envelope).toMatchObject({
      status_code: 2001,
      status_message: expect.stringContaining('CPO was not agreed'),
    });
    const secret = tokenIn(await announce('escalator', ['EMSP SE ESC', 'CPO SE ESC'], settings));
    expect((await push(secret, party('SE ESC'))).envelope.status_code).toBe(1000);
    expect(await list(secret)).toBe(403);
    expect((await call(us, secret, 'POST', '/ocpi/emsp/2.2.1/tokens/DEMO/authorize')).http).toBe(403);
    const put = await call(us, secret, 'PUT', '/ocpi/2.3.0/credentials', credentials(['CPO SE ESC']));
    expect(put.envelope.status_code).toBe(2001);
    expect((await peerOf(us, 'escalator')).version).toBe('2.2.1');
  });

  test('nor does it where the invitation says nothing', async () => {
    expect((await announce('plain', ['CPO SE PLN'])).envelope.status_code).toBe(2001);
    expect(await list(tokenIn(await announce('plain', ['CPO SE PLN', 'EMSP SE PLN'])))).toBe(403);
    expect(await list(tokenIn(await announce('reader', ['CPO SE RDR'], { expectedRoles: ['CPO'] })))).toBe(200);
  });

  test.each([
    ['hub_party_id', ['EMSP SE HUB'], { hub_party_id: 'SEHUB' }],
    ['HUB', ['HUB SE HUB'], {}],
  ])('nobody becomes a hub by saying so: %s', async (named, roles, more) => {
    const { envelope } = await announce('would-be-hub', roles, {}, more);
    expect(envelope).toMatchObject({ status_code: 2001, status_message: expect.stringContaining(named) });
  });

  test('a thousand roles are refused with the number', async () => {
    const roles = Array.from({ length: 1_000 }, (_, i) => `EMSP SE ${String(i).padStart(3, '0')}`);
    const { envelope } = await announce('crowd', roles);
    expect(envelope).toMatchObject({ status_code: 2001, status_message: expect.stringContaining('1000') });
  });
});

describe('a hub', () => {
  test('lists 1200 parties, and speaks for those that are not connected directly', async () => {
    const roles = Array.from({ length: 1_200 }, (_, i) => `EMSP IT ${i.toString(36).padStart(3, '0').toUpperCase()}`);
    const answer = await announce('hub', roles, { isHub: true }, { hub_party_id: 'ITHUB' });
    expect(answer.envelope.status_code).toBe(1000);
    const secret = tokenIn(answer);
    const pushed = async (text: string) => (await push(secret, party(text), '2.3.0')).http;
    expect([await pushed('IT 00A'), await pushed('IT 0XB'), await pushed('IT ZZZ')]).toEqual([201, 201, 404]);
    expect(await list(secret)).toBe(200);

    await announce('direct', ['EMSP IT 00A']);
    expect([await pushed('IT 00A'), await pushed('IT 0XB')]).toEqual([404, 200]);
  });
});
