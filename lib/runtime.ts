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

/**
 * The runtime of a function. Deployed, it has its connection to the storage open: what is done before the first request does not
 * keep a driver waiting.
 * @throws Error that names everything that is missing in the environment
 */
export async function processRuntime(): Promise<Runtime> {
  const bare = bareRuntime();
  const runtime = { ...bare, backend: openBackend(bare.config, bare) };
  if (bare.config.isLambda) await warmUp(runtime);
  return runtime;
}

/** Looks up a token that nobody has, which every function is allowed to. Should that fail, so will the first request, and say it. */
async function warmUp({ backend, log }: Runtime): Promise<void> {
  const call = { module_id: 'credentials', version: '2.3.0', auth_token: '' } as const;
  try {
    await backend.credentials.do({ ...call, action: 'Authenticate', data: { sha256: ['warm-up'] } });
  } catch (error) {
    log.warn('the storage does not answer', { error });
  }
}
