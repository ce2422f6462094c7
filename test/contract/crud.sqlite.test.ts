/** The README's example of a storage of one's own keeps the contract. */
import { randomUUID } from 'node:crypto';
import { ownParties } from '../support/builders.ts';
import { crudContract } from './crud.contract.ts';
import { sqliteStorage } from './sqlite-storage.ts';

crudContract('SQLite', async () => {
  const storage = sqliteStorage(':memory:', { newId: randomUUID });
  return { storage, parties: ownParties, close: async () => storage.close() };
});
