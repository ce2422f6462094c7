/** A message of the queue and the slice that it stands for. */
import type { SQSEvent } from 'aws-lambda';
import { afterEach, expect, test, vi } from 'vitest';
import { endpoint } from '../../../../functions/sync/sync-peer.ts';
import { runSlice } from '../../../../lib/sync/slice.ts';
import { syncTestRuntime } from '../../../support/sync.ts';

vi.mock('../../../../lib/sync/slice.ts', () => ({ runSlice: vi.fn() }));
const slice = vi.mocked(runSlice);
afterEach(() => void vi.resetAllMocks());

const lane = { peer: 'fr-dcp', direction: 'push' } as const;
const message = (body: string) => ({ Records: [{ messageId: 'm', body }] }) as unknown as SQSEvent;

test('works for the lane of the message, for 45 seconds', async () => {
  slice.mockResolvedValue('done');
  const runtime = await syncTestRuntime();
  expect(await endpoint(runtime)(message(JSON.stringify(lane)))).toEqual({ batchItemFailures: [] });
  const until = new Date(runtime.now().getTime() + 45_000);
  expect(slice).toHaveBeenCalledWith(expect.objectContaining({ backend: runtime.backend }), lane, until);
});

test('the message comes again while another worker has the lane', async () => {
  slice.mockResolvedValue('held');
  const runtime = await syncTestRuntime();
  expect(await endpoint(runtime)(message(JSON.stringify(lane)))).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm' }],
  });
  expect(runtime.logged).toEqual([]);
});

test('the message comes again if the slice fails, and the log says for whom', async () => {
  slice.mockRejectedValue(new Error('no table'));
  const runtime = await syncTestRuntime();
  expect(await endpoint(runtime)(message(JSON.stringify(lane)))).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm' }],
  });
  expect(runtime.logged.map((line) => JSON.parse(line))).toMatchObject([{ level: 'error', lane: 'fr-dcp/push' }]);
});

test('the id of the message is in the log, in requests to the peer, and in the wake of the next slice', async () => {
  const runtime = await syncTestRuntime();
  const asked: unknown[] = [];
  runtime.client = { ask: async ({ correlationId }) => void asked.push(correlationId) as never };
  slice.mockImplementation(async (traced, { peer, direction }) => {
    await traced.client.ask({} as never);
    await traced.client.ask({ correlationId: 'of its own' } as never);
    await traced.queue.send([{ peer, direction, because: 'more' }]);
    throw new Error('no table');
  });
  const correlationId = 'the owner’s request';
  await endpoint(runtime)(message(JSON.stringify({ ...lane, correlationId })));
  expect(asked).toEqual([correlationId, 'of its own']);
  expect(runtime.wakes).toEqual([{ ...lane, because: 'more', correlationId }]);
  expect(runtime.logged.map((line) => JSON.parse(line))).toMatchObject([
    { message: 'a slice of syncing failed', correlationId },
  ]);
});

test('a message that names no lane is not taken for done', async () => {
  const runtime = await syncTestRuntime();
  expect(await endpoint(runtime)(message('?'))).toEqual({ batchItemFailures: [{ itemIdentifier: 'm' }] });
  expect(slice).not.toHaveBeenCalled();
});
