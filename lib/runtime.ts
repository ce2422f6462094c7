/** What a running function has around it. Tests and local runs bring their own. */
import { randomUUID } from 'node:crypto';
import { openBackend } from './backend.ts';
import { type Config, readConfig } from './config.ts';
import type { Backend } from './crud/crud.ts';
import { createLog, type Log } from './log.ts';

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
  return { config, log: createLog(config.logLevel, now), now, newId: () => randomUUID() };
}

/** @throws Error that names everything that is missing in the environment */
export function processRuntime(): Runtime {
  const runtime = bareRuntime();
  return { ...runtime, backend: openBackend(runtime.config, runtime) };
}
