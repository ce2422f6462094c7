/** The README's example of a storage of one's own keeps the contract. */
import { randomUUID } from 'node:crypto';
import { memoryBackend } from '../../lib/crud/memory.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';
import { crudContract } from './crud.contract.ts';
import { sqliteTokens } from './sqlite-backend.ts';

const emspParties: [PartyId, ...PartyId[]] = [
  { country_code: 'NL', party_id: 'LMS' },
  { country_code: 'BE', party_id: 'LMS' },
];
const ambient = { now: () => new Date(), newId: () => randomUUID() };

crudContract('SQLite', async () => ({
  backend: {
    ...memoryBackend({ emspParties, ...ambient }),
    tokens: sqliteTokens(':memory:', emspParties, ambient),
  },
  emspParties,
}));
