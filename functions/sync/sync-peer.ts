// The queue of those that were woken: one slice of work for one peer in one direction.
import type { SQSBatchResponse, SQSEvent, SQSRecord } from 'aws-lambda';
import { syncRuntime } from '../../lib/runtime/sync-runtime.ts';
import { type Lane, laneName, type SyncRuntime, type Wake } from '../../lib/sync/runtime.ts';
import { runSlice } from '../../lib/sync/slice.ts';
import { traced } from '../../lib/sync/traced.ts';
import { syncFailed } from '../../lib/telemetry/events.ts';
import { watched } from '../../lib/telemetry/watched.ts';

export const runtime = syncRuntime;

/** After it no page is begun; the timeout in serverless.yml leaves room for the one that is under way. */
const workMs = 45_000;

export const endpoint = (around: SyncRuntime) =>
  watched(around.log, async ({ Records }: Pick<SQSEvent, 'Records'>): Promise<SQSBatchResponse> => {
    const deadline = new Date(around.now().getTime() + workMs);
    const failed: SQSRecord[] = [];
    for (const record of Records) if (!(await work(around, record, deadline))) failed.push(record);
    return { batchItemFailures: failed.map(({ messageId: itemIdentifier }) => ({ itemIdentifier })) };
  });

/** @returns whether the message has done its service; else it comes again */
async function work(around: SyncRuntime, { body }: SQSRecord, deadline: Date): Promise<boolean> {
  let lane: Lane | undefined;
  let runtime = around;
  try {
    const { peer, direction, correlationId = around.newId() } = JSON.parse(body) as Lane & Pick<Wake, 'correlationId'>;
    lane = { peer, direction };
    runtime = traced(around, correlationId);
    return (await runSlice(runtime, lane, deadline)) === 'done';
  } catch (error) {
    syncFailed(runtime.log, lane && laneName(lane), error);
    return false;
  }
}
