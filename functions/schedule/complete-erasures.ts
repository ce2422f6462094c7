// Every five minutes: Tokens of ours that are being erased go when partners know, or when it is time.
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';
import { completeErasures } from '../../lib/sync/erasures.ts';
import { erasuresCompleted, erasuresFailed } from '../../lib/telemetry/events.ts';
import { logAbout } from '../../lib/telemetry/log.ts';
import { type Watched, watched } from '../../lib/telemetry/watched.ts';

export const runtime = storageRuntime;

/** Left for the one at hand; what is not reached is for the next time. */
const reserveMs = 3_000;

export const endpoint = (around: Runtime) =>
  watched(around.log, async (_event: unknown, { getRemainingTimeInMillis }: Watched): Promise<void> => {
    const log = logAbout(around.log, { correlationId: around.newId() });
    try {
      const count = await completeErasures(around, () => getRemainingTimeInMillis() > reserveMs);
      if (count > 0) erasuresCompleted(log, count);
    } catch (error) {
      erasuresFailed(log, error);
      throw error;
    }
  });
