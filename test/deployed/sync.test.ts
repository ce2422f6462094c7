/** Tokens on their way between two platforms that run what would be deployed: by stream, clock and queue, into the functions behind. */
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tokenName } from '../../lib/sync/token-name.ts';
import { peer, peerCreation, receivedCreation, token } from '../support/builders.ts';
import { connect, startDeployedPair } from '../support/deployed/pair.ts';
import { card, isQuiet, isThere, patience, type Receiver, startReceiver } from '../support/deployed/syncing.ts';
import { pushState } from '../support/lanes.ts';
import type { Json } from '../support/owner.ts';

const pair = startDeployedPair();
const hourMs = 3_600_000;
let receiver: Receiver;

beforeAll(async () => {
  const { us, them } = pair;
  receiver = await startReceiver();
  await connect([us, 'them'], [them, 'us']);
  await us.deployed.consumeQueues();
}, 240_000);
afterAll(() => receiver.stop());

const mayCharge = async (uid: string) => (await pair.us.owner.post('may-charge', { uid, patienceMs: 20_000 })).data;

test('a change of a Token of ours is at the partner, and a block of it too', async () => {
  const { us, them } = pair;
  await us.owner.post('tokens/put', card('P1'));
  await us.deployed.deliverChanges();
  await isThere(them.owner, 'P1', true);
  await us.owner.post('tokens/block', { uid: 'P1' });
  await us.deployed.deliverChanges();
  await isThere(them.owner, 'P1', false);
});

test('the owner sees how far all is, and that nothing is wrong', async () => {
  const { us } = pair;
  await isQuiet(us);
  const { lanes } = (await us.owner.get('peers/sync')).data;
  expect(lanes).toMatchObject([{ state: 'at rest' }, { state: 'at rest' }]);
  for (const doctor of [us.owner.get('doctor/platform'), us.owner.get('doctor/peer', { id: 'them' })]) {
    const { checks } = (await doctor).data as { checks: { check: string; status: string }[] };
    const bad = checks.filter(({ status }) => status === 'fail').map(({ check }) => check);
    // What no deployed system has: an address of this machine.
    expect(bad.filter((check) => check !== 'public URL')).toEqual([]);
  }
});

test('the Tokens of a partner are pulled, and what it has no more is invalid', async () => {
  const { us, them } = pair;
  for (const uid of ['X1', 'X2']) await them.owner.post('tokens/put', card(uid));
  await us.owner.post('peers/settings', { id: 'them', settings: { pullMissing: 'invalidate' } });
  const all = { id: 'them', direction: 'pull', full: true, now: true };
  expect((await us.owner.post('peers/steer', all)).http).toBe(200);
  await isThere(us.owner, 'X1', true);
  await isThere(us.owner, 'X2', true);
  await isQuiet(us);
  await them.owner.post('tokens/erase', { uid: 'X1' });
  // What came in shortly before a walk is not missed in it.
  us.instance.advance(180_000);
  await us.owner.post('peers/steer', all);
  await isThere(us.owner, 'X1', false);
  const { lines } = await us.owner.lines('received/export');
  expect(lines.length).toBeGreaterThan(1);
});

test('what a partner refuses is kept, shown, and taken when it has thought better of it', async () => {
  const { us } = pair;
  receiver.answers = async () => 2001;
  await receiver.join(us, 'odd');
  await us.owner.post('tokens/put', card('P2'));
  await us.deployed.deliverChanges();
  await us.deployed.tick();
  const told = async () => (await us.owner.get('tokens/told', { uid: 'P2' })).data.peers as Json[];
  const toldOdd = expect.arrayContaining([expect.objectContaining({ peer: 'odd', told: 'refused' })]);
  await vi.waitFor(async () => expect(await told()).toEqual(toldOdd), patience);
  const shown = await us.owner.get('peers/sync', { id: 'odd' });
  expect(JSON.stringify(shown.data)).toContain('"P2"');
  receiver.answers = async () => 1000;
  await us.owner.post('peers/steer', { id: 'odd', retryRefused: true });
  await vi.waitFor(async () => expect(await told()).not.toEqual(toldOdd), patience);
  expect((await us.owner.post('peers/remove', { id: 'odd' })).http).toBe(200);
});

test('what a hub lists is pulled, and asked about', async () => {
  const { us, them } = pair;
  await us.owner.post('peers/settings', { id: 'them', settings: { isHub: true } });
  expect((await us.owner.post('peers/rotate', { id: 'them' })).http).toBe(200);
  await them.owner.post('tokens/put', card('X5'));
  await us.owner.post('peers/steer', { id: 'them', direction: 'pull', full: true, now: true });
  await isThere(us.owner, 'X5', true);
  const former = { uid: 'X6', country_code: 'DE', party_id: 'DDD', whitelist: 'NEVER' as const, issuer: 'Former' };
  await us.instance.runtime.backend.tokens.create(receivedCreation(token(former)));
  await them.owner.post('tokens/put', card('X6', { whitelist: 'NEVER' }));
  expect(await mayCharge('X6')).toMatchObject({ allowed: true, source: 'asked', token: { issuer: 'Lumen' } });
  expect((await us.owner.get('received/find', { uid: 'X6' })).data).toMatchObject({
    tokens: [{ token: { issuer: 'Lumen' } }],
  });
  await us.owner.post('peers/settings', { id: 'them', settings: { isHub: false } });
  expect((await us.owner.post('peers/rotate', { id: 'them' })).http).toBe(200);
});

test('a card is asked about at the partner, and its answer is remembered', async () => {
  const { us, them } = pair;
  await them.owner.post('tokens/put', card('X3', { whitelist: 'NEVER' }));
  await us.owner.post('peers/settings', { id: 'them', settings: { askUnknown: 1, remembersAnswerSeconds: 600 } });
  us.instance.advance(20_000);
  expect(await mayCharge('X3')).toMatchObject({ allowed: true, source: 'asked' });
  await them.owner.post('tokens/put', card('X4'));
  expect(await mayCharge('X4')).toMatchObject({ allowed: true, source: 'asked' });
  expect(await mayCharge('X4')).toMatchObject({ allowed: true, asked: [{ remembered: true }] });
});

test('Tokens expire, and are erased when it is time', async () => {
  const { us } = pair;
  const { credentials, records } = us.instance.runtime.backend;
  const inHours = (hours: number) => new Date(us.instance.runtime.now().getTime() + hours * hourMs).toISOString();
  const expiries: [uid: string, expiresAt: string][] = [
    ['P3', inHours(1)],
    ['P7', inHours(3)],
    ['P8', inHours(3)],
  ];
  for (const [uid, expiresAt] of expiries) await us.owner.post('tokens/put', { ...card(uid), settings: { expiresAt } });
  for (const hours of [2, 2]) {
    us.instance.advance(hours * hourMs);
    await us.deployed.invoke('publish-expired', {});
  }
  for (const [uid] of expiries) {
    expect((await us.owner.get('tokens/get', { uid })).data).toMatchObject({ token: { valid: false } });
  }
  // What has begun and was cut off goes on too.
  us.deployed.aws.fail = ({ by, operation }) =>
    by === 'operator-tokens-erase' && operation === 'UpdateItem'
      ? { status: 500, type: 'InternalServerError' }
      : undefined;
  expect((await us.owner.post('tokens/erase', { uid: 'P8' })).http).toBe(500);
  us.deployed.aws.fail = () => undefined;
  expect((await us.owner.post('tokens/erase', { uid: 'P7' })).data).toMatchObject({ waiting: 1 });
  const urgent = { collection: 'urgent', id: 'NL-BBB' };
  const stored = await records.get(urgent);
  const data = { tokens: [{ uid: 'P7', type: 'RFID', stamp: '' }] };
  if (stored) await records.update({ ...urgent, data, revision: stored.revision });
  else await records.create({ ...urgent, data });
  await us.deployed.invoke('complete-erasures', {});
  us.instance.advance(30 * 24 * hourMs);
  const name = tokenName({ uid: 'P7', type: 'RFID' });
  await credentials.create(peerCreation(peer({ id: 'old', tokensWeGave: [] })));
  const state = { ...pushState('2026-01-01T00:00:00.000Z'), refused: [name] };
  await records.create({ collection: 'sync', id: 'old/push', data: { ...state } });
  await us.deployed.invoke('complete-erasures', {});
  const left = await records.get({ collection: 'sync', id: 'old/push' });
  expect(left?.data).toMatchObject({ refused: [] });
  await us.deployed.tick();
  for (const uid of ['P7', 'P8']) expect((await us.owner.get('tokens/get', { uid })).http).toBe(404);
});
