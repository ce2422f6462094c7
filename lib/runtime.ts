/** What a running function has around it. Tests and local runs bring their own. */
import { randomUUID } from 'node:crypto';
import { openBackend } from './backend.ts';
import { type Config, readConfig } from './config.ts';
import type { Backend } from './crud/crud.ts';
import { createLog, type Log } from './log.ts';

export interface Runtime {
  config: Config;
  backend: Backend;
  log: Log;
  now: () => Date;
  /** A new UUID. */
  newId: () => string;
}

let shared: Runtime | undefined;

/**
 * The runtime of this process, made once from the environment.
 * @throws Error that names everything that is missing
 */
export function processRuntime(): Runtime {
  shared ??= openRuntime();
  return shared;
}

function openRuntime(): Runtime {
  const config = readConfig(process.env);
  const now = () => new Date();
  const newId = () => randomUUID();
  return { config, backend: openBackend(config, { now, newId }), log: createLog(config.logLevel, now), now, newId };
}
