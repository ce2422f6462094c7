/** One suite on every storage that there is here. */
import { afterAll, describe } from 'vitest';
import { startStorages } from './http.ts';

type Storages = Awaited<ReturnType<typeof startStorages>>['storages'];

/**
 * Skips DynamoDB, and says so, on a machine that cannot run it.
 * @param suite gets a storage's name, what opens an empty one, and the versions to try on it
 */
export async function describeStorages(suite: (...storage: Storages[number]) => void): Promise<void> {
  const database = await startStorages();
  afterAll(() => database.stop());
  if (database.missing) describe.skip(`DynamoDB: ${database.missing}`);
  describe.each(database.storages)('on %s', suite);
}
