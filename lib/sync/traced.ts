/** All that is done for one cause has one id: in the log, in what the queue carries on, and at partners. */
import { logAbout } from '../telemetry/log.ts';
import type { SyncRuntime } from './runtime.ts';

/** @returns the same runtime, with the id in every line, wake and request of it that has none of its own */
export const traced = (runtime: SyncRuntime, correlationId: string): SyncRuntime => ({
  ...runtime,
  log: logAbout(runtime.log, { correlationId }),
  client: {
    ask: (request) => runtime.client.ask({ ...request, correlationId: request.correlationId ?? correlationId }),
  },
  queue: {
    send: (wakes) => runtime.queue.send(wakes.map((wake) => ({ correlationId, ...wake }))),
  },
});
