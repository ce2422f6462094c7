/** The default storage: three tables that serverless.yml declares. */
import type { Storage } from '../crud.ts';
import { defaultStorages } from '../default-storages.ts';
import { type Database, openDatabase } from './client.ts';
import { dynamodbCredentials } from './credentials.ts';
import { dynamodbRecords } from './records.ts';
import { dynamodbTokens } from './tokens.ts';

export interface DynamodbOptions {
  endpoint: string | undefined;
  tables: { tokens: string; peers: string; records: string };
  newId: () => string;
}

export function dynamodbStorage(
  { endpoint, tables, newId }: DynamodbOptions,
  db: Database = openDatabase(endpoint),
): Storage {
  const storage = {
    tokens: dynamodbTokens({ db, table: tables.tokens, newId }),
    credentials: dynamodbCredentials({ db, table: tables.peers, newId }),
    records: dynamodbRecords({ db, table: tables.records, newId }),
  };
  defaultStorages.add(storage);
  return storage;
}
