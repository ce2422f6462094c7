// Every minute: Tokens of ours that have expired are published as invalid.
import type { Context } from 'aws-lambda';
import { type OwnerRuntime, ownerRuntime } from '../../lib/runtime/owner-runtime.ts';
import { expiryFailed, expiryPublished } from '../../lib/telemetry/events.ts';
import { publishExpired } from '../../lib/tokens/own/publish-expired.ts';

export const runtime = ownerRuntime;

/** Left for the page at hand; what is not reached is due in the next minute. */
const reserveMs = 3_000;

export const endpoint =
  (around: OwnerRuntime) =>
  async (_event: unknown, { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    try {
      const count = await publishExpired(around, () => getRemainingTimeInMillis() > reserveMs);
      if (count > 0) expiryPublished(around.log, count);
    } catch (error) {
      expiryFailed(around.log, error);
      throw error;
    }
  };
