// Every hour: tokens are exchanged with the peers whose settings want it, when it is time.
import type { Context } from 'aws-lambda';
import { rotateDue } from '../../lib/credentials/rotate-due.ts';
import { handshakeRuntime, type PeerRuntime } from '../../lib/runtime/peer-runtime.ts';
import { rotationsFailed } from '../../lib/telemetry/events.ts';

export const runtime = handshakeRuntime;

/** What one exchange takes at most: three requests, each as long as a setting may allow. */
const reserveMs = 60_000;

export const endpoint =
  (around: PeerRuntime) =>
  async (_event: unknown, { getRemainingTimeInMillis }: Pick<Context, 'getRemainingTimeInMillis'>): Promise<void> => {
    try {
      await rotateDue(around, () => getRemainingTimeInMillis() > reserveMs);
    } catch (error) {
      rotationsFailed(around.log, error);
      throw error;
    }
  };
