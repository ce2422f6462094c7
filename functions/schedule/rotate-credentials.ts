// Every hour: tokens are exchanged with the peers whose settings want it, when it is time.
import { rotateDue } from '../../lib/credentials/rotate-due.ts';
import { handshakeRuntime, type PeerRuntime } from '../../lib/runtime/peer-runtime.ts';
import { rotationsFailed } from '../../lib/telemetry/events.ts';
import { logAbout } from '../../lib/telemetry/log.ts';
import { type Watched, watched } from '../../lib/telemetry/watched.ts';

export const runtime = handshakeRuntime;

/** What one exchange takes at most: three requests, each as long as a setting may allow. */
const reserveMs = 60_000;

export const endpoint = (around: PeerRuntime) =>
  watched(around.log, async (_event: unknown, { getRemainingTimeInMillis }: Watched): Promise<void> => {
    const log = logAbout(around.log, { correlationId: around.newId() });
    try {
      await rotateDue({ ...around, log }, () => getRemainingTimeInMillis() > reserveMs);
    } catch (error) {
      rotationsFailed(log, error);
      throw error;
    }
  });
