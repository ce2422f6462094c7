/** BatchGetItem without its limits: any number of keys, and what a busy table leaves out is asked for again. */
import { setTimeout as delay } from 'node:timers/promises';
import { BatchGetCommand } from '@aws-sdk/lib-dynamodb';
import type { Database } from './client.ts';

const maxKeys = 100;
const maxAttempts = 6;

/**
 * Reads items, strongly consistent, in no particular order; those that do not exist are left out.
 * @throws Error if the table stays too busy
 */
export async function batchGet<Item>(db: Database, table: string, keys: Record<string, unknown>[]): Promise<Item[]> {
  const chunks = Array.from({ length: Math.ceil(keys.length / maxKeys) }, (_, i) =>
    keys.slice(i * maxKeys, (i + 1) * maxKeys),
  );
  const items = await Promise.all(chunks.map((chunk) => getChunk<Item>(db, table, chunk)));
  return items.flat();
}

async function getChunk<Item>(db: Database, table: string, keys: Record<string, unknown>[]): Promise<Item[]> {
  const items: Item[] = [];
  let missing = keys;
  for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
    if (attempt > 0) await delay(Math.random() * 20 * 2 ** attempt);
    const { Responses, UnprocessedKeys } = await db.send(
      new BatchGetCommand({ RequestItems: { [table]: { Keys: missing, ConsistentRead: true } } }),
    );
    items.push(...((Responses?.[table] ?? []) as Item[]));
    missing = UnprocessedKeys?.[table]?.Keys ?? [];
    if (missing.length === 0) return items;
  }
  throw new Error(`${table} is too busy: ${missing.length} of ${keys.length} items were not read`);
}
