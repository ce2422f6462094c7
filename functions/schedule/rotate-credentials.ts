// Every hour: tokens are exchanged with the peers whose settings want it, when it is time.
import { rotateDue } from '../../lib/credentials/rotate-due.ts';
import { handshakeRuntime, type PeerRuntime } from '../../lib/runtime/peer-runtime.ts';
import { scheduled } from '../../lib/runtime/scheduled.ts';
import { rotationsFailed } from '../../lib/telemetry/events.ts';

export const runtime = handshakeRuntime;

/** What one exchange takes at most: three requests, each as long as a setting may allow. */
const reserveMs = 60_000;

async function rotate(around: PeerRuntime, mayGoOn: () => boolean): Promise<void> {
  await rotateDue(around, mayGoOn);
}

export const endpoint = scheduled(reserveMs, rotate, rotationsFailed);
