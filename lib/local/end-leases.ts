/** A server that has its data to itself: whoever holds a lease in it has died with the server before, and need not be waited for. */
import type { RecordsStorage } from '../crud/crud.ts';
import { type State, statesCollection } from '../sync/state.ts';

const pageSize = 250;

/** Ends them, and leaves them there: what died may have left something undone. */
export async function endLeases(records: RecordsStorage, now: Date): Promise<void> {
  const until = now.toISOString();
  let after: string | undefined;
  do {
    const page = await records.list({
      collection: statesCollection,
      limit: pageSize,
      ...(after !== undefined && { after }),
    });
    for (const { id, data, revision } of page.items) {
      const { lease } = data as unknown as State;
      if (!lease || lease.until <= until) continue;
      const ended = { ...data, lease: { ...lease, until } };
      await records.update({ collection: statesCollection, id, data: ended, revision });
    }
    after = page.next;
  } while (after !== undefined);
}
