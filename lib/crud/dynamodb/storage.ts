/** The default storage: three tables that serverless.yml declares. */
import type { Storage } from '../crud.ts';
import { type Database, openDatabase } from './client.ts';
import { dynamodbCredentials } from './credentials.ts';
import { dynamodbRecords } from './records.ts';
import { dynamodbTokens } from './tokens.ts';

export interface DynamodbOptions {
  endpoint: string | undefined;
  tables: { tokens: string; peers: string; records: string };
  newId: () => string;
}

export const dynamodbStorage = (
  { endpoint, tables, newId }: DynamodbOptions,
  db: Database = openDatabase(endpoint),
): Storage => ({
  tokens: dynamodbTokens({ db, table: tables.tokens, newId }),
  credentials: dynamodbCredentials({ db, table: tables.peers, newId }),
  records: dynamodbRecords({ db, table: tables.records, newId }),
});
