/** Values as they stand in a query. */
import * as v from 'valibot';
import { isObject } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';

const isWholeNumber = /^\d{1,15}$/;

/** @param max inclusive */
export function countText(min: number, max = Number.MAX_SAFE_INTEGER) {
  const range = max === Number.MAX_SAFE_INTEGER ? 'on' : `to ${max}`;
  const message = `a whole number from ${min} ${range}`;
  return v.pipe(
    v.string(message),
    v.regex(isWholeNumber, message),
    v.transform(Number),
    v.minValue(min, message),
    v.maxValue(max, message),
  );
}

const flags = 'true or false';
export const flagText = v.pipe(
  v.picklist(['true', 'false'], flags),
  v.transform((text) => text === 'true'),
);

const partyMessage = 'a party such as NL-LMS';
export const partyText = v.pipe(
  v.string(partyMessage),
  v.regex(/^[A-Za-z]{2}[- ]?[A-Za-z0-9]{3}$/, partyMessage),
  v.transform(
    (text): PartyId => ({ country_code: text.slice(0, 2).toUpperCase(), party_id: text.slice(-3).toUpperCase() }),
  ),
);

/** Where a page goes on; opaque. */
const cursorMessage = 'a cursor as an answer gave it';
export const cursor = v.pipe(v.string(cursorMessage), v.regex(/^[\x21-\x7e]{1,1000}$/, cursorMessage));

/** Members to change: unlike one of OCPI's objects it keeps a null, which takes a member away. */
export const changes = <const Entries extends v.ObjectEntries>(entries: Entries) =>
  v.pipe(v.custom<Record<string, unknown>>(isObject, 'an object'), v.object(entries));
