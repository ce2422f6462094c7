/** Syncing of an instance without a queue service: wakes are worked off one after the other in each lane, when the test says so. */
import { randomUUID } from 'node:crypto';
import type { PeerRuntime } from '../../lib/runtime/peer-runtime.ts';
import { laneName, type SyncRuntime, type Wake } from '../../lib/sync/runtime.ts';
import { runSlice } from '../../lib/sync/slice.ts';
import { wakeDue } from '../../lib/sync/wake.ts';

const sliceMs = 45_000;

export interface Syncing {
  runtime: SyncRuntime;
  /** What has been woken and not worked off. */
  wakes: Wake[];
  /** Works off the wakes, and those that come of it. */
  workOff(): Promise<void>;
  /** What the schedule does every minute, and all that comes of it. */
  minute(): Promise<void>;
}

/** @param changed parts of the runtime that differ, as a clock */
export function syncing(around: PeerRuntime, changed: Partial<SyncRuntime> = {}): Syncing {
  const wakes: Wake[] = [];
  let aheadMs = 0;
  const runtime: SyncRuntime = {
    ...around,
    newId: () => randomUUID(),
    queue: { send: async (more) => void wakes.push(...more) },
    // Nobody waits for real: the clock of this instance moves instead.
    sleep: async (ms) => {
      aheadMs += ms;
    },
    now: () => new Date(around.now().getTime() + aheadMs),
    random: () => 0.5,
    ...changed,
  };

  async function workOff(): Promise<void> {
    for (let slices = 0; wakes.length > 0; slices += 1) {
      if (slices > 1_000) throw new Error('Wakes without an end');
      const lanes = Map.groupBy(wakes.splice(0), laneName);
      await Promise.all(
        [...lanes.values()].map(async ([wake]) => {
          if (wake) await runSlice(runtime, wake, new Date(runtime.now().getTime() + sliceMs));
        }),
      );
    }
  }

  return {
    runtime,
    wakes,
    workOff,
    async minute() {
      await wakeDue(runtime);
      await workOff();
    },
  };
}
