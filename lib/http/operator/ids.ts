/** The id by which a request is found in the log; taken from the caller, or made here. */
import type { BareRuntime } from '../../runtime/runtime.ts';
import type { Middleware } from '../chain.ts';
import { usableId } from '../usable-id.ts';
import type { WithIds } from './request.ts';

export const ids = ({ newId }: BareRuntime): Middleware<object, WithIds> => ({
  before: (_known, { headers }) => {
    return { ids: { correlationId: usableId(headers['x-correlation-id']) ?? newId() } };
  },
});
