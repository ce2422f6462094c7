/** Tokens on their way between two platforms that run what would be deployed: by stream, clock and queue, into the functions behind. */

import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { emspCall, peerCreation } from '../support/builders.ts';
import { connect, generous, startDeployedPair } from '../support/deployed/pair.ts';
import { syncedPeer } from '../support/lanes.ts';
import type { Json, Owner } from '../support/owner.ts';
import { streamRecord } from '../support/stream-record.ts';

const pair = startDeployedPair();
const hourMs = 3_600_000;
const card = (uid: string, more: object = {}) => ({
  token: { uid, type: 'RFID', contract_id: `C-${uid}`, issuer: 'Lumen', valid: true, whitelist: 'ALLOWED', ...more },
});
const patience = { timeout: 50_000, interval: 250 };

/** A CPO of other people's that takes Tokens, or refuses them. */
let refuses = true;
const odd = createServer((request, response) => {
  request.resume();
  response.end(JSON.stringify({ status_code: refuses ? 2001 : 1000, timestamp: new Date().toISOString() }));
});

beforeAll(async () => {
  const { us, them } = pair;
  odd.listen(0, '127.0.0.1');
  await once(odd, 'listening');
  await connect([us, 'them'], [them, 'us']);
  await us.deployed.consumeQueues();
}, 240_000);
afterAll(() => {
  odd.closeAllConnections();
  odd.close();
});

const received = async (owner: Owner, uid: string): Promise<Json[]> =>
  (await owner.get('received/find', { uid })).data.tokens as Json[];
const isThere = (owner: Owner, uid: string, valid: boolean) =>
  vi.waitFor(async () => expect(await received(owner, uid)).toMatchObject([{ token: { uid, valid } }]), patience);

const isAtRest = (owner: Owner, direction: string) =>
  vi.waitFor(async () => {
    const { lanes } = (await owner.get('peers/sync', { id: 'them' })).data as { lanes: Json[] };
    expect(lanes.find((lane) => lane.direction === direction)).toMatchObject({ state: 'at rest' });
  }, patience);

test('a change of a Token of ours is at the partner, and a block of it too', async () => {
  const { us, them } = pair;
  await us.owner.post('tokens/put', card('P1'));
  await us.deployed.deliverChanges();
  await isThere(them.owner, 'P1', true);
  await us.owner.post('tokens/block', { uid: 'P1' });
  await us.deployed.deliverChanges();
  await isThere(them.owner, 'P1', false);
});

test('while the queue, the database and KMS fail nothing is lost, and all is made up for', async () => {
  const { us, them } = pair;
  // A worker that is still there would see it without being woken, with a token that it has opened before.
  await isAtRest(us.owner, 'push');
  await us.owner.post('tokens/put', card('P5'));
  us.deployed.aws.fail = ({ service }) => (service === 'sqs' ? { status: 503, type: 'ServiceUnavailable' } : undefined);
  await us.deployed.deliverChanges();
  us.deployed.aws.fail = ({ service }) =>
    service === 'kms' ? { status: 400, type: 'KMSInternalException' } : undefined;
  await us.deployed.tick();
  await vi.waitFor(async () => {
    const { lanes } = (await us.owner.get('peers/sync', { id: 'them' })).data as { lanes: Json[] };
    expect(lanes).toEqual(expect.arrayContaining([expect.objectContaining({ state: 'failing' })]));
  }, patience);
  const conflict = { status: 400, type: 'TransactionCanceledException' };
  const CancellationReasons = [{ Code: 'TransactionConflict' }, { Code: 'TransactionConflict' }];
  let left = 2;
  us.deployed.aws.fail = ({ operation }) => {
    if (!/^(Transact|Update|Put)/.test(operation) || left === 0) return undefined;
    left -= 1;
    return operation === 'TransactWriteItems'
      ? { ...conflict, more: { CancellationReasons } }
      : { status: 400, type: 'ThrottlingException' };
  };
  expect((await us.owner.post('tokens/put', card('P6'))).http).toBe(200);
  us.deployed.aws.fail = () => undefined;
  await us.deployed.deliverChanges();
  await us.owner.post('peers/steer', { id: 'them', now: true });
  for (const uid of ['P5', 'P6']) await isThere(them.owner, uid, true);
});

test('the Tokens of a partner are pulled, and what it has no more is invalid', async () => {
  const { us, them } = pair;
  for (const uid of ['X1', 'X2']) await them.owner.post('tokens/put', card(uid));
  await us.owner.post('peers/settings', { id: 'them', settings: { pullMissing: 'invalidate' } });
  const all = { id: 'them', direction: 'pull', full: true, now: true };
  expect((await us.owner.post('peers/steer', all)).http).toBe(200);
  await isThere(us.owner, 'X1', true);
  await isThere(us.owner, 'X2', true);
  await isAtRest(us.owner, 'pull');
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
  const { port } = odd.address() as AddressInfo;
  const peer = syncedPeer('odd', { takes: true, settings: { timeoutMs: generous.timeoutMs } });
  const { connection } = peer;
  if (!connection) return expect.unreachable();
  const sealedToken = await us.instance.runtime.vault.seal('secret', 'odd');
  const endpoints = [{ identifier: 'tokens', role: 'RECEIVER' as const, url: `http://127.0.0.1:${port}/tokens` }];
  const data = { ...peer, connection: { ...connection, endpoints, sealedToken } };
  await us.instance.runtime.backend.credentials.create(peerCreation(data));
  await us.owner.post('tokens/put', card('P2'));
  await us.deployed.deliverChanges();
  await us.deployed.tick();
  const told = async () => (await us.owner.get('tokens/told', { uid: 'P2' })).data.peers as Json[];
  const toldOdd = expect.arrayContaining([expect.objectContaining({ peer: 'odd', told: 'refused' })]);
  await vi.waitFor(async () => expect(await told()).toEqual(toldOdd), patience);
  const shown = await us.owner.get('peers/sync', { id: 'odd' });
  expect(JSON.stringify(shown.data)).toContain('"P2"');
  refuses = false;
  await us.owner.post('peers/steer', { id: 'odd', retryRefused: true });
  await vi.waitFor(async () => expect(await told()).not.toEqual(toldOdd), patience);
  expect((await us.owner.post('peers/remove', { id: 'odd' })).http).toBe(200);
});

test('what a hub lists is pulled', async () => {
  const { us, them } = pair;
  await us.owner.post('peers/settings', { id: 'them', settings: { isHub: true } });
  expect((await us.owner.post('peers/rotate', { id: 'them' })).http).toBe(200);
  await them.owner.post('tokens/put', card('X5'));
  await us.owner.post('peers/steer', { id: 'them', direction: 'pull', full: true, now: true });
  await isThere(us.owner, 'X5', true);
  await us.owner.post('peers/settings', { id: 'them', settings: { isHub: false } });
  expect((await us.owner.post('peers/rotate', { id: 'them' })).http).toBe(200);
});

test('a card is asked about at the partner, and its answer is remembered', async () => {
  const { us, them } = pair;
  await them.owner.post('tokens/put', card('X3', { whitelist: 'NEVER' }));
  await us.owner.post('peers/settings', { id: 'them', settings: { askUnknown: 1, remembersAnswerSeconds: 600 } });
  us.instance.advance(20_000);
  const ask = async (uid: string) => (await us.owner.post('may-charge', { uid, patienceMs: 20_000 })).data;
  expect(await ask('X3')).toMatchObject({ allowed: true, source: 'asked' });
  await them.owner.post('tokens/put', card('X4'));
  expect(await ask('X4')).toMatchObject({ allowed: true, source: 'asked' });
  expect(await ask('X4')).toMatchObject({ allowed: true, asked: [{ remembered: true }] });
});

test('Tokens expire, and are erased when it is time', async () => {
  const { us } = pair;
  const { records } = us.instance.runtime.backend;
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
  await us.deployed.tick();
  for (const uid of ['P7', 'P8']) expect((await us.owner.get('tokens/get', { uid })).http).toBe(404);
});

test('a change that landed too late is published again', async () => {
  const { us } = pair;
  await us.owner.post('tokens/put', card('P9'));
  const stored = await us.instance.runtime.backend.tokens.get(emspCall({ id: 'P9', token_type: 'RFID' }));
  if (!stored) return expect.unreachable();
  const landedAt = us.instance.runtime.now().getTime() / 1_000 + 60;
  await us.deployed.invoke('republish-late', { Records: [streamRecord(stored, undefined, landedAt)] });
  const again = await us.instance.runtime.backend.tokens.get(emspCall({ id: 'P9', token_type: 'RFID' }));
  expect(again?.data.last_updated).not.toBe(stored.data.last_updated);
});

test('a wake for a partner that is gone is done', async () => {
  const body = JSON.stringify({ peer: 'gone', direction: 'push' });
  const answer = await pair.us.deployed.invoke('sync-peer', { Records: [{ messageId: '1', body }] });
  expect(answer).toEqual({ batchItemFailures: [] });
});
