/** The reference storage: everything in this process. For tests, and for local runs without a database. */
import type { Storage } from './crud.ts';
import { memoryCredentials } from './memory/credentials.ts';
import { memoryRecords } from './memory/records.ts';
import { memoryTokens } from './memory/tokens.ts';

/** What a storage in memory needs from outside itself. */
export interface MemoryOptions {
  /** Makes revisions, so no two may be the same. */
  newId: () => string;
}

/** @returns a storage with nothing in it, and with the plain calls alone: whatever is optional, the core does itself on it */
export const memoryStorage = ({ newId }: MemoryOptions): Storage => ({
  tokens: memoryTokens(newId),
  credentials: memoryCredentials(newId),
  records: memoryRecords(newId),
});
