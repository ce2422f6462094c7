/** What ocpi-tokens runs on here: our Tokens in SQLite, which stands for a database of yours, and all else in its own tables. */
import { DatabaseSync } from 'node:sqlite';
import type { BackendModule } from 'ocpi-tokens/backend';
import { dynamodbStorage } from 'ocpi-tokens/dynamodb';
import { unlessInDebt } from './decide.ts';
import { sqliteTokens } from './tokens.ts';

export const decide = unlessInDebt;

export const openStorage: BackendModule['openStorage'] = ({ dynamodbEndpoint: endpoint, tables }, ambient) => ({
  ...dynamodbStorage({ endpoint, tables, ...ambient }),
  tokens: sqliteTokens(new DatabaseSync(process.env.ACME_DATABASE ?? 'acme.db'), ambient.newId),
});
