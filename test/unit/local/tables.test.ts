import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openClient } from '../../../lib/crud/dynamodb/client.ts';
import { type Engine, locateEngine, startEngine } from '../../../lib/local/engine.ts';
import { readServerlessYml, type TableDefinition } from '../../../lib/local/serverless-yml.ts';
import { createTables } from '../../../lib/local/tables.ts';

const located = locateEngine();
const reason = 'reason' in located && located.reason;
const { tables } = readServerlessYml();

describe.skipIf(reason)(`createTables${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let engine: Engine;
  let client: DynamoDBClient;
  beforeAll(async () => {
    engine = (await startEngine()) as Engine;
    client = openClient(engine.endpoint);
  });
  afterAll(async () => {
    client.destroy();
    await engine.stop();
  });

  const describeTable = async (TableName: string) => (await client.send(new DescribeTableCommand({ TableName }))).Table;

  test('creates what serverless.yml declares, under the names given, as often as one likes', async () => {
    const names = { Tokens: 'once-tokens', Peers: 'once-peers', Records: 'once-records' };
    await createTables(client, tables, names);
    await createTables(client, tables, names);
    const created = await describeTable('once-tokens');
    expect(created).toMatchObject({ TableStatus: 'ACTIVE', KeySchema: tables.Tokens?.KeySchema });
    expect(created?.GlobalSecondaryIndexes?.map(({ IndexName }) => IndexName).toSorted()).toEqual([
      'by-arrival',
      'by-last-updated',
      'by-ordinal',
      'by-uid',
    ]);
    expect(await describeTable('once-records')).toMatchObject({ KeySchema: tables.Records?.KeySchema });
    expect(await describeTable('once-peers')).toMatchObject({ KeySchema: tables.Peers?.KeySchema });
  });

  test('does not accept a table that has other keys or indexes', async () => {
    const keyed = (hash: string): TableDefinition => ({
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: hash, AttributeType: 'S' }],
      KeySchema: [{ AttributeName: hash, KeyType: 'HASH' }],
    });
    const indexed: TableDefinition = {
      ...keyed('a'),
      GlobalSecondaryIndexes: [
        {
          IndexName: 'added',
          KeySchema: [{ AttributeName: 'a', KeyType: 'HASH' }],
          Projection: { ProjectionType: 'ALL' },
        },
      ],
    };
    const create = (definition: TableDefinition) => createTables(client, { T: definition }, { T: 'existing' });
    await create(keyed('a'));
    const refused = 'The table existing exists with other keys or indexes';
    await expect(create(keyed('b'))).rejects.toThrow(refused);
    await expect(create(indexed)).rejects.toThrow(refused);
    await expect(create(keyed('a'))).resolves.toBeUndefined();
  });

  test('wants a name for each table', async () => {
    await expect(createTables(client, tables, { Tokens: 'named' })).rejects.toThrow('No name for the table Peers');
  });
});
