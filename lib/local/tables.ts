/** Creates the tables that serverless.yml declares in a local database. */
import {
  CreateTableCommand,
  DescribeTableCommand,
  DynamoDBClient,
  ResourceInUseException,
  type TableDescription,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { startWith } from '../commands.ts';
import type { TableDefinition } from './serverless-yml.ts';

/** Nobody asks for these on a machine of one's own, but the client does. */
const local = { region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** The same, with a client for the while. */
export async function createLocalTables(endpoint: string, ...tablesAndNames: TablesAndNames): Promise<void> {
  const client = new DynamoDBClient({ endpoint, ...local });
  try {
    await createTables(client, ...tablesAndNames);
  } finally {
    client.destroy();
  }
}

type TablesAndNames = [tables: Record<string, TableDefinition>, names: Record<string, string>];

/**
 * Creates each table under its name in `names` (logical id to table name) and resolves when all can be used. A table that
 * exists is left as it is; rejects when it has other keys or indexes than the definition, and when a name is missing.
 */
export const createTables = async (client: DynamoDBClient, ...[tables, names]: TablesAndNames): Promise<void> => {
  // All names are known before any table is created.
  const named = Object.entries(tables).map(([logicalId, definition]) => {
    const name = names[logicalId];
    if (name === undefined) throw new Error(`No name for the table ${logicalId}`);
    return { name, definition };
  });
  await Promise.all(named.map(({ name, definition }) => createTable(client, name, definition)));
};

const createTable = async (client: DynamoDBClient, TableName: string, definition: TableDefinition) => {
  try {
    await client.send(new CreateTableCommand({ TableName, ...definition }));
  } catch (error) {
    if (!(error instanceof ResourceInUseException)) throw error;
    const { Table } = await client.send(new DescribeTableCommand({ TableName }));
    if (!isAsDeclared(Table, definition)) {
      throw new Error(
        `The table ${TableName} exists with other keys or indexes; start with an empty database: ${startWith('--reset')}`,
      );
    }
  }
  await waitUntilTableExists({ client, maxWaitTime: 60, minDelay: 1 }, { TableName });
};

/** @returns whether a table has the keys and indexes of its declaration */
const isAsDeclared = (table: TableDescription | undefined, definition: TableDefinition): boolean =>
  shapeOf(table) === shapeOf(definition);

// Data of an older layout would fail later, and far from here.
const shapeOf = (table: TableDefinition | TableDescription | undefined) => {
  const indexes = (table?.GlobalSecondaryIndexes ?? []).map((index) => `${index.IndexName}: ${keysOf(index)}`);
  return [keysOf(table), ...indexes.toSorted()].join('; ');
};

const keysOf = (keyed: Pick<TableDescription, 'KeySchema'> | undefined) =>
  (keyed?.KeySchema ?? [])
    .map(({ AttributeName, KeyType }) => `${KeyType} ${AttributeName}`)
    .toSorted()
    .join(', ');
