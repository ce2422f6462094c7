/** What a function has around it that syncs, or that wakes who does. */
import { setTimeout as delay } from 'node:timers/promises';
import type { SyncRuntime } from '../sync/runtime.ts';
import { handshakeRuntime } from './peer-runtime.ts';

/** @throws Error that names everything that is missing in the environment */
export const syncRuntime = async (): Promise<SyncRuntime> => ({
  ...(await handshakeRuntime()),
  queue: { send: async () => {} },
  sleep: async (ms) => {
    await delay(ms);
  },
  random: Math.random,
});
