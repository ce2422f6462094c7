/** The queue of local runs, with what it is deployed for: one of a lane at a time, again until it is done, and nothing left behind. */
import { connect } from 'node:net';
import { SendMessageBatchCommand, SQSClient } from '@aws-sdk/client-sqs';
import type { SQSEvent } from 'aws-lambda';
import { afterEach, expect, test, vi } from 'vitest';
import { type QueueHandler, startQueues } from '../../../lib/local/queue.ts';
import type { LambdaFunction } from '../../../lib/local/serverless-yml.ts';
import { sqsQueue } from '../../../lib/runtime/queue.ts';
import type { Wake } from '../../../lib/sync/runtime.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(ends.splice(0).map((end) => end()));
});

async function start(handler: QueueHandler, maximumConcurrency = 5, VisibilityTimeout = '1') {
  const queues = await startQueues({ SyncQueue: { FifoQueue: 'true', VisibilityTimeout } });
  const consumer = { name: 'sync-peer', queue: { name: 'SyncQueue', maximumConcurrency } } as LambdaFunction;
  const other = { name: 'other' } as LambdaFunction;
  const end = await queues.startConsumers([other, consumer], async (declared) => {
    expect(declared).toBe(consumer);
    return handler;
  });
  ends.push(end);
  const url = queues.urls.SyncQueue ?? '';
  return { url, queue: sqsQueue(url), end };
}

const wake = (peer: string, because = 'x', direction: Wake['direction'] = 'push'): Wake => ({
  peer,
  direction,
  because,
});
const done = { batchItemFailures: [] };
const again = ({ Records: [record] }: Pick<SQSEvent, 'Records'>) => ({
  batchItemFailures: [{ itemIdentifier: record?.messageId ?? '' }],
});
const bodyOf = ({ Records: [record] }: Pick<SQSEvent, 'Records'>) => JSON.parse(record?.body ?? '') as Wake;

/** A handler that stays at work until it is let go, and what is at work. */
function holding() {
  const atWork: { peer: string; letGo: () => void }[] = [];
  const handler: QueueHandler = async (event) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const entry = { peer: bodyOf(event).peer, letGo: resolve };
    atWork.push(entry);
    await promise;
    atWork.splice(atWork.indexOf(entry), 1);
    return done;
  };
  const letAllGo = () => atWork.map(({ letGo }) => letGo());
  return { handler, atWork, letAllGo, peers: () => atWork.map(({ peer }) => peer).sort() };
}

test('calls the function with one message, which names the lane and nothing else', async () => {
  const events: Pick<SQSEvent, 'Records'>[] = [];
  const { queue } = await start(async (event) => {
    events.push(event);
    return done;
  });
  await queue.send([wake('a'), wake('b', 'x', 'pull')]);
  await vi.waitFor(() => expect(events).toHaveLength(2), 5_000);
  expect(events.map(({ Records }) => Records.length)).toEqual([1, 1]);
  expect(events.map(bodyOf)).toEqual(
    expect.arrayContaining([
      { peer: 'a', direction: 'push' },
      { peer: 'b', direction: 'pull' },
    ]),
  );
});

test('one of a lane at a time, and other lanes beside it', async () => {
  const work = holding();
  const { queue } = await start(work.handler, 5, '30');
  await queue.send([wake('a', '1'), wake('a', '2'), wake('b'), wake('c')]);
  await vi.waitFor(() => expect(work.peers()).toEqual(['a', 'b', 'c']), 5_000);
  work.atWork.find(({ peer }) => peer === 'b')?.letGo();
  await queue.send([wake('d')]);
  await vi.waitFor(() => expect(work.peers()).toEqual(['a', 'c', 'd']), 5_000);
  work.atWork.find(({ peer }) => peer === 'c')?.letGo();
  const [first] = work.atWork.filter(({ peer }) => peer === 'a');
  first?.letGo();
  await vi.waitFor(() => expect(work.peers()).toEqual(['a', 'd']), 5_000);
  work.letAllGo();
});

test('no more at once than serverless.yml allows', async () => {
  const work = holding();
  const { queue } = await start(work.handler, 2, '30');
  await queue.send([wake('a'), wake('b'), wake('c')]);
  await vi.waitFor(() => expect(work.atWork).toHaveLength(2), 5_000);
  const [first] = work.peers();
  work.atWork[0]?.letGo();
  await vi.waitFor(() => expect(work.peers()).toContain('c'), 5_000);
  expect(first).toBe('a');
  expect(work.atWork).toHaveLength(2);
  work.letAllGo();
});

test('what is not done comes again after the visibility timeout, and what throws too', async () => {
  const answers: QueueHandler[] = [
    async (event) => again(event),
    () => Promise.reject(new Error('no')),
    async () => done,
  ];
  const ids: (string | undefined)[] = [];
  const { queue } = await start(async (event) => {
    ids.push(event.Records[0]?.messageId);
    return (await answers.shift()?.(event)) ?? done;
  });
  await queue.send([wake('a')]);
  await vi.waitFor(() => expect(ids).toHaveLength(3), { timeout: 10_000 });
  expect(new Set(ids).size).toBe(1);
});

test('wakes for the same reason are one, and those of other lanes or reasons are not', async () => {
  const events: string[] = [];
  const { queue } = await start(async (event) => {
    events.push(bodyOf(event).peer);
    return done;
  });
  await queue.send([wake('a', '1')]);
  await queue.send([wake('a', '1'), wake('b', '1'), wake('a', '2')]);
  await queue.send([wake('last')]);
  await vi.waitFor(() => expect(events).toContain('last'), 5_000);
  await vi.waitFor(() => expect(events.toSorted()).toEqual(['a', 'a', 'b', 'last']), 5_000);
});

test('sends any number, ten to a request', async () => {
  const peers = new Set<string>();
  const sent = vi.spyOn(SQSClient.prototype, 'send');
  const { queue } = await start(async (event) => {
    peers.add(bodyOf(event).peer);
    return done;
  });
  await queue.send(Array.from({ length: 23 }, (_, i) => wake(`p${i}`)));
  expect(sent.mock.calls.filter(([command]) => command instanceof SendMessageBatchCommand)).toHaveLength(3);
  await vi.waitFor(() => expect(peers.size).toBe(23), 5_000);
});

test('what SQS does not take is an error, after the others have been sent', async () => {
  const queue = sqsQueue('http://127.0.0.1:1/000000000000/sync.fifo');
  const send = vi.spyOn(SQSClient.prototype, 'send') as unknown as ReturnType<typeof vi.fn>;
  send.mockResolvedValueOnce({ Failed: [{ Id: '3', Code: 'Throttled' }] }).mockResolvedValue({ Failed: [] });
  await expect(queue.send(Array.from({ length: 11 }, (_, i) => wake(`p${i}`)))).rejects.toThrow(
    'SQS did not take 1 of 11: Throttled',
  );
  expect(send).toHaveBeenCalledTimes(2);
});

test('listens on this machine only, and on nothing when it has ended, though somebody is still at work', async () => {
  const work = holding();
  const { queue, url, end } = await start(work.handler);
  const { hostname, port } = new URL(url);
  expect(hostname).toBe('127.0.0.1');
  await queue.send([wake('a')]);
  await vi.waitFor(() => expect(work.atWork).toHaveLength(1), 5_000);
  await end();
  ends.length = 0;
  const refused = await new Promise((resolve) => {
    connect(Number(port), '127.0.0.1')
      .once('connect', () => resolve(false))
      .once('error', () => resolve(true));
  });
  expect(refused).toBe(true);
});
