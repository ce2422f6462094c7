/** X-Request-ID and X-Correlation-ID: taken from the request or made here, in every version and for every answer (HDR-01 to HDR-06). */
import type { BareRuntime } from '../../../runtime/runtime.ts';
import type { Middleware } from '../../chain.ts';
import type { Identified } from '../request.ts';

/** OCPI gives them 36 characters; what is longer than any id is not sent back and not logged. */
const usable = /^[\x20-\x7e]{1,255}$/;

const usableId = (id: string | undefined): string | undefined => (id && usable.test(id) ? id : undefined);

export const messageIds = ({ newId }: BareRuntime): Middleware<object, Identified> => ({
  before: (_known, { headers }) => {
    const requestId = usableId(headers['x-request-id']) ?? newId();
    return { ids: { requestId, correlationId: usableId(headers['x-correlation-id']) ?? requestId } };
  },
});
