/** Our storage keeps the contract, races included. */
import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { crudContract } from 'ocpi-tokens/contract';
import { memoryStorage } from 'ocpi-tokens/memory';
import { sqliteTokens } from './tokens.ts';

const parties = [
  { country_code: 'NL', party_id: 'ACM' },
  { country_code: 'BE', party_id: 'ACM' },
] as const;

crudContract('our Tokens', async () => ({
  storage: {
    ...memoryStorage({ newId: randomUUID }),
    tokens: sqliteTokens(new DatabaseSync(':memory:'), randomUUID),
  },
  parties,
}));
