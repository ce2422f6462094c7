/** The DynamoDB implementation keeps the contract, on a real engine. */
import { randomUUID } from 'node:crypto';
import { afterAll, describe } from 'vitest';
import { dynamodbStorage } from '../../lib/crud/dynamodb/storage.ts';
import { ownParties } from '../support/builders.ts';
import { startDatabase } from '../support/dynamodb.ts';
import { crudContract } from './crud.contract.ts';

const database = await startDatabase();

afterAll(async () => {
  if (!('reason' in database)) await database.stop();
});

if ('reason' in database) {
  describe.skip(`DynamoDB: ${database.reason}`);
} else {
  crudContract('DynamoDB', async () => {
    const tables = await database.newTables();
    const ambient = { now: () => new Date(), newId: () => randomUUID() };
    return { storage: dynamodbStorage({ endpoint: undefined, tables, ...ambient }, database.db), parties: ownParties };
  });
}
