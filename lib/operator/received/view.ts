/** What is shown of a received Token. */

import type * as v from 'valibot';
import type { StoredToken } from '../../crud/crud.ts';
import type { receivedTokenView } from '../api/received.ts';

export const viewOfReceived = ({
  data: token,
  arrived_at = token.last_updated,
}: StoredToken): v.InferOutput<typeof receivedTokenView> => ({ token, arrived_at });
