/** The operation of whoever runs chargers: may this card charge here? */
import * as v from 'valibot';
import { displayText, locationReferences, token, tokenType, tokenUid } from '../../ocpi/token.ts';
import { boolean, ciString, object, oneOf, optional, string } from '../../ocpi/values.ts';
import { operation } from './operation.ts';

const patience = 'a whole number of milliseconds from 500 to 20000';

/** What a peer that was asked has said: one of OCPI's words, or why there is none. */
const saidOfPeer = oneOf([
  'ALLOWED',
  'BLOCKED',
  'EXPIRED',
  'NO_CREDIT',
  'NOT_ALLOWED',
  'unknown',
  'needs-location',
  'refused',
  'unreachable',
]);

export const mayCharge = operation({
  name: 'may-charge',
  method: 'POST',
  summary:
    'Says whether a card may charge, from the received Tokens or by asking their eMSP, as whitelist and settings say.',
  input: object({
    /** As the charger read it: letter case does not count, nor do leading zeros where the owner's peer is set so. */
    uid: tokenUid,
    type: optional(tokenType),
    /** Where; without EVSEs it means the whole location. connector_ids go to peers of 2.1.1 only. */
    location: optional(locationReferences),
    /** The CPO party of ours that asks, by default the first. */
    party: optional(object({ country_code: ciString(2), party_id: ciString(3) })),
    /** For all that is asked together; by default 3000. */
    patienceMs: optional(
      v.pipe(v.number(patience), v.integer(patience), v.minValue(500, patience), v.maxValue(20_000, patience)),
    ),
  }),
  output: object({
    allowed: boolean,
    /** Who decided: our copy; the eMSP that was asked; our copy because it could not be asked; nobody. */
    source: oneOf(['copy', 'asked', 'offline', 'none']),
    /** In words. */
    reason: v.string(),
    token: optional(token),
    /** Who speaks for the owner, or has answered. */
    peer: optional(v.string()),
    /** To be sent back in the Session and the CDR (AUTH-15). */
    authorization_reference: optional(string(255)),
    /** For the driver. */
    info: optional(displayText),
    /** Where charging is allowed, if the eMSP said so: only at these EVSEs. */
    location: optional(locationReferences),
    asked: v.array(
      object({
        peer: v.string(),
        said: saidOfPeer,
        /** More of it, in words. */
        why: optional(v.string()),
        ms: v.number(),
        /** Nobody was asked now: so it answered before, and its settings say that this still counts. */
        remembered: optional(boolean),
      }),
    ),
  }),
});
