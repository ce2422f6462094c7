/** The storage in memory keeps the contract. */
import { randomUUID } from 'node:crypto';
import { memoryStorage } from '../../lib/crud/memory.ts';
import { ownParties } from '../support/builders.ts';
import { crudContract } from './crud.contract.ts';

crudContract('memory', async () => ({ storage: memoryStorage({ newId: randomUUID }), parties: ownParties }), {
  randomRuns: 300,
});
