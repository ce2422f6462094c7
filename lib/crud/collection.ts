/** Work on all the records of a collection. */
import { setTimeout as delay } from 'node:timers/promises';
import type { RecordsStorage } from './crud.ts';

const atOnce = 20;

/** Calls `work` for each, so many at once; ends with the first that fails. */
export async function forEachOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<void> {
  const left = items.values();
  const worker = async () => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

const pageSize = 256;

async function removeAll(records: RecordsStorage, collection: string): Promise<true> {
  for (;;) {
    const { items, next } = await records.list({ collection, limit: pageSize });
    await forEachOf(items, ({ id }) => records.delete({ collection, id }));
    if (next === undefined) return true;
  }
}

/**
 * Removes the records of a collection that nobody refers to any more.
 * @param patienceMs after which what is left stays: it harms nobody
 * @returns whether all is gone
 */
export async function removeCollection(
  records: RecordsStorage,
  collection: string,
  patienceMs: number,
): Promise<boolean> {
  const patience = new AbortController();
  const outOfTime = delay(patienceMs, false, { ref: false, signal: patience.signal }).catch(() => false);
  try {
    return await Promise.race([removeAll(records, collection), outOfTime]);
  } finally {
    patience.abort();
  }
}
