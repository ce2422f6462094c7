/** What a running function has around it. Tests and local runs bring their own. */
import { randomUUID } from 'node:crypto';
import { peersCall } from '../crud/calls.ts';
import type { Backend } from '../crud/crud.ts';
import { storageSilent } from '../telemetry/events.ts';
import { createLog, type Log } from '../telemetry/log.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { type BackendModule, openBackend } from './backend.ts';
import { type Config, readConfig } from './config.ts';

export interface BareRuntime {
  config: Config;
  log: Log;
  now: () => Date;
  /** A new UUID. */
  newId: () => string;
}

export interface Runtime extends BareRuntime {
  backend: Backend;
}

/**
 * What there is without a storage.
 * @throws Error that names everything that is missing in the environment
 */
export function bareRuntime(): BareRuntime {
  const config = readConfig(process.env);
  const now = () => new Date();
  const log = createLog(config.logLevel, now);
  // Elsewhere nobody makes metrics of such lines.
  const metrics = config.isLambda ? createMetrics(config) : undefined;
  return { config, log: { ...log, ...(metrics && { metrics }) }, now, newId: () => randomUUID() };
}

/**
 * The runtime of a function with a storage. Deployed, it has its connection to it open: what is done before the first request
 * does not keep a driver waiting.
 * @param opened what opens the storage: `lib/runtime/backend.ts`, or a module of the company's own
 * @throws Error that names everything that is missing in the environment
 */
export async function storageRuntime(opened: BackendModule): Promise<Runtime> {
  const bare = bareRuntime();
  const runtime = { ...bare, backend: await openBackend(opened, bare.config, bare) };
  if (bare.config.isLambda) await warmUp(runtime);
  return runtime;
}

/** Looks up a token that nobody has, which every function is allowed to. Should that fail, so will the first request, and say it. */
async function warmUp({ backend, log }: Runtime): Promise<void> {
  try {
    await backend.credentials.authenticate({ ...peersCall, sha256: ['warm-up'] });
  } catch (error) {
    storageSilent(log, error);
  }
}
