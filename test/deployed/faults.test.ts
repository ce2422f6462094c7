/** What goes wrong on the way of Tokens, between two platforms that run what would be deployed: nothing is lost, and all is made up for. */
import { ReceiveMessageCommand, SendMessageCommand } from '@aws-sdk/client-sqs';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { emspCall } from '../support/builders.ts';
import type { AwsRequest } from '../support/deployed/aws.ts';
import { connect, startDeployedPair } from '../support/deployed/pair.ts';
import { clientOf } from '../support/deployed/queues.ts';
import { card, isQuiet, isThere, patience, type Receiver, startReceiver } from '../support/deployed/syncing.ts';
import type { Json } from '../support/owner.ts';
import { streamRecord } from '../support/stream-record.ts';

const pair = startDeployedPair();
let receiver: Receiver;

beforeAll(async () => {
  receiver = await startReceiver();
  await connect([pair.us, 'them'], [pair.them, 'us']);
}, 240_000);
afterEach(() => {
  pair.us.deployed.aws.fail = () => undefined;
});
afterAll(() => receiver.stop());

test('a message that is never done with goes to the dead letters', async () => {
  const { deployed } = pair.us;
  const { SyncQueue = '', SyncDeadLetters = '' } = (await deployed.queues()).urls;
  const sqs = clientOf(SyncQueue);
  const receive = async (QueueUrl: string) => {
    const { Messages = [] } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 0 }));
    return Messages[0];
  };
  const told = { MessageBody: 'no JSON', MessageGroupId: 'x', MessageDeduplicationId: 'x' };
  await sqs.send(new SendMessageCommand({ QueueUrl: SyncQueue, ...told }));
  let times = 0;
  for (let message = await receive(SyncQueue); message; message = await receive(SyncQueue)) {
    times += 1;
    const { MessageId: messageId, Body: body } = message;
    const answer = await deployed.invoke('sync-peer', { Records: [{ messageId, body }] });
    expect(answer).toEqual({ batchItemFailures: [{ itemIdentifier: messageId }] });
  }
  expect(times).toBe(5);
  expect(await receive(SyncDeadLetters)).toMatchObject({ Body: 'no JSON' });
  sqs.destroy();
});

test('a page whose worker has died is read again', async () => {
  const { us, them } = pair;
  const { deployed, owner, instance } = us;
  await them.owner.post('tokens/put', card('X1'));
  const work = () => {
    const body = JSON.stringify({ peer: 'them', direction: 'pull' });
    return deployed.invoke('sync-peer', { Records: [{ messageId: '1', body }] });
  };
  const writes = ({ operation, input }: AwsRequest, collection: string) =>
    operation === 'PutItem' && JSON.stringify(input).includes(`"${collection}"`);
  let isDead = false;
  deployed.aws.fail = (request) => {
    isDead ||= writes(request, 'named/them');
    return isDead && writes(request, 'sync') ? { status: 500, type: 'InternalServerError' } : undefined;
  };
  expect(await work()).toEqual({ batchItemFailures: [{ itemIdentifier: '1' }] });
  deployed.aws.fail = () => undefined;
  // Its lease ends by itself.
  instance.advance(31_000);
  expect(await work()).toEqual({ batchItemFailures: [] });
  const { lanes } = (await owner.get('peers/sync', { id: 'them' })).data;
  expect(lanes).toMatchObject([{ direction: 'push' }, { direction: 'pull', pull: { full: { read: 1 } } }]);
  await isThere(owner, 'X1', true);
});

describe('while messages are taken to the functions', () => {
  beforeAll(() => pair.us.deployed.consumeQueues());

  test('the queue, the database and KMS may fail', async () => {
    const { us, them } = pair;
    await us.deployed.deliverChanges();
    // A worker that is still there would see it without being woken, with a token that it has opened before.
    await isQuiet(us);
    await us.owner.post('tokens/put', card('P5'));
    us.deployed.aws.fail = ({ service }) =>
      service === 'sqs' ? { status: 503, type: 'ServiceUnavailable' } : undefined;
    await us.deployed.deliverChanges();
    us.deployed.aws.fail = ({ service }) =>
      service === 'kms' ? { status: 400, type: 'KMSInternalException' } : undefined;
    await us.deployed.tick();
    await vi.waitFor(async () => {
      const { lanes } = (await us.owner.get('peers/sync', { id: 'them' })).data;
      expect(lanes).toContainEqual(expect.objectContaining({ state: 'failing' }));
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
    let lost = 0;
    us.deployed.aws.fail = ({ operation }) => {
      if (operation !== 'TransactWriteItems' || lost > 0) return undefined;
      lost += 1;
      return { status: 500, type: 'InternalServerError', after: true };
    };
    expect((await us.owner.post('tokens/put', card('P7'))).data).toMatchObject({ outcome: 'created' });
    us.deployed.aws.fail = () => undefined;
    await us.deployed.deliverChanges();
    await us.owner.post('peers/steer', { id: 'them', now: true });
    for (const uid of ['P5', 'P6', 'P7']) await isThere(them.owner, uid, true);
  });

  test('a slice whose time is up goes on in another', async () => {
    const { us } = pair;
    const asked = Promise.withResolvers<void>();
    const slow = Promise.withResolvers<number>();
    const goesOn = vi.fn();
    us.deployed.aws.fail = ({ by, service, input }) => {
      if (by === 'sync-peer' && service === 'sqs' && JSON.stringify(input).includes('slow')) goesOn();
      return undefined;
    };
    receiver.answers = () => {
      asked.resolve();
      return slow.promise;
    };
    // What has only just changed is sent last, and a slice that has come to its end goes on in no other.
    us.instance.advance(60_000);
    await receiver.join(us, 'slow');
    await us.deployed.deliverChanges();
    await asked.promise;
    expect(goesOn).not.toHaveBeenCalled();
    us.instance.advance(46_000);
    slow.resolve(1000);
    await vi.waitFor(() => expect(goesOn).toHaveBeenCalled(), patience);
    await isQuiet(us);
    expect((await us.owner.post('peers/remove', { id: 'slow' })).http).toBe(200);
  });

  test('changes of many Tokens of which nobody was woken are found within the minute', async () => {
    const { us, them } = pair;
    await us.owner.post('peers/settings', { id: 'them', settings: { pushesPerSecond: 1_000, pushesAtOnce: 50 } });
    await isQuiet(us);
    const uids = Array.from({ length: 101 }, (_, i) => `M${i}`);
    const lines = uids.map((uid) => JSON.stringify(card(uid).token));
    expect((await us.owner.post('tokens/import', lines.join('\n'))).http).toBe(200);
    await us.deployed.tick();
    for (const uid of ['M0', 'M100']) await isThere(them.owner, uid, true);
  });

  test('what is left to push is counted, of few changes and of many', async () => {
    const { us } = pair;
    const { records } = us.instance.runtime.backend;
    const steer = (more: object) => us.owner.post('peers/steer', { id: 'them', direction: 'push', ...more });
    await isQuiet(us);
    expect((await steer({ pause: true })).http).toBe(200);
    // Where something has been sent ahead of its date, Tokens are looked at.
    const address = { collection: 'sync', id: 'them/push' };
    const { data, revision } = (await records.get(address)) ?? expect.unreachable();
    await records.update({ ...address, data: { ...data, fresh: { none: '2000-01-01T00:00:00.000Z' } }, revision });
    const left = async ({ data: said }: { data: Json }) =>
      ((said.lanes as Json[]).find(({ direction }) => direction === 'push') as { push: { left: number } }).push.left;
    for (const changes of [1, 101]) {
      const lines = Array.from({ length: changes }, (_, n) => JSON.stringify(card(`L${changes}-${n}`).token));
      expect((await us.owner.post('tokens/import', lines.join('\n'))).http).toBe(200);
      expect(await left(await us.owner.get('peers/sync', { id: 'them' }))).toBeGreaterThanOrEqual(changes);
      expect(await left(await steer({ pause: true }))).toBeGreaterThanOrEqual(changes);
      expect((await us.owner.get('doctor/peer', { id: 'them' })).http).toBe(200);
    }
    expect((await steer({ resume: true })).http).toBe(200);
    await isQuiet(us);
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
});
