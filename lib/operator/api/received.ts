/** The operations on Tokens that we received. */
import * as v from 'valibot';
import { token, tokenUid } from '../../ocpi/token.ts';
import { dateTime, object, optional } from '../../ocpi/values.ts';
import { operation } from './operation.ts';
import { countText, cursor, flagText, partyText } from './values.ts';

export const receivedTokenView = object({ token, arrived_at: dateTime });

export const findReceivedTokens = operation({
  name: 'received/find',
  method: 'GET',
  summary: 'The received Tokens of a uid, whoever owns them, of all types.',
  input: object({
    uid: tokenUid,
    /** false: leading zeros make no other uid, as some chargers leave them out. */
    count_zeros: optional(flagText),
  }),
  output: object({ tokens: v.array(receivedTokenView) }),
});

export const exportReceivedTokens = operation({
  name: 'received/export',
  method: 'GET',
  summary: 'The received Tokens of one party or of all, whole or what came in since, as NDJSON in pages.',
  input: object({
    party: optional(partyText),
    /** What the header Next-Since of the last export's first page said. */
    since: optional(dateTime),
    limit: optional(countText(1, 10_000)),
    after: optional(cursor),
  }),
  output: receivedTokenView,
  givesLines: true,
});
