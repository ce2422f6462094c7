// Every minute: Tokens of ours that have expired are published as invalid.
import { type OwnerRuntime, ownerRuntime } from '../../lib/runtime/owner-runtime.ts';
import { scheduled } from '../../lib/runtime/scheduled.ts';
import { expiryFailed, expiryPublished } from '../../lib/telemetry/events.ts';
import { publishExpired } from '../../lib/tokens/own/publish-expired.ts';

export const runtime = ownerRuntime;

/** Left for the page at hand. */
const reserveMs = 3_000;

async function publish(around: OwnerRuntime, mayGoOn: () => boolean): Promise<void> {
  const count = await publishExpired(around, mayGoOn);
  if (count > 0) expiryPublished(around.log, count);
}

export const endpoint = scheduled(reserveMs, publish, expiryFailed);
