/** X-Request-ID and X-Correlation-ID: taken from the request or made here, in every version and for every answer (HDR-01 to HDR-06). */
import type { BareRuntime } from '../../../runtime/runtime.ts';
import type { Middleware } from '../../chain.ts';
import { usableId } from '../../usable-id.ts';
import type { Identified } from '../request.ts';

export const messageIds = ({ newId }: BareRuntime): Middleware<object, Identified> => ({
  before: (_known, { headers }) => {
    const requestId = usableId(headers['x-request-id']) ?? newId();
    return { ids: { requestId, correlationId: usableId(headers['x-correlation-id']) ?? requestId } };
  },
});
