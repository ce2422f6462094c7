// Every five minutes: Tokens of ours that are being erased go when partners know, or when it is time.
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';
import { scheduled } from '../../lib/runtime/scheduled.ts';
import { completeErasures } from '../../lib/sync/erasures.ts';
import { erasuresCompleted, erasuresFailed } from '../../lib/telemetry/events.ts';

export const runtime = storageRuntime;

/** Left for the one at hand. */
const reserveMs = 3_000;

async function complete(around: Runtime, mayGoOn: () => boolean): Promise<void> {
  const count = await completeErasures(around, mayGoOn);
  if (count > 0) erasuresCompleted(around.log, count);
}

export const endpoint = scheduled(reserveMs, complete, erasuresFailed);
