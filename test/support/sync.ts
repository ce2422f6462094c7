/** A runtime to sync with, on a clock that is moved by hand, and a queue that only remembers. */
import { createPeerClient } from '../../lib/client/ask-peer.ts';
import { keyVault } from '../../lib/runtime/vault.ts';
import type { SyncRuntime, Wake } from '../../lib/sync/runtime.ts';
import { testRuntime } from './runtime.ts';

export interface SyncTestRuntime extends SyncRuntime {
  logged: string[];
  wakes: Wake[];
  /** Milliseconds of each sleep; none passes. */
  slept: number[];
  advance(ms: number): void;
}

export async function syncTestRuntime(): Promise<SyncTestRuntime> {
  const runtime = await testRuntime();
  let offsetMs = 0;
  const now = () => new Date(runtime.now().getTime() + offsetMs);
  const wakes: Wake[] = [];
  const slept: number[] = [];
  const { log, newId } = runtime;
  return {
    ...runtime,
    now,
    client: createPeerClient({ policy: 'local', log, now, newId }),
    vault: keyVault(() => Buffer.alloc(32)),
    queue: {
      async send(some) {
        wakes.push(...some);
      },
    },
    async sleep(ms) {
      slept.push(ms);
    },
    random: () => 0.5,
    wakes,
    slept,
    advance(ms) {
      offsetMs += ms;
    },
  };
}
