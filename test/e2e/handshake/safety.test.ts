/** What a handshake may not do, over HTTP: tokens that end, URLs that lead elsewhere, secrets that show. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { invite } from '../../../lib/credentials/invite.ts';
import { register } from '../../../lib/credentials/register.ts';
import { renew } from '../../../lib/credentials/renew.ts';
import { unregister } from '../../../lib/credentials/unregister.ts';
import { changePeer } from '../../../lib/peers/store.ts';
import { credentialsCall } from '../../support/builders.ts';
import type { Instance } from '../../support/instance.ts';
import { call as callOn, cpoParty, dayMs, emspParty, expectCallback, type Pair, peerOf, startPair } from './support.ts';

let cpo: Instance;
let emsp: Instance;
let connect: Pair['connect'];
let exchangeTokens: Pair['exchangeTokens'];
let stop: Pair['stop'];

describe('safe by design', () => {
  beforeAll(async () => {
    ({ cpo, emsp, connect, exchangeTokens, stop } = await startPair());
  });
  afterAll(() => stop());

  const call = (secret: string, method: string, path: string, body?: unknown) =>
    callOn(cpo, secret, method, path, body);

  test('TOKEN_A works on versions and credentials, and on nothing else (TRN-11)', async () => {
    const { token } = await invite(cpo.runtime, 'scope', {});
    expect((await call(token, 'GET', '/ocpi/versions')).http).toBe(200);
    expect((await call(token, 'GET', '/ocpi/2.2.1')).http).toBe(200);
    expect((await call(token, 'GET', '/ocpi/2.2.1/credentials')).envelope.data).toMatchObject({ token });
    for (const uid of ['X', 'versions', 'credentials', 'X?credentials']) {
      expect((await call(token, 'GET', `/ocpi/cpo/2.2.1/tokens/DE/BBB/${uid}`)).http).toBe(401);
    }
    expect((await call(token, 'GET', '/ocpi/emsp/2.2.1/tokens')).http).toBe(401);
  });

  test('TOKEN_A on PUT and DELETE is 405, an unknown token 401 (CRED-26)', async () => {
    const { token } = await invite(cpo.runtime, 'order', {});
    expect((await call(token, 'PUT', '/ocpi/2.2.1/credentials', {})).http).toBe(405);
    expect((await call(token, 'DELETE', '/ocpi/2.2.1/credentials')).http).toBe(405);
    expect((await call('unknown', 'PUT', '/ocpi/2.2.1/credentials', {})).http).toBe(401);
    expect((await call(token, 'PATCH', '/ocpi/2.2.1/credentials', {})).http).toBe(405);
  });

  test('TOKEN_A expires', async () => {
    const { token } = await invite(cpo.runtime, 'late', {});
    cpo.advance(8 * dayMs);
    expect((await call(token, 'GET', '/ocpi/versions')).http).toBe(401);
    cpo.advance(-8 * dayMs);
    expect((await call(token, 'GET', '/ocpi/versions')).http).toBe(200);
  });

  test('of two concurrent POSTs with one TOKEN_A one registers (CRED-15)', async () => {
    const { token } = await invite(cpo.runtime, 'race', {});
    const register = (ofPeer: Instance, id: string) => async () => {
      await expectCallback(ofPeer, id, `${id}-b`);
      return call(token, 'POST', '/ocpi/2.2.1/credentials', {
        token: `${id}-b`,
        url: `${emsp.url}/ocpi/versions`,
        roles: [{ role: 'EMSP', ...emspParty, business_details: { name: 'B' } }],
      });
    };
    const answers = await Promise.all([register(emsp, 'one')(), register(emsp, 'two')()]);
    expect(answers.map(({ http }) => http).toSorted((a, b) => a - b)).toEqual([200, 405]);
    expect((await call(token, 'GET', '/ocpi/versions')).http).toBe(401);
    const { tokensWeGave } = await peerOf(cpo, 'race');
    expect(tokensWeGave).toHaveLength(1);
    await cpo.runtime.backend.credentials.delete(credentialsCall({ id: 'race' }));
  });

  test.each([
    ['3001', 'an API that does not answer', 'http://127.0.0.1:1/versions', 3001],
    ['3001', 'a private address', 'https://10.0.0.1/versions', 3001],
    ['3001', 'the metadata service', 'http://169.254.169.254/latest/meta-data', 3001],
    ['2001', 'no URL at all', 'nonsense', 2001],
  ])('%s for %s, and nothing is left behind (CRED-34)', async (_code, _what, url, status_code) => {
    const { token } = await invite(cpo.runtime, 'broken', {});
    const before = await peerOf(cpo, 'broken');
    const roles = [{ role: 'EMSP', ...emspParty, business_details: { name: 'B' } }];
    const answer = await call(token, 'POST', '/ocpi/2.2.1/credentials', { token: 'b', url, roles });
    expect(answer).toMatchObject({ http: 200, envelope: { status_code } });
    expect(await peerOf(cpo, 'broken')).toEqual(before);
  });

  test('a party of ours or of another connection cannot be announced (TRN-14)', async () => {
    await connect('2.2.1');
    const { token } = await invite(cpo.runtime, 'thief', { expectedRoles: ['CPO', 'EMSP', 'OTHER', 'NSP'] });
    await expectCallback(emsp, 'callback', 'b');
    const post = (party: object, role = 'EMSP') =>
      call(token, 'POST', '/ocpi/2.2.1/credentials', {
        token: 'b',
        url: `${emsp.url}/ocpi/versions`,
        roles: [{ role, ...party, business_details: { name: 'B' } }],
      });
    expect((await post(cpoParty, 'CPO')).envelope).toMatchObject({ status_code: 2001 });
    for (const role of ['EMSP', 'OTHER', 'NSP']) {
      const { envelope } = await post({ country_code: 'de', party_id: 'bbb' }, role);
      expect(envelope.status_message).toContain('you may not speak for');
    }
    await unregister(emsp.runtime, 'the-cpo', false);
  });

  test('after PUT the old token works until the new one is used, and not beyond the grace period (CRED-30)', async () => {
    await connect('2.2.1');
    const { connection } = await peerOf(emsp, 'the-cpo');
    const old = await emsp.runtime.vault.unseal(connection?.sealedToken ?? '', 'the-cpo');
    await renew(emsp.runtime, 'the-cpo');
    expect((await call(old, 'GET', '/ocpi/versions')).http).toBe(200);
    await exchangeTokens();
    expect((await call(old, 'GET', '/ocpi/versions')).http).toBe(401);

    const renewed = (await peerOf(emsp, 'the-cpo')).connection;
    const second = await emsp.runtime.vault.unseal(renewed?.sealedToken ?? '', 'the-cpo');
    await renew(emsp.runtime, 'the-cpo');
    cpo.advance(2 * dayMs);
    expect((await call(second, 'GET', '/ocpi/versions')).http).toBe(401);
    cpo.advance(-2 * dayMs);
    await unregister(emsp.runtime, 'the-cpo', false);
  });

  test('a partner that keeps renewing and never uses what it gets neither fills our storage nor locks itself out', async () => {
    await connect('2.2.1');
    const { connection } = await peerOf(emsp, 'the-cpo');
    for (let i = 0; i < 12; i += 1) {
      await renew(emsp.runtime, 'the-cpo');
      // It never learns of the new token.
      await changePeer(emsp.runtime, 'the-cpo', (peer) => ({ ...peer, ...(connection && { connection }) }));
    }
    expect((await peerOf(cpo, 'the-emsp')).tokensWeGave).toHaveLength(2);
    await connect('2.2.1');
    await exchangeTokens();
    await unregister(emsp.runtime, 'the-cpo', false);
  });

  test('a rotation that ends in a failure of the partner’s own leaves both tokens good', async () => {
    await connect('2.2.1');
    const { credentials } = cpo.runtime.backend;
    const update = credentials.update.bind(credentials);
    credentials.update = async (change) => {
      await update(change);
      credentials.update = update;
      throw new Error('the answer of the storage was lost');
    };
    await expect(renew(emsp.runtime, 'the-cpo')).rejects.toThrow('run this again');
    await exchangeTokens();
    await renew(emsp.runtime, 'the-cpo');
    await exchangeTokens();
    await unregister(emsp.runtime, 'the-cpo', false);
  });

  test('a fresh TOKEN_A for a registered peer replaces the connection (CRED-29)', async () => {
    await connect('2.2.1');
    await connect('2.2.1');
    await exchangeTokens();
    expect((await peerOf(cpo, 'the-emsp')).tokensWeGave).toHaveLength(1);
    await unregister(emsp.runtime, 'the-cpo', false);
  });

  test('no secret is stored in plain or logged', async () => {
    const secrets: string[] = [];
    const { token } = await invite(cpo.runtime, 'the-emsp', {});
    secrets.push(token);
    await register(emsp.runtime, {
      id: 'the-cpo',
      versionsUrl: `${cpo.url}/ocpi/versions`,
      tokenA: token,
      settings: {},
    });
    for (const [instance, id] of [
      [emsp, 'the-cpo'],
      [cpo, 'the-emsp'],
    ] as const) {
      const peer = await peerOf(instance, id);
      secrets.push(await instance.runtime.vault.unseal(peer.connection?.sealedToken ?? '', id));
      expect(secrets.some((secret) => JSON.stringify(peer).includes(secret))).toBe(false);
    }
    await exchangeTokens();
    const log = [...cpo.logged, ...emsp.logged].join('');
    for (const secret of secrets) {
      expect(log).not.toContain(secret);
      expect(log).not.toContain(Buffer.from(secret).toString('base64'));
    }
    expect(log).not.toContain(token);
    await unregister(emsp.runtime, 'the-cpo', false);
  });
});
