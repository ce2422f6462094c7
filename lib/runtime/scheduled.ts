/** A function that a clock calls. */
import { type Log, logAbout } from '../telemetry/log.ts';
import { type Watched, watched } from '../telemetry/watched.ts';
import type { BareRuntime } from './runtime.ts';

/**
 * Works off what is due, under an id of its own, as long as there is time; what is not reached is for the next call.
 * @param reserveMs of the function's time, left for what is under way
 * @param failed says what keeps it from working, before the call fails with it
 */
export const scheduled =
  <Around extends BareRuntime>(
    reserveMs: number,
    work: (around: Around, mayGoOn: () => boolean) => Promise<void>,
    failed: (log: Log, error: unknown) => void,
  ) =>
  (given: Around) =>
    watched(given.log, async (_event: unknown, { getRemainingTimeInMillis }: Watched): Promise<void> => {
      const around = { ...given, log: logAbout(given.log, { correlationId: given.newId() }) };
      try {
        await work(around, () => getRemainingTimeInMillis() > reserveMs);
      } catch (error) {
        failed(around.log, error);
        throw error;
      }
    });
