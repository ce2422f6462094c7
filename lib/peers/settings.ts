/** What differs from partner to partner and OCPI does not say. Kept with the peer; every setting has a default that follows the specification. */
import * as v from 'valibot';
import { ciString, object, oneOf, optional } from '../ocpi/values.ts';

const milliseconds = v.pipe(
  v.number('a number of milliseconds'),
  v.integer('a whole number of milliseconds'),
  v.minValue(100, 'at least 100 milliseconds'),
  v.maxValue(20_000, 'at most 20000 milliseconds'),
);

export const peerSettings = object({
  /** How our token stands in the Authorization header; by default raw in 2.1.1, Base64 later (TRN-07). */
  authorizationEncoding: optional(oneOf(['raw', 'base64'])),
  /** Whether OCPI-to and OCPI-from go with our requests, from 2.2.1 on; by default they do (RTE-04). */
  sendsRoutingHeaders: optional(v.boolean('true or false')),
  /** How long the peer may take for one request. By default 8 seconds. */
  timeoutMs: optional(milliseconds),
  /** Whether the peer has to offer the Tokens module to be connected; by default it has (CRED-33). */
  requiresTokensModule: optional(v.boolean('true or false')),
  /** Whether the operator knows the peer as a hub, which lists parties that others speak for too (CRED-04). */
  isHub: optional(v.boolean('true or false')),
  /** The parties that a hub may speak for, beside those that it announces itself (COO-07). */
  hubParties: optional(v.array(object({ country_code: ciString(2), party_id: ciString(3) }), 'a list of parties')),
  /** The only parties that the peer may announce; by default any that is neither ours nor another peer's (TRN-14). */
  expectedParties: optional(v.array(object({ country_code: ciString(2), party_id: ciString(3) }), 'a list of parties')),
});
export type PeerSettings = v.InferOutput<typeof peerSettings>;

/** Settings for partners whose habits are known. */
export const profiles = {
  /** Roaming hub, 2.1.1: routing headers as an extension, no PUT of credentials, slow at times. */
  gireve: { authorizationEncoding: 'raw', timeoutMs: 10_000 },
  /** Pushes its Tokens and lets nobody pull them. */
  plugsurfing: { requiresTokensModule: false },
  /** Servers built on py_ocpi and its descendants: they compare the header as it comes. */
  py_ocpi: { authorizationEncoding: 'raw', sendsRoutingHeaders: false },
  /** Demands routing headers on every request of a functional module. */
  citrineos: { authorizationEncoding: 'base64', sendsRoutingHeaders: true },
} as const satisfies Record<string, PeerSettings>;
