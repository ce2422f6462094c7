/** The stream of a table in the embedded engine, asked as Lambda asks; the engine looks at no signature. */
import type { DynamoDBRecord } from 'aws-lambda';

/** @returns what reads on from where it read the last time */
export async function openStream(endpoint: string, TableName: string): Promise<() => Promise<DynamoDBRecord[]>> {
  async function ask<Answer>(operation: string, input: object): Promise<Answer> {
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: {
        'content-type': 'application/x-amz-json-1.0',
        'x-amz-target': `DynamoDBStreams_20120810.${operation}`,
        authorization:
          'AWS4-HMAC-SHA256 Credential=local/20260301/local/dynamodb/aws4_request, SignedHeaders=host, Signature=0',
        'x-amz-date': '20260301T000000Z',
      },
      body: JSON.stringify(input),
    });
    return (await response.json()) as Answer;
  }
  const { Streams = [] } = await ask<{ Streams?: { StreamArn: string }[] }>('ListStreams', { TableName });
  const StreamArn = Streams[0]?.StreamArn;
  const { StreamDescription } = await ask<{ StreamDescription?: { Shards: { ShardId: string }[] } }>('DescribeStream', {
    StreamArn,
  });
  const ShardId = StreamDescription?.Shards[0]?.ShardId;
  const from = { StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' };
  let { ShardIterator } = await ask<{ ShardIterator?: string }>('GetShardIterator', from);
  return async () => {
    const page = await ask<{ Records?: DynamoDBRecord[]; NextShardIterator?: string }>('GetRecords', { ShardIterator });
    ShardIterator = page.NextShardIterator;
    return page.Records ?? [];
  };
}
