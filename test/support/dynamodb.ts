/** A real DynamoDB of a test's own: the embedded engine with the tables that serverless.yml declares. */
import { randomUUID } from 'node:crypto';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { openClient } from '../../lib/crud/dynamodb/client.ts';
import type { DynamodbOptions } from '../../lib/crud/dynamodb/storage.ts';
import { startEngine } from '../../lib/local/engine.ts';
import { readServerlessYml } from '../../lib/local/serverless-yml.ts';
import { createTables } from '../../lib/local/tables.ts';

export interface TestDatabase {
  endpoint: string;
  db: DynamoDBDocumentClient;
  /** Creates empty tables under new names. */
  newTables(): Promise<DynamodbOptions['tables']>;
  stop(): Promise<void>;
}

/** @returns why there is none on this machine, or the database */
export async function startDatabase(): Promise<TestDatabase | { reason: string }> {
  const engine = await startEngine();
  if ('reason' in engine) return engine;

  const client = openClient(engine.endpoint);
  const declared = readServerlessYml().tables;
  return {
    endpoint: engine.endpoint,
    db: DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } }),
    async newTables() {
      const suffix = randomUUID().slice(0, 8);
      const tables = { tokens: `tokens-${suffix}`, peers: `peers-${suffix}`, records: `records-${suffix}` };
      await createTables(client, declared, { Tokens: tables.tokens, Peers: tables.peers, Records: tables.records });
      return tables;
    },
    async stop() {
      client.destroy();
      await engine.stop();
    },
  };
}
