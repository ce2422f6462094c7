// Every minute: Tokens of ours that have expired are published as invalid.
import { type OwnerRuntime, ownerRuntime } from '../../lib/runtime/owner-runtime.ts';
import { expiryFailed, expiryPublished } from '../../lib/telemetry/events.ts';
import { logAbout } from '../../lib/telemetry/log.ts';
import { type Watched, watched } from '../../lib/telemetry/watched.ts';
import { publishExpired } from '../../lib/tokens/own/publish-expired.ts';

export const runtime = ownerRuntime;

/** Left for the page at hand; what is not reached is due in the next minute. */
const reserveMs = 3_000;

export const endpoint = (around: OwnerRuntime) =>
  watched(around.log, async (_event: unknown, { getRemainingTimeInMillis }: Watched): Promise<void> => {
    const log = logAbout(around.log, { correlationId: around.newId() });
    try {
      const count = await publishExpired(around, () => getRemainingTimeInMillis() > reserveMs);
      if (count > 0) expiryPublished(log, count);
    } catch (error) {
      expiryFailed(log, error);
      throw error;
    }
  });
