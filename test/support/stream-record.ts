/** What DynamoDB's stream tells of a Token of ours. */
import type { DynamoDBRecord } from 'aws-lambda';
import type { StoredToken } from '../../lib/crud/crud.ts';

function imageOf({ data: { uid, type, last_updated }, settings }: StoredToken) {
  const source = settings?.source && { source: { M: { last_updated: { S: settings.source.last_updated } } } };
  return { uid: { S: uid }, type: { S: type }, last_updated: { S: last_updated }, settings: { M: { ...source } } };
}

/** @param landedAt seconds since 1970 */
export const streamRecord = (
  after: StoredToken,
  before: StoredToken | undefined,
  landedAt: number,
): DynamoDBRecord => ({
  eventName: before ? 'MODIFY' : 'INSERT',
  dynamodb: {
    ApproximateCreationDateTime: landedAt,
    SequenceNumber: after.revision,
    NewImage: imageOf(after),
    ...(before && { OldImage: imageOf(before) }),
  },
});
