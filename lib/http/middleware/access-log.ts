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
}

export const accessLog =
  <Sees extends Begun>({ now, log }: BareRuntime, entryOf: (ended: Ended<Sees>) => Entry): Outer<Sees> =>
  (response, ended) => {
    const { receivedAt, routeKey: route } = ended.known;
    const { fields, failure } = entryOf(ended);
    const ms = receivedAt && now().getTime() - receivedAt.getTime();
    const about = { ...fields, route, http: response.statusCode, ms };
    if (failure === undefined) requestAnswered(log, about);
    else requestFailed(log, about, failure);
    return response;
  };
