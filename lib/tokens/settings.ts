/** What is kept beside a Token of ours and OCPI never sees: what its owner says of it, and what its source last said. */
import * as v from 'valibot';
import { displayText } from '../ocpi/token.ts';
import { boolean, boundedList, ciString, dateTime, object, optional, string } from '../ocpi/values.ts';

const allowedLocation = object({ location_id: ciString(39), evse_uids: optional(boundedList(ciString(39))) });

/** Absent means no restriction. */
export const ownerSettingsEntries = {
  /** A canonical DateTime from which the Token is expired, and partners see it as invalid. */
  expiresAt: optional(dateTime),
  hasNoCredit: optional(boolean),
  /** Never decide without knowing where (2002). */
  needsLocation: optional(boolean),
  /** Only these locations, and of each only these EVSEs if it names any. */
  allowedLocations: optional(boundedList(allowedLocation)),
};
export const ownerSettings = object(ownerSettingsEntries);
export type OwnerSettings = v.InferOutput<typeof ownerSettings>;

/** Only block and unblock change it. */
export const block = object({
  /** For the owner's own records. */
  why: optional(string(255)),
  /** For the driver, in the languages that there are: the answer to his charger carries the one of his Token. */
  info: optional(v.array(displayText, 'a list of texts')),
});
export type Block = v.InferOutput<typeof block>;

export interface TokenSettings extends OwnerSettings {
  /** The Token was erased, and this is what is left in its place. */
  erased?: true;
  blocked?: true;
  block?: Block;
  /** What the source of the Token last said; a record of it that is older is not taken. */
  source?: { valid: boolean; last_updated: string };
}
