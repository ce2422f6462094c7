import { receivedTokensCall } from '../../crud/calls.ts';
import type { exportReceivedTokens } from '../api/received.ts';
import { packCursor, unpackCursor } from '../cursor.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { viewOfReceived } from './view.ts';

/** So many of the largest Tokens that OCPI allows make 4 MB. */
const usualLimit = 2_000;

/** A write that was on its way when the export began is in the next one. */
const overlapMs = 2 * 60_000;

interface Walk {
  next: string;
  nextSince: string;
}

/** A page of the received Tokens, of one party or of all, whole or what came in since. */
export const exportAll: Run<typeof exportReceivedTokens, Pick<TokensRuntime, 'backend' | 'now'>> = async (
  { party, since, limit = usualLimit, after },
  { backend, now },
) => {
  const walk = after === undefined ? undefined : unpackCursor<Walk>(after);
  const nextSince = walk?.nextSince ?? new Date(now().getTime() - overlapMs).toISOString();
  const page = await backend.tokens.list({
    ...receivedTokensCall,
    ...party,
    ...(since !== undefined && { arrived_from: since }),
    filters: { date_from: undefined, date_to: undefined, offset: 0, limit: Math.min(limit, usualLimit) },
    ...(walk && { after: walk.next }),
  });
  const { next } = page;
  return {
    lines: page.items.map(viewOfReceived),
    nextSince,
    ...(next !== undefined && !page.isLast && { next: packCursor({ next, nextSince }) }),
  };
};
