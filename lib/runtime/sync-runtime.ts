/** What the functions that sync have around them: what talks to peers, and the queue. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SyncRuntime } from '../sync/runtime.ts';
import type { BackendModule } from './backend.ts';
import { handshakeRuntime, type PeerRuntime } from './peer-runtime.ts';
import { sqsQueue } from './queue.ts';

/** @throws Error if the configuration lacks the queue */
export function syncRuntimeOn(runtime: PeerRuntime): SyncRuntime {
  const { syncQueueUrl } = runtime.config;
  if (syncQueueUrl === undefined) throw new Error('The configuration is not complete. SYNC_QUEUE_URL: is missing.');
  return { ...runtime, queue: sqsQueue(syncQueueUrl), sleep: (ms) => sleep(ms), random: Math.random };
}

/** @throws Error that names what is missing in the environment */
export const syncRuntime = async (opened: BackendModule): Promise<SyncRuntime> =>
  syncRuntimeOn(await handshakeRuntime(opened));
