/** The default storage: two tables that serverless.yml declares. */
import type { PartyId } from '../../ocpi/versions.ts';
import type { Backend } from '../crud.ts';
import { type Database, openDatabase } from './client.ts';
import { dynamodbCredentials } from './credentials.ts';
import { dynamodbTokens } from './tokens.ts';

export interface DynamodbOptions {
  endpoint: string | undefined;
  tables: { tokens: string; peers: string };
  /** Our own EMSP parties, in the order in which a list of all Tokens goes through them. */
  emspParties: readonly PartyId[];
  now: () => Date;
  newId: () => string;
}

export const dynamodbBackend = (
  { endpoint, tables, emspParties, now, newId }: DynamodbOptions,
  db: Database = openDatabase(endpoint),
): Backend => ({
  tokens: dynamodbTokens({ db, table: tables.tokens, emspParties, now, newId }),
  credentials: dynamodbCredentials({ db, table: tables.peers, newId }),
});
