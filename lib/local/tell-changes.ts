/** Stands in for the stream of the Tokens table: what the owner's functions have written wakes whom it concerns. */
import { setTimeout as sleep } from 'node:timers/promises';
import { changedBy } from '../sync/changed.ts';
import type { SyncRuntime } from '../sync/runtime.ts';
import { type Changed, wakeChanged } from '../sync/wake.ts';
import { wakeFailed } from '../telemetry/events.ts';
import type { Told } from '../tokens/own/write.ts';

/** What is told within this time after the first goes together, as it does deployed. */
const leastMs = 1_000;

export interface Telling {
  /** Resolves at once: as with a stream, no writer waits for it. */
  told: Told;
  /** What has been told until now still wakes. */
  end(): Promise<void>;
}

export function tellChanges(runtime: SyncRuntime): Telling {
  let pending: Changed[] = [];
  let underWay: Promise<void> | undefined;
  const ending = new AbortController();

  async function work(): Promise<void> {
    while (pending.length > 0) {
      const changed = pending;
      pending = [];
      await wakeChanged(runtime, changed).catch((error) => wakeFailed(runtime.log, error));
      await sleep(leastMs, undefined, { signal: ending.signal }).catch(() => undefined);
    }
    underWay = undefined;
  }

  return {
    async told(written) {
      const changed = written.map(({ before, after }) => changedBy(before, after)).filter((each) => each !== undefined);
      pending.push(...changed);
      if (pending.length > 0) underWay ??= work();
    },
    async end() {
      ending.abort();
      await underWay;
    },
  };
}
