/** What differs from partner to partner and OCPI does not say. Kept with the peer; every setting has a default that follows the specification. */
import * as v from 'valibot';
import { partyRole } from '../ocpi/credentials.ts';
import { ciString, object, oneOf, optional } from '../ocpi/values.ts';

const milliseconds = v.pipe(
  v.number('a number of milliseconds'),
  v.integer('a whole number of milliseconds'),
  v.minValue(100, 'at least 100 milliseconds'),
  v.maxValue(20_000, 'at most 20000 milliseconds'),
);

/** Every request of the peer reads these lists, and each party that it speaks for is an item of a transaction. */
const longestList = 40;

const few = <Item extends v.GenericSchema>(item: Item, what: string) =>
  v.pipe(v.array(item, `a list of ${what}`), v.maxLength(longestList, `at most ${longestList} ${what}`));

const parties = few(object({ country_code: ciString(2), party_id: ciString(3) }), 'parties');

export const peerSettings = object({
  /** How our token stands in the Authorization header; by default raw in 2.1.1, Base64 later (TRN-07). */
  authorizationEncoding: optional(oneOf(['raw', 'base64'])),
  /** Whether OCPI-to and OCPI-from go with our requests, from 2.2.1 on; by default they do (RTE-04). */
  sendsRoutingHeaders: optional(v.boolean('true or false')),
  /** How long the peer may take for one request. By default 8 seconds. */
  timeoutMs: optional(milliseconds),
  /** Whether the peer has to offer the Tokens module to be connected; by default it has (CRED-33). */
  requiresTokensModule: optional(v.boolean('true or false')),
  /** Whether our credentials name website and logo even where there is none, as null; by default they are left out (TRN-24). */
  sendsNullDecoration: optional(v.boolean('true or false')),
  /** Whether the peer is a hub, which lists parties that others speak for too (CRED-04). By default none is, whatever it says of itself. */
  isHub: optional(v.boolean('true or false')),
  /** The parties that a hub may speak for, beside those that it lists; nobody else may while it does (COO-07). */
  hubParties: optional(parties),
  /** The only parties that the peer may announce; by default any that is neither ours nor another peer's (TRN-14). */
  expectedParties: optional(parties),
  /**
   * The only roles in which the peer may announce them; by default CPO and EMSP. EMSP is EMSP alone: the other roles that may push
   * Tokens (NSP, OTHER …) may read ours too, which an eMSP may not.
   */
  expectedRoles: optional(few(partyRole, 'roles')),
  /** The only ones of our own parties whose Tokens the peer gets, in lists and authorizations; by default all. */
  ownParties: optional(parties),
  /** The only types of Token that the peer gets an authorization for; by default all. */
  tokenTypes: optional(few(ciString(36), 'types')),
});
export type PeerSettings = v.InferOutput<typeof peerSettings>;
