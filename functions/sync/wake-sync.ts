// The streams of our own Tokens and of peers, and every minute: peers that have something to do are woken.
import type { AttributeValue, DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import { syncRuntime } from '../../lib/runtime/sync-runtime.ts';
import { changedBy } from '../../lib/sync/changed.ts';
import type { SyncRuntime } from '../../lib/sync/runtime.ts';
import { traced } from '../../lib/sync/traced.ts';
import { type Changed, wakeChanged, wakeDue, wakePeers } from '../../lib/sync/wake.ts';
import { wakeFailed } from '../../lib/telemetry/events.ts';
import { watched } from '../../lib/telemetry/watched.ts';

export const runtime = syncRuntime;

/** The first change of a while wakes at once; those that come in this time are the next batch, all of them. */
const leastMs = 1_000;

export const endpoint = (around: SyncRuntime) =>
  watched(around.log, async ({ Records }: { Records?: DynamoDBRecord[] }): Promise<DynamoDBBatchResponse> => {
    const runtime = traced(around, around.newId());
    if (Records) return wakeForStream(runtime, Records);
    try {
      await wakeDue(runtime);
    } catch (error) {
      wakeFailed(runtime.log, error);
      throw error;
    }
    return { batchItemFailures: [] };
  });

async function wakeForStream(around: SyncRuntime, records: DynamoDBRecord[]): Promise<DynamoDBBatchResponse> {
  const begun = around.now().getTime();
  try {
    const peers = records.map(peerIn).filter((each) => each !== undefined);
    const changed = records.map(changeIn).filter((each) => each !== undefined);
    if (peers.length > 0) await wakePeers(around, peers);
    if (changed.length > 0) await wakeChanged(around, changed);
  } catch (error) {
    wakeFailed(around.log, error);
    // Waking may be repeated, so all of the batch comes again.
    return { batchItemFailures: [{ itemIdentifier: records[0]?.dynamodb?.SequenceNumber ?? '' }] };
  }
  await around.sleep(Math.max(0, begun + leastMs - around.now().getTime()));
  return { batchItemFailures: [] };
}

/** Of the stream of peers, which tells nothing but the keys. @returns its id */
const peerIn = ({ dynamodb }: DynamoDBRecord): string | undefined => /^PEER#(.+)$/.exec(text(dynamodb?.Keys?.pk))?.[1];

type Image = Record<string, AttributeValue>;

/** @returns undefined if it is no Token of ours, or nothing that peers can see */
function changeIn({ dynamodb: { NewImage: after, OldImage: before } = {} }: DynamoDBRecord): Changed | undefined {
  return after?.settings?.M ? changedBy(before && seenIn(before), seenIn(after)) : undefined;
}

const seenIn = (image: Image) => ({
  country_code: text(image.country_code),
  party_id: text(image.party_id),
  uid: text(image.uid),
  type: text(image.type),
  contract_id: text(image.contract_id),
  issuer: text(image.issuer),
  valid: image.valid?.BOOL ?? false,
  last_updated: text(image.last_updated),
});

const text = (value: AttributeValue | undefined): string => value?.S ?? '';
