// The stream of the table of Tokens, our own: a change that landed too late to be seen by its date is published again.
import type { AttributeValue, DynamoDBBatchResponse, DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';
import { lateNotRepublished, lateRepublished } from '../../lib/telemetry/events.ts';
import { logAbout } from '../../lib/telemetry/log.ts';
import { watched } from '../../lib/telemetry/watched.ts';
import { type Landed, republishLate } from '../../lib/tokens/own/republish.ts';

export const runtime = storageRuntime;

export const endpoint = (around: Runtime) =>
  watched(around.log, async ({ Records }: Pick<DynamoDBStreamEvent, 'Records'>): Promise<DynamoDBBatchResponse> => {
    const log = logAbout(around.log, { correlationId: around.newId() });
    let count = 0;
    for (const record of Records) {
      const landed = datedIn(record);
      try {
        if (landed && (await republishLate(around, landed))) count += 1;
      } catch (error) {
        lateNotRepublished(log, error);
        // The batch comes again from here on.
        return { batchItemFailures: [{ itemIdentifier: record.dynamodb?.SequenceNumber ?? '' }] };
      }
    }
    if (count > 0) lateRepublished(log, count);
    return { batchItemFailures: [] };
  });

type Image = Record<string, AttributeValue>;

/** @returns undefined if it is no Token of ours, or if the write did not date it: it changed what peers do not see, or had a date from elsewhere */
function datedIn({ dynamodb = {} }: DynamoDBRecord): Landed | undefined {
  const { NewImage: after, OldImage: before, ApproximateCreationDateTime: landedAtSeconds = 0 } = dynamodb;
  const settings = after?.settings?.M;
  if (!after || !settings) return undefined;
  const last_updated = dateIn(after);
  const isDated = last_updated !== dateIn(before) && last_updated !== dateIn(settings.source?.M);
  return isDated
    ? { uid: text(after.uid), type: text(after.type), last_updated, landedAt: new Date(landedAtSeconds * 1_000) }
    : undefined;
}

const text = (value: AttributeValue | undefined): string => value?.S ?? '';
const dateIn = (image: Image | undefined): string => text(image?.last_updated);
