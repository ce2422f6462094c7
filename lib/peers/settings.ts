/** What differs from partner to partner and OCPI does not say. Kept with the peer; every setting has a default that follows the specification. */
import * as v from 'valibot';
import { partyRole } from '../ocpi/credentials.ts';
import { ciString, object, oneOf, optional, string } from '../ocpi/values.ts';

/** What a peer may take for one request. */
export const defaultTimeoutMs = 8_000;

const milliseconds = v.pipe(
  v.number('a number of milliseconds'),
  v.integer('a whole number of milliseconds'),
  v.minValue(100, 'at least 100 milliseconds'),
  v.maxValue(20_000, 'at most 20000 milliseconds'),
);

/** Both inclusive. */
function wholeNumber(min: number, max: number) {
  const message = `a whole number from ${min} to ${max}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(min, message), v.maxValue(max, message));
}

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
  /** The only types of Token that the peer is sent, and gets an authorization for; by default all. */
  tokenTypes: optional(few(ciString(36), 'types')),

  /** How often tokens are exchanged with the peer by schedule, in days, at the latest; by default never (CRED-28). */
  rotateEveryDays: optional(wholeNumber(1, 366)),
  /** How many requests of a kind the peer may send in a second, over ten seconds; more are refused for the rest of them. By default 100. */
  incomingPerSecond: optional(wholeNumber(1, 10_000)),

  /** Whether our Tokens are pushed to the peer; by default they are where it has a receiver for them (TOK-FLOW-02). */
  pushes: optional(v.boolean('true or false')),
  /** Whether a Token that is pushed names its optional members even where there is none, as null; by default they are left out. */
  sendsNullMembers: optional(v.boolean('true or false')),
  /** Whether the type of a Token stands in the URL as token_type too, beside type; by default it does not. */
  sendsTokenType: optional(v.boolean('true or false')),
  /** How many pushes may be under way at once. By default 4. */
  pushesAtOnce: optional(wholeNumber(1, 50)),
  /** How many pushes may begin in a second. By default 20. */
  pushesPerSecond: optional(wholeNumber(1, 1_000)),

  /** Whether the Tokens of the peer are pulled; by default they are where it lists them (TOK-FLOW-04). */
  pulls: optional(v.boolean('true or false')),
  /** How often what has changed is pulled, in minutes. By default 60 (LIST-18). */
  pullEveryMinutes: optional(wholeNumber(1, 10_080)),
  /** How often all is pulled, in days. By default 30. */
  pullAllEveryDays: optional(wholeNumber(1, 366)),
  /** How many Tokens a page is asked for; by default as many as the peer likes. */
  pullLimit: optional(wholeNumber(1, 10_000)),
  /** The parties of a hub that are asked one by one, as OCPI-to; by default the peer is asked once, for all. */
  pullParties: optional(parties),
  /**
   * What becomes of Tokens that a full pull names no more (TOK-LIST-05): they are only reported, which is the default; or made invalid,
   * but not where they are so many that the list is likelier to be wrong; or made invalid however many they are.
   */
  pullMissing: optional(oneOf(['report', 'invalidate', 'invalidate-all'])),
  /** Whose the Tokens are that name no owner, as those of a hub of 2.1.1, by their issuer (TOK-LIST-07). */
  ownersByIssuer: optional(
    few(object({ issuer: string(64), country_code: ciString(2), party_id: ciString(3) }), 'issuers'),
  ),

  /** The place of the peer among those that are asked about a uid that nobody has told us; by default it is not asked. */
  askUnknown: optional(wholeNumber(1, 1_000)),
  /** Who decides on a Token whose whitelist is ALLOWED: our copy, which is the default, or the peer, which is asked. */
  decidesAllowed: optional(oneOf(['copy', 'peer'])),
  /** What the peer demands of the location in a question: by default nothing; or that there is one, or one with exactly one EVSE. */
  demandsLocation: optional(oneOf(['location', 'one-evse'])),
  /** Whether a question about a card names a hub itself as OCPI-to; by default it names the owner, or nobody if that is not known (RTE-10). */
  addressesHub: optional(v.boolean('true or false')),
  /** How long an answer of the peer about a card is remembered, in seconds; by default not at all. */
  remembersAnswerSeconds: optional(wholeNumber(1, 86_400)),
  /** Whether uids that differ in leading zeros only are the same card; by default they are not. */
  ignoresLeadingZeros: optional(v.boolean('true or false')),

  /** Whether the peer has metrics of its own; by default the first 20 that came have, and the others are measured together. */
  hasOwnMetrics: optional(v.boolean('true or false')),
});
export type PeerSettings = v.InferOutput<typeof peerSettings>;
