/** What becomes of a partner's parties, and of all that is kept of it, when a connection is renewed, refused or ended. */
import { beforeAll, expect, test } from 'vitest';
import { parseParties } from '../../lib/runtime/config.ts';
import { dayMs, peerOf } from '../e2e/handshake/support.ts';
import { connect, disconnect, generous, startDeployedPair } from '../support/deployed/pair.ts';
import type { Reply } from '../support/owner.ts';

const pair = startDeployedPair();
const usual = 'CPO DE CCC, EMSP DE DDD';

/** What the partner is from now on; it says so with its next credentials. */
const theyAre = (parties: string) =>
  Object.assign(pair.them.instance.runtime.config, { parties: parseParties(parties) });

beforeAll(async () => {
  const roles = [{ role: 'EMSP', country_code: 'FR', party_id: 'FFF' }];
  const added = await pair.us.owner.post('peers/add', { id: 'fff', roles });
  expect(added.http).toBe(200);
}, 120_000);

/** What its lanes have left. */
const ofLanes = ['refused/them', 'named/them'];
/** What has been counted of it goes with the peer itself. */
const ofPeer = [...ofLanes, 'allowance/them'];

async function leaveTraces(): Promise<void> {
  const { records } = pair.us.instance.runtime.backend;
  for (const collection of ofPeer) await records.create({ collection, id: 'left', data: {} });
}

/** @returns where something is left */
async function traces(): Promise<string[]> {
  const { records } = pair.us.instance.runtime.backend;
  const pages = await Promise.all(ofPeer.map((collection) => records.list({ collection, limit: 1 })));
  return ofPeer.filter((_, i) => pages[i]?.items.length !== 0);
}

const weRegister = (settings: object = {}) => connect([pair.us, 'them', settings], [pair.them, 'us']);
const theyRegister = (settings: object = {}) => connect([pair.them, 'us'], [pair.us, 'them', settings]);

/** By schedule, of which no answer tells. */
async function byClock(): Promise<Pick<Reply, 'http'>> {
  const { instance, deployed } = pair.us;
  instance.advance(8 * dayMs);
  await deployed.invoke('rotate-credentials', {});
  const { rotation, connection } = await peerOf(instance, 'them');
  expect(Date.parse(connection?.exchangedAt ?? '')).toBeGreaterThan(instance.runtime.now().getTime() - dayMs);
  return { http: rotation ? 502 : 200 };
}

let upgrades = 0;
const upgrade = () => {
  upgrades += 1;
  return pair.us.owner.post('peers/upgrade', { id: 'them', version: upgrades % 2 === 1 ? '2.3.0' : '2.2.1' });
};
const answered = (work: Promise<void>): Promise<Pick<Reply, 'http'>> =>
  work.then(
    () => ({ http: 200 }),
    () => ({ http: 502 }),
  );

const renewals: [what: string, begin: typeof weRegister, renew: () => Promise<Pick<Reply, 'http'>>][] = [
  ['we rotate', weRegister, () => pair.us.owner.post('peers/rotate', { id: 'them' })],
  ['we rotate by schedule', (settings) => weRegister({ ...settings, rotateEveryDays: 7 }), byClock],
  ['we upgrade', weRegister, upgrade],
  ['we register anew', weRegister, () => answered(weRegister())],
  ['they rotate', theyRegister, () => pair.them.owner.post('peers/rotate', { id: 'us' })],
  ['they register anew', theyRegister, () => answered(theyRegister())],
];

test.each(renewals)('%s: parties come and go, and what another has is refused', async (_what, begin, renew) => {
  upgrades = 0;
  theyAre(usual);
  await begin({ isHub: true });
  theyAre(`${usual}, EMSP DE EEE`);
  expect((await renew()).http).toBe(200);
  theyAre(usual);
  await pair.us.owner.post('peers/settings', { id: 'them', settings: { isHub: false } });
  expect((await renew()).http).toBe(200);
  theyAre(`${usual}, EMSP DE EEE`);
  expect((await renew()).http).toBe(200);
  theyAre(usual);
  expect((await renew()).http).toBe(200);
  await leaveTraces();
  theyAre(`${usual}, EMSP FR FFF`);
  expect((await renew()).http).not.toBe(200);
  await disconnect(pair);
  expect(await traces()).toEqual([]);
});

test.each<[string, typeof weRegister, () => Promise<Reply>]>([
  ['we end it', weRegister, () => pair.us.owner.post('peers/unregister', { id: 'them' })],
  ['they end it', theyRegister, () => pair.them.owner.post('peers/unregister', { id: 'us' })],
  ['we forget it', weRegister, () => pair.us.owner.post('peers/remove', { id: 'them' })],
])('%s: nothing is left of it', async (_what, begin, end) => {
  theyAre(usual);
  for (const settings of [{ isHub: true }, {}]) {
    await begin(settings);
    await leaveTraces();
    expect((await end()).http).toBe(200);
    expect((await traces()).filter((each) => ofLanes.includes(each))).toEqual([]);
    await disconnect(pair);
    expect(await traces()).toEqual([]);
  }
});

test('of a registration in which they announce what another has nothing is left', async () => {
  theyAre(`${usual}, EMSP FR FFF`);
  await leaveTraces();
  await expect(weRegister()).rejects.toThrow();
  expect(await traces()).toEqual([]);
  expect((await pair.us.owner.get('peers/show', { id: 'them' })).http).toBe(404);
  await disconnect(pair);
});

test('what is set for a peer gives and takes parties, unless another has them', async () => {
  theyAre(usual);
  await theyRegister();
  const { owner } = pair.us;
  const roles = [{ role: 'EMSP', country_code: 'DE', party_id: 'DDD' }];
  const changes: ((expectedRoles: string[]) => Promise<Reply>)[] = [
    (expectedRoles) => owner.post('peers/settings', { id: 'them', settings: { expectedRoles } }),
    (expectedRoles) => owner.post('peers/invite', { id: 'them', settings: { ...generous, expectedRoles } }),
  ];
  for (const change of changes) {
    expect((await change(['CPO'])).http).toBe(200);
    expect((await owner.post('peers/add', { id: 'ddd', roles })).http).toBe(200);
    expect((await owner.post('peers/add', { id: 'two', roles })).http).toBe(409);
    const others = [{ role: 'EMSP', country_code: 'DE', party_id: 'EEE' }];
    expect((await owner.post('peers/add', { id: 'ddd', roles: others })).http).toBe(409);
    expect((await change(['CPO', 'EMSP'])).http).toBe(409);
    expect((await owner.post('peers/remove', { id: 'ddd' })).http).toBe(200);
    expect((await change(['CPO', 'EMSP'])).http).toBe(200);
  }
  await disconnect(pair);
});
