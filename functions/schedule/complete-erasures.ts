// Every five minutes: Tokens of ours that are being erased go when partners know, or when it is time.
import type { Context } from 'aws-lambda';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';
import { completeErasures } from '../../lib/sync/erasures.ts';
import { erasuresCompleted, erasuresFailed } from '../../lib/telemetry/events.ts';

export const runtime = storageRuntime;

/** Left for the one at hand; what is not reached is for the next time. */
const reserveMs = 3_000;

export const endpoint =
  (around: Runtime) =>
  async (_event: unknown, { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    try {
      const count = await completeErasures(around, () => getRemainingTimeInMillis() > reserveMs);
      if (count > 0) erasuresCompleted(around.log, count);
    } catch (error) {
      erasuresFailed(around.log, error);
      throw error;
    }
  };
