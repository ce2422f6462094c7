/** Who changed what: one line for each change, without a secret and without what identifies a driver. */
import type { Change } from '../../operator/run.ts';
import type { BareRuntime } from '../../runtime/runtime.ts';
import { changed } from '../../telemetry/events.ts';
import type { Caller } from './request.ts';

interface About {
  operation: string;
  caller: Caller;
  correlationId: string;
}

export const audit =
  ({ log }: BareRuntime, { operation, caller, correlationId }: About) =>
  (change: Change): void =>
    changed(log, { operation, by: caller.who, session: caller.session, correlationId, ...change });
