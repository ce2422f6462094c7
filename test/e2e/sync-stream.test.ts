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
import { openStream } from '../support/deployed/stream.ts';
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
  nextRecords = await openStream(database.endpoint, tables.tokens);
}, 30_000);
afterAll(() => database.stop());
beforeEach(() => void vi.mocked(wakeChanged).mockReset().mockResolvedValue());

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
