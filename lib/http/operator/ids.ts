/** The id by which a request is found in the log; taken from the caller, or made here. */
import type { BareRuntime } from '../../runtime/runtime.ts';
import type { Middleware } from '../chain.ts';
import type { WithIds } from './request.ts';

const usable = /^[\x20-\x7e]{1,255}$/;

export const ids = ({ newId }: BareRuntime): Middleware<object, WithIds> => ({
  before: (_known, { headers }) => {
    const given = headers['x-correlation-id'];
    return { ids: { correlationId: given && usable.test(given) ? given : newId() } };
  },
});
