/** OCPI's data types as valibot schemas. A schema's message says what the value should be; `decode` says what it was. */
import * as v from 'valibot';
import { invalid } from '../errors.ts';
import type { PartyId } from './versions.ts';

/** Folds a CiString for comparing and keying; what is stored and returned keeps its spelling (DT-02). Only ASCII, or ß were SS. */
export const fold = (value: string): string => value.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

export const sameCiString = (a: string, b: string): boolean => a === b || fold(a) === fold(b);

export const sameParty = (a: PartyId, b: PartyId): boolean =>
  sameCiString(a.country_code, b.country_code) && sameCiString(a.party_id, b.party_id);

const printableAscii = /^[\x20-\x7e]+$/;
/** Half a surrogate pair has no UTF-8 at all, so no storage could give it back. */
const controlCharacter = /[\p{Cc}\p{Cs}]/u;

/** Length in code points, as OCPI counts characters (TOK-OBJ-01), each of one or two UTF-16 units; counted only where it matters. */
const isLongerThan = (value: string, max: number): boolean =>
  value.length > 2 * max || (value.length > max && Array.from(value).length > max);

/** CiString(max): printable ASCII, never empty, because every one of them names something (DT-01). */
export function ciString(max: number) {
  const message = `a string of 1 to ${max} printable ASCII characters`;
  return v.pipe(
    v.string(message),
    v.check((value) => printableAscii.test(value) && value.length <= max, message),
  );
}

/** string(max): printable UTF-8 without control characters (DT-05). */
export function string(max: number) {
  const message = `a string of at most ${max} characters without control characters`;
  return v.pipe(
    v.string(message),
    v.check((value) => !isLongerThan(value, max) && !controlCharacter.test(value), message),
  );
}

const urlMessage = 'an absolute http(s) URL of at most 255 characters';

/** DT-11 */
export const url = v.pipe(
  v.string(urlMessage),
  v.check((value) => value.length <= 255 && /^https?:$/.test(URL.parse(value)?.protocol ?? ''), urlMessage),
);

/** A two-letter ISO 639-1 code; any letter case is taken, lower case is kept (DT-15). */
export const language = v.pipe(
  v.string('a two-letter language code'),
  v.regex(/^[a-z]{2}$/i, 'a two-letter language code'),
  v.toLowerCase(),
);

export const boolean = v.boolean('true or false');

/** A closed enum: its values are case-sensitive (ENUM-01). */
export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  v.picklist(values, `one of ${values.join(', ')}`);

const dateTimePattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(?:Z|[+-]00:00)?$/;

/**
 * Reads an OCPI DateTime with or without fraction and designator (DT-06 to DT-09).
 * @returns the instant in fixed width, `2026-01-31T23:59:59.000Z`, so that instants compare as strings; undefined if it is none
 */
export function parseDateTime(value: string): string | undefined {
  const [, seconds, fraction = '.'] = dateTimePattern.exec(value) ?? [];
  if (!seconds) return undefined;
  const date = new Date(`${seconds}${fraction.slice(0, 4).padEnd(4, '0')}Z`);
  if (Number.isNaN(date.getTime())) return undefined;
  const iso = date.toISOString();
  // Date rolls 30 February over into March; OCPI should not.
  return iso.startsWith(seconds) ? iso : undefined;
}

export const dateTime = v.pipe(
  v.string('a DateTime in UTC such as 2026-01-31T23:59:59Z'),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const instant = parseDateTime(dataset.value);
    if (instant) return instant;
    addIssue({ message: 'a DateTime in UTC such as 2026-01-31T23:59:59Z' });
    return NEVER;
  }),
);

export const optional = v.exactOptional;

const isOptional = (schema: { type: string }): boolean => schema.type === 'exact_optional';

/**
 * A class of OCPI. An optional member may be null or absent alike (TRN-24, TRN-25); members we do not know are ignored (TRN-26).
 */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  const members = Object.entries(entries).map(([name, schema]) => ({ name, optional: isOptional(schema) }));
  return v.pipe(
    v.custom<Record<string, unknown>>(isObject, 'an object'),
    v.transform((input) => {
      const known: Record<string, unknown> = {};
      for (const { name, optional } of members) {
        const value = Object.hasOwn(input, name) ? input[name] : undefined;
        // A required member that is missing stays in as undefined, so that its own schema speaks about it.
        if (!optional || (value !== null && value !== undefined)) known[name] = value;
      }
      return known;
    }),
    v.object(entries),
  );
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The longest list that we read; nothing that OCPI means is longer. */
export const longestList = 1_000;

/** A list of bounded length: it is measured before its items are looked at. */
export function boundedList<Item extends v.GenericSchema>(item: Item) {
  const message = `a list of at most ${longestList}`;
  return v.pipe(
    v.custom<unknown[]>((input) => Array.isArray(input) && input.length <= longestList, message),
    v.array(item, message),
  );
}

/** A list that may also be null or absent when empty (TRN-24). */
export const list = <Item extends v.GenericSchema>(item: Item) => optional(boundedList(item));

const longestEcho = 60;
/** Who sends more faults than that learns the others when these are mended. */
const mostComplaints = 20;

function was(input: unknown): string {
  if (input === undefined) return 'is missing';
  // Not spelt out: it may be megabytes, or nested deeper than the stack.
  if (isObject(input)) return 'was an object';
  if (Array.isArray(input)) return 'was a list';
  const text = JSON.stringify(input);
  return `was ${text.length > longestEcho ? `${text.slice(0, longestEcho)}…` : text}`;
}

/**
 * Checks a value against a schema.
 * @param name what to call the value when it is wrong as a whole
 * @throws 2001 that names every wrong field, what it should be and what it was (TRN-45)
 */
export function decode<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  name: string,
): v.InferOutput<Schema> {
  const result = v.safeParse(schema, value);
  if (result.success) return result.output;
  const complaints = result.issues
    .slice(0, mostComplaints)
    .map((issue) => `${v.getDotPath(issue) ?? name} should be ${issue.message}, but ${was(issue.input)}`);
  throw invalid(complaints.join('; '));
}

type EntriesOutput<Entries extends v.ObjectEntries> = v.InferOutput<v.ObjectSchema<Entries, undefined>>;

/** What a PATCH asks for: members to set, and optional members to clear (COO-09, COO-13). */
export interface Changes<T> {
  set: Partial<T>;
  clear: (keyof T & string)[];
}

/**
 * Reads a partial object: only the members that are there are checked; null clears an optional one (COO-13).
 * @throws 2001, also for null in a required member
 */
export function decodeChanges<const Entries extends v.ObjectEntries>(
  entries: Entries,
  value: unknown,
  name: string,
): Changes<EntriesOutput<Entries>> {
  const input = decode(v.custom<Record<string, unknown>>(isObject, 'an object'), value, name);
  const present = Object.keys(entries).filter((member) => Object.hasOwn(input, member));
  const isCleared = (member: string) => input[member] === null && isOptional(entries[member] as { type: string });
  const checked = Object.fromEntries(
    present.filter((member) => !isCleared(member)).map((member) => [member, entries[member]]),
  );
  return {
    set: decode(v.object(checked as v.ObjectEntries), input, name) as Partial<EntriesOutput<Entries>>,
    clear: present.filter(isCleared) as Changes<EntriesOutput<Entries>>['clear'],
  };
}
