/** What is done beside a request keeps its answer waiting for so long and no longer. */
import { setTimeout as delay } from 'node:timers/promises';

/** @param work that does not reject */
export async function atMost(ms: number, work: Promise<void>): Promise<void> {
  const patience = new AbortController();
  const tooLong = delay(ms, undefined, { signal: patience.signal }).catch(() => undefined);
  await Promise.race([work, tooLong]);
  patience.abort();
}
