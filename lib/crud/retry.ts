/** Read, decide, write: and all of it again when what was read has moved on in between. */
import { setTimeout as delay } from 'node:timers/promises';
import { CrudError } from './crud.ts';

/** Enough for dozens of writers on one object, each of whom lets one pass. */
const maxAttempts = 50;
const maxPauseMs = 50;

/** @throws the last CrudError if the object never holds still */
export async function retryOnConflict<T>(readAndWrite: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await readAndWrite();
    } catch (error) {
      if (!(error instanceof CrudError) || attempt === maxAttempts) throw error;
      // Jitter keeps competing writers from meeting again.
      await delay(Math.random() * Math.min(2 ** attempt, maxPauseMs));
    }
  }
}
