import { randomUUID } from 'node:crypto';
import { memoryBackend } from '../../lib/crud/memory.ts';
import { crudContract, type OpenedBackend } from './crud.contract.ts';

const emspParties: OpenedBackend['emspParties'] = [
  { country_code: 'NL', party_id: 'LMS' },
  { country_code: 'BE', party_id: 'LMB' },
  { country_code: 'NL', party_id: 'LMA' },
];

crudContract(
  'memory',
  async () => ({ backend: memoryBackend({ emspParties, now: () => new Date(), newId: randomUUID }), emspParties }),
  { randomRuns: 300 },
);
