/** What the owner does, through the stream of the real table, into the function that is deployed behind it. */
import { randomUUID } from 'node:crypto';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBRecord } from 'aws-lambda';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { endpoint } from '../../functions/sync/wake-sync.ts';
import { dynamodbStorage } from '../../lib/crud/dynamodb/storage.ts';
import { readServerlessYml } from '../../lib/local/serverless-yml.ts';
import { block, unblock } from '../../lib/operator/tokens/block.ts';
import { erase } from '../../lib/operator/tokens/erase.ts';
import { patch } from '../../lib/operator/tokens/patch.ts';
import { put } from '../../lib/operator/tokens/put.ts';
import { backendOn } from '../../lib/runtime/backend.ts';
import type { SyncRuntime } from '../../lib/sync/runtime.ts';
import { type Changed, wakeChanged } from '../../lib/sync/wake.ts';
import { startDatabase, type TestDatabase } from '../support/dynamodb.ts';
import { syncTestRuntime } from '../support/sync.ts';

vi.mock('../../lib/sync/wake.ts', () => ({ wakeChanged: vi.fn(), wakeDue: vi.fn() }));

let database: TestDatabase;
let runtime: SyncRuntime;
let nextRecords: () => Promise<DynamoDBRecord[]>;
const asked = { correlationId: 'x', audit: () => undefined, deadline: Number.POSITIVE_INFINITY };

beforeAll(async () => {
  const started = await startDatabase();
  if ('reason' in started) throw new Error(started.reason);
  database = started;
  const tables = { ...(await database.newTables()), tokens: `streamed-${randomUUID()}` };
  const StreamSpecification = { StreamEnabled: true, StreamViewType: 'NEW_AND_OLD_IMAGES' } as const;
  const definition = readServerlessYml().tables.Tokens ?? expect.unreachable();
  await database.db.send(new CreateTableCommand({ TableName: tables.tokens, ...definition, StreamSpecification }));
  const ambient = { now: () => new Date(), newId: () => randomUUID() };
  const backend = backendOn(dynamodbStorage({ endpoint: database.endpoint, tables, ...ambient }), ambient);
  runtime = { ...(await syncTestRuntime()), ...ambient, backend };
  nextRecords = await openStream(tables.tokens);
}, 30_000);
afterAll(() => database.stop());
beforeEach(() => void vi.mocked(wakeChanged).mockReset().mockResolvedValue());

/** Asks the stream of a table, as Lambda does; the engine looks at no signature. */
async function openStream(TableName: string): Promise<() => Promise<DynamoDBRecord[]>> {
  async function ask(operation: string, input: object): Promise<Record<string, never>> {
    const response = await fetch(database.endpoint, {
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
    return (await response.json()) as Record<string, never>;
  }
  const { Streams = [] } = (await ask('ListStreams', { TableName })) as { Streams?: { StreamArn: string }[] };
  const StreamArn = Streams[0]?.StreamArn;
  const { StreamDescription } = (await ask('DescribeStream', { StreamArn })) as {
    StreamDescription?: { Shards: { ShardId: string }[] };
  };
  const ShardId = StreamDescription?.Shards[0]?.ShardId;
  let { ShardIterator } = (await ask('GetShardIterator', {
    StreamArn,
    ShardId,
    ShardIteratorType: 'TRIM_HORIZON',
  })) as { ShardIterator?: string };
  return async () => {
    const page = (await ask('GetRecords', { ShardIterator })) as {
      Records?: DynamoDBRecord[];
      NextShardIterator?: string;
    };
    ShardIterator = page.NextShardIterator;
    return page.Records ?? [];
  };
}

/** The filter of serverless.yml, and then what the function told of what passes it. */
async function toldOf(work: () => Promise<unknown>): Promise<Changed[]> {
  await work();
  const ofOwn = (await nextRecords()).filter(
    ({ eventName, dynamodb }) => eventName !== 'REMOVE' && dynamodb?.Keys?.pk?.S?.startsWith('E#'),
  );
  expect(ofOwn.length).toBeGreaterThan(0);
  await endpoint(runtime)({ Records: ofOwn });
  return vi.mocked(wakeChanged).mock.calls.flatMap(([, changed]) => changed);
}

const address = { uid: 'Card1', type: 'RFID' };
const change = { country_code: 'NL', party_id: 'LMS', ...address, stamp: expect.stringMatching(/Z$/) };
const token = {
  ...address,
  country_code: 'NL',
  party_id: 'LMS',
  contract_id: 'NL-LMS-C1',
  issuer: 'Lumen',
  valid: true,
  whitelist: 'ALLOWED' as const,
};

test('a Token that is put, blocked, restricted, unblocked and erased is told of as far as peers see it', async () => {
  expect(await toldOf(() => put({ token }, runtime, asked))).toEqual([{ ...change, becameInvalid: false }]);
  vi.mocked(wakeChanged).mockClear();
  expect(await toldOf(() => block(address, runtime, asked))).toEqual([{ ...change, becameInvalid: true }]);
  vi.mocked(wakeChanged).mockClear();
  expect(await toldOf(() => patch({ ...address, settings: { hasNoCredit: true } }, runtime, asked))).toEqual([]);
  expect(await toldOf(() => unblock(address, runtime, asked))).toEqual([{ ...change, becameInvalid: false }]);
  vi.mocked(wakeChanged).mockClear();
  // Published as invalid; what is left in its place is nobody's.
  expect(await toldOf(() => erase(address, runtime, asked))).toEqual([{ ...change, becameInvalid: true }]);
});
