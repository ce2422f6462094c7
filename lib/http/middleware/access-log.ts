/** One line a request, and the cause of a failure of ours. It names the route and never the path: a uid is personal data. */
import type { BareRuntime } from '../../runtime/runtime.ts';
import { requestAnswered, requestFailed } from '../../telemetry/events.ts';
import type { Ended, Outer } from '../chain.ts';
import type { Begun } from '../request.ts';

/** What a family says of its own requests. */
export interface Entry {
  fields: Record<string, unknown>;
  /** Why it was not answered as it should; absent where we did not fail, whatever the answer was. */
  failure?: unknown;
  /** Whether it was answered with a success. */
  isSuccess: boolean;
  /** The name under which the peer is measured. */
  measuredAs?: string;
}

export const accessLog =
  <Sees extends Begun>({ now, log }: BareRuntime, entryOf: (ended: Ended<Sees>) => Entry): Outer<Sees> =>
  (response, ended) => {
    const { receivedAt, routeKey: route } = ended.known;
    const { fields, failure, isSuccess, measuredAs } = entryOf(ended);
    const ms = receivedAt && now().getTime() - receivedAt.getTime();
    const about = { ...fields, route, http: response.statusCode, ms };
    const counted = { isSuccess, peer: measuredAs, msLeft: ended.msLeft };
    if (failure === undefined) requestAnswered(log, about, counted);
    else requestFailed(log, about, failure, counted);
    return response;
  };
