/** Connections, from the invitation to their end, between two platforms that run what would be deployed. */
import { describe, expect, test, vi } from 'vitest';
import { readServerlessYml } from '../../lib/local/serverless-yml.ts';
import { tokenName } from '../../lib/sync/token-name.ts';
import { ask, tokensUrl } from '../e2e/handshake/support.ts';
import { accessToken, peer, peerCreation, receivedCreation, token } from '../support/builders.ts';
import { connect, disconnect, startDeployedPair } from '../support/deployed/pair.ts';
import { authorization, send } from '../support/http.ts';
import { pushState } from '../support/lanes.ts';
import { type Json, problem } from '../support/owner.ts';

const pair = startDeployedPair();
const card = { uid: 'A1', type: 'RFID', contract_id: 'NL-BBB-A1', issuer: 'Lumen', valid: true, whitelist: 'ALLOWED' };

/** What asks who is asking. */
const ofPartners = readServerlessYml().functions.filter(
  ({ routes: [first = ''] }) => / \/ocpi\//.test(first) && !/^(ANY|\$)/.test(first),
);

/** Any request that a function takes. @returns its HTTP status */
async function askAs(secret: string, { routes }: (typeof ofPartners)[number]): Promise<number> {
  const [method = '', path = ''] = (routes[0] ?? '').split(' ');
  const headers = { authorization: authorization('2.2.1', secret) };
  const body = method.startsWith('P') ? {} : undefined;
  const target = path.replace('{version}', '2.2.1').replace('{path+}', 'x');
  return (await send(pair.us.instance.url, { method, path: target, headers, body })).http;
}

describe('a connection', () => {
  test('is made, renewed, moved to another version, looked at and ended', async () => {
    const { us, them } = pair;
    await connect([us, 'them'], [them, 'us']);
    expect((await us.owner.post('peers/rotate', { id: 'them' })).http).toBe(200);
    const upgraded = await us.owner.post('peers/upgrade', { id: 'them' });
    expect(upgraded.data).toMatchObject({ hasChanged: true, peer: { version: '2.3.0' } });
    const shown = await them.owner.get('peers/show', { id: 'us' });
    expect(shown.data).toMatchObject({ peer: { version: '2.3.0', state: 'registered' } });
    expect((await us.owner.get('peers/list')).data).toMatchObject({ peers: [{ id: 'them' }] });
    const { checks } = (await us.owner.get('doctor/platform')).data as { checks: { check: string; status: string }[] };
    // All but what no deployed system has: an address of this machine.
    expect(checks.filter(({ status }) => status === 'fail').map(({ check }) => check)).toEqual(['public URL']);
    const examined = await us.owner.get('doctor/peer', { id: 'them' });
    expect(examined.data.checks).toEqual(expect.not.arrayContaining([expect.objectContaining({ status: 'fail' })]));
    const ended = await us.owner.post('peers/unregister', { id: 'them' });
    expect(ended.data).toMatchObject({ peer: { state: 'unregistered' } });
    expect((await them.owner.get('peers/show', { id: 'us' })).data).toMatchObject({ peer: { state: 'unregistered' } });
    await disconnect(pair);
    expect((await us.owner.get('peers/list')).data).toEqual({ peers: [] });
  });

  test.each([
    ['asks us', () => connect([pair.them, 'us'], [pair.us, 'them', { isHub: true }])],
    ['is asked by us', () => connect([pair.us, 'them', { isHub: true }], [pair.them, 'us'])],
  ])('with a hub that %s keeps whom it lists, as long as it lists them', async (how, begin) => {
    const { us, them } = pair;
    await begin();
    const parties = async () => ((await us.owner.get('peers/show', { id: 'them' })).data.peer as Json).listedParties;
    expect(await parties()).toBe(1);
    const url = await tokensUrl(them.instance, 'us', 'RECEIVER');
    const uid = how === 'asks us' ? 'X1' : 'X2';
    const address = `${url}DE/DDD/${uid}`;
    const received = { ...card, uid, country_code: 'DE', party_id: 'DDD', last_updated: '2026-01-01T00:00:00Z' };
    const requests: [method: string, body?: object][] = [
      ['PUT', received],
      ['PATCH', { last_updated: '2026-01-02T00:00:00Z' }],
      ['GET'],
    ];
    for (const [method, body] of requests) {
      const answer = await ask(them.instance, 'us', address, { method, ...(body && { body: JSON.stringify(body) }) });
      expect(answer.envelope.status_code).toBe(1000);
    }
    expect((await them.owner.post('peers/rotate', { id: 'us' })).http).toBe(200);
    expect((await us.owner.post('peers/rotate', { id: 'them' })).http).toBe(200);
    expect((await us.owner.post('peers/upgrade', { id: 'them', version: '2.3.0' })).http).toBe(200);
    expect(await parties()).toBe(1);
    const answer = await us.owner.post('may-charge', { uid });
    expect(answer.data).toMatchObject({ allowed: true, source: 'copy' });
    const end = how === 'asks us' ? them : us;
    expect((await end.owner.post('peers/unregister', { id: end === us ? 'them' : 'us' })).http).toBe(200);
    await disconnect(pair);
  });

  test('leaves nothing of a registration that was refused', async () => {
    const { us, them } = pair;
    const { data } = await them.owner.post('peers/invite', { id: 'us' });
    const [{ url: versionsUrl }] = data.versionsUrls as [{ url: string }];
    const refused = await us.owner.post('peers/register', { id: 'them', versionsUrl, tokenA: 'another' });
    expect(refused).toMatchObject({ data: problem('peer-refuses', refused.http) });
    expect((await us.owner.get('peers/show', { id: 'them' })).http).toBe(404);
    expect((await them.owner.post('peers/remove', { id: 'us' })).http).toBe(200);
  });

  test.each([
    ['is too busy', { status: 400, type: 'ThrottlingException' }],
    ['denies', { status: 400, type: 'AccessDeniedException' }],
  ])('is not made while KMS %s, and nothing is left of it', async (_what, fault) => {
    const { us } = pair;
    us.deployed.aws.fail = ({ service }) => (service === 'kms' ? fault : undefined);
    await expect(connect([us, 'them'], [pair.them, 'us'])).rejects.toThrow();
    us.deployed.aws.fail = () => undefined;
    await connect([us, 'them'], [pair.them, 'us']);
    await disconnect(pair);
  });

  test('has what it sends counted by each function', async () => {
    const { deployed, instance, owner } = pair.us;
    const settings = { incomingPerSecond: 2 };
    await instance.runtime.backend.credentials.create(peerCreation(peer({ id: 'fff', settings })));
    const counting = new Set<string>();
    deployed.aws.fail = ({ by, operation, input }) => {
      if (operation === 'PutItem' && JSON.stringify(input).includes('allowance/fff')) counting.add(by);
      return undefined;
    };
    for (const each of ofPartners) {
      // Whoever asks does not wait for the count, so that a slow one comes with the next request.
      await vi.waitFor(async () => {
        await askAs('fff-token', each);
        expect(counting).toContain(each.name);
      }, 60_000);
    }
    deployed.aws.fail = () => undefined;
    expect((await owner.post('peers/remove', { id: 'fff' })).http).toBe(200);
  });

  test('with a token that has been replaced works everywhere until the new one is used, and then nowhere', async () => {
    const { instance } = pair.us;
    const tokensWeGave = [accessToken('old-token'), accessToken('new-token')];
    await instance.runtime.backend.credentials.create(peerCreation(peer({ id: 'fff', tokensWeGave })));
    const statuses = async (secret: string) => {
      const all: Record<string, boolean> = {};
      for (const each of ofPartners) all[each.name] = (await askAs(secret, each)) !== 401;
      return all;
    };
    const everywhere = (is: boolean) => Object.fromEntries(ofPartners.map(({ name }) => [name, is]));
    expect(await statuses('old-token')).toEqual(everywhere(true));
    expect(await statuses('new-token')).toEqual(everywhere(true));
    expect(await statuses('old-token')).toEqual(everywhere(false));
  });

  test('by hand has settings that can be changed, and is forgotten', async () => {
    const { owner } = pair.us;
    const roles = [{ role: 'EMSP', country_code: 'FR', party_id: 'FFF' }];
    expect((await owner.post('peers/add', { id: 'hand', roles })).http).toBe(200);
    expect((await owner.post('peers/settings', { id: 'hand', settings: { timeoutMs: 5_000 } })).http).toBe(200);
    expect((await owner.post('peers/remove', { id: 'hand' })).http).toBe(200);
  });
});

test('what there is not is said, and what there is can be read', async () => {
  const { owner, instance } = pair.us;
  expect((await owner.get('nowhere')).http).toBe(404);
  expect(await owner.get('openapi')).toMatchObject({ http: 200, data: { openapi: expect.any(String) } });
  expect((await send(instance.url, { path: '/ocpi/nowhere/at/all' })).http).toBe(404);
  expect((await send(instance.url, { method: 'DELETE', path: '/ocpi/versions' })).http).toBe(405);
  expect((await fetch(`${instance.url}/openapi/2.2.1`)).status).toBe(200);
});

describe('our Tokens', () => {
  const expiresAt = '2099-01-01T00:00:00.000Z';

  test('are put, changed, listed, imported and blocked', async () => {
    const { owner } = pair.us;
    const put = { token: card, settings: { expiresAt } };
    expect((await owner.post('tokens/put', put)).data).toMatchObject({ outcome: 'created' });
    expect((await owner.post('tokens/put', { token: { ...card, issuer: 'L' } })).data.outcome).toBe('updated');
    const patched = { uid: 'A1', token: { issuer: 'Lux' }, settings: { expiresAt: '2099-01-02T00:00:00.000Z' } };
    expect((await owner.post('tokens/patch', patched)).http).toBe(200);
    for (const type of [{}, { type: 'RFID' }]) {
      expect((await owner.get('tokens/get', { uid: 'A1', ...type })).data).toMatchObject({ token: { issuer: 'Lux' } });
      expect((await owner.post('tokens/patch', { uid: 'A1', ...type, token: { issuer: 'Lux' } })).http).toBe(200);
      expect((await owner.post('tokens/block', { uid: 'A1', ...type })).data).toMatchObject({
        token: { valid: false },
      });
      expect((await owner.post('tokens/unblock', { uid: 'A1', ...type })).data).toMatchObject({
        token: { valid: true },
      });
      expect((await owner.get('tokens/told', { uid: 'A1', ...type })).http).toBe(200);
    }
    const lines = ['A2', 'A3'].map((uid) => JSON.stringify({ ...card, uid, settings: { expiresAt } }));
    for (const body of [lines.join('\n'), lines.join('\n').replaceAll('Lumen', 'L'), lines[0]]) {
      expect((await owner.post('tokens/import', body)).http).toBe(200);
    }
    expect((await owner.get('tokens/list')).data).toMatchObject({ total: 3 });
    const since = await owner.get('tokens/list', { date_from: '2020-01-01T00:00:00Z' });
    expect(since.data).toMatchObject({ total: 3 });
  });

  test('that are not there are looked for among those that we received', async () => {
    const { owner, deployed } = pair.us;
    for (const verb of ['patch', 'block', 'unblock']) {
      expect((await owner.post(`tokens/${verb}`, { uid: 'NONE' })).http).toBe(404);
    }
    for (const verb of ['get', 'told']) expect((await owner.get(`tokens/${verb}`, { uid: 'NONE' })).http).toBe(404);
    let isWritten = false;
    deployed.aws.fail = ({ by, operation }) => {
      if (by !== 'operator-tokens-put') return undefined;
      const isGone = isWritten && operation === 'GetItem';
      isWritten ||= operation === 'UpdateItem';
      return isGone ? { status: 200, type: 'Gone' } : undefined;
    };
    expect((await owner.post('tokens/put', { token: { ...card, issuer: 'Gone' } })).http).toBe(404);
    deployed.aws.fail = () => undefined;
  });

  test('are erased with all that names them', async () => {
    const { owner, instance } = pair.us;
    const { credentials, records, tokens } = instance.runtime.backend;
    const name = { uid: 'A1', type: 'RFID' };
    await credentials.create(peerCreation(peer({ id: 'old', tokensWeGave: [] })));
    const state = { ...pushState('2026-01-01T00:00:00.000Z'), refused: [tokenName(name)] };
    await records.create({ collection: 'sync', id: 'old/push', data: { ...state } });
    await records.create({ collection: 'urgent', id: 'NL-BBB', data: { tokens: [{ ...name, stamp: '' }] } });
    await tokens.create(receivedCreation(token({ uid: 'A1' })));
    expect((await owner.post('tokens/erase', { uid: 'A1' })).data).toMatchObject({ own: 1, received: 1, waiting: 0 });
  });
});
