/** The DynamoDB implementation keeps the contract, on a real engine. */
import { randomUUID } from 'node:crypto';
import { afterAll, describe } from 'vitest';
import { dynamodbBackend } from '../../lib/crud/dynamodb/backend.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';
import { startDatabase } from '../support/dynamodb.ts';
import { crudContract } from './crud.contract.ts';

const database = await startDatabase();

afterAll(async () => {
  if (!('reason' in database)) await database.stop();
});

const emspParties: [PartyId, ...PartyId[]] = [
  { country_code: 'NL', party_id: 'LMS' },
  { country_code: 'BE', party_id: 'LMS' },
  { country_code: 'DE', party_id: 'ABC' },
];

if ('reason' in database) {
  describe.skip(`DynamoDB: ${database.reason}`);
} else {
  crudContract('DynamoDB', async () => {
    const tables = await database.newTables();
    const ambient = { now: () => new Date(), newId: () => randomUUID() };
    return {
      backend: dynamodbBackend({ endpoint: undefined, tables, emspParties, ...ambient }, database.db),
      emspParties,
    };
  });
}
