/** X-Request-ID and X-Correlation-ID: taken from the request or made here, in every version and for every answer (HDR-01 to HDR-06). */
import type { BareRuntime } from '../../runtime.ts';
import type { Middleware } from '../request.ts';

export const messageIds = ({ newId }: BareRuntime): Middleware => ({
  before: ({ event: { headers }, context }) => {
    const requestId = headers['x-request-id'] || newId();
    context.ocpi.ids = { requestId, correlationId: headers['x-correlation-id'] || requestId };
  },
});
