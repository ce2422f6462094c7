/** OCPI's data types as valibot schemas. A schema's message says what the value should be; `decode` says what it was. */
import * as v from 'valibot';
import { invalid } from '../errors.ts';
import type { PartyId } from './versions.ts';

/** Folds a CiString for comparing and keying; what is stored and returned keeps its spelling (DT-02). Only ASCII, or ß were SS. */
export const fold = (value: string): string => value.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

export const sameCiString = (a: string, b: string): boolean => a === b || fold(a) === fold(b);

export const sameParty = (a: PartyId, b: PartyId): boolean =>
  sameCiString(a.country_code, b.country_code) && sameCiString(a.party_id, b.party_id);

/** A string that one pattern describes whole, so that what is checked and what is documented cannot differ. */
const patterned = (pattern: RegExp, message: string) => v.pipe(v.string(message), v.regex(pattern, message));

/** CiString(max): printable ASCII, never empty, because every one of them names something (DT-01). */
export const ciString = (max: number) =>
  patterned(new RegExp(`^[\\x20-\\x7e]{1,${max}}$`), `a string of 1 to ${max} printable ASCII characters`);

/**
 * string(max): printable UTF-8 without control characters (DT-05), counted in code points, as OCPI counts (TOK-OBJ-01). Half a
 * surrogate pair has no UTF-8 at all, so no storage could give it back.
 */
export const string = (max: number) =>
  patterned(
    new RegExp(`^[^\\p{Cc}\\p{Cs}]{0,${max}}$`, 'u'),
    `a string of at most ${max} characters without control characters`,
  );

/** What garbles a terminal, a page or a log: controls, halves of surrogate pairs, line separators, changes of direction. */
const garbling = /[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Bidi_Control}\s]+/gu;

/**
 * Makes words of somebody else's fit to be kept and shown: on one line, and without what garbles it.
 * @param max in code points; what is longer is cut
 */
export const tidy = (text: string, max: number): string =>
  Array.from(text.replace(garbling, ' ').trim()).slice(0, max).join('').trimEnd();

const urlMessage = 'an absolute http(s) URL of at most 255 characters';

/** DT-11 */
export const url = v.pipe(
  v.string(urlMessage),
  v.check((value) => value.length <= 255 && /^https?:$/.test(URL.parse(value)?.protocol ?? ''), urlMessage),
  v.metadata({ format: 'uri', maxLength: 255 }),
);

/** A two-letter ISO 639-1 code; any letter case is taken, lower case is kept (DT-15). */
export const language = v.pipe(patterned(/^[A-Za-z]{2}$/, 'a two-letter language code'), v.toLowerCase());

export const boolean = v.boolean('true or false');

/** A closed enum: its values are case-sensitive (ENUM-01). */
export const oneOf = <const Values extends readonly string[]>(values: Values) =>
  v.picklist(values, `one of ${values.join(', ')}`);

/** With a space for the T too, which RFC 3339 lets readable dates have: what Python makes of a date by itself, and a peer then sends. */
const dateTimePattern = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(?:Z|[+-]00:00)?$/;

/**
 * Reads an OCPI DateTime with or without fraction and designator (DT-06 to DT-09).
 * @returns the instant in fixed width, `2026-01-31T23:59:59.000Z`, so that instants compare as strings; undefined if it is none
 */
export function parseDateTime(value: string): string | undefined {
  const [, day, time, fraction = '.'] = dateTimePattern.exec(value) ?? [];
  if (!day) return undefined;
  const seconds = `${day}T${time}`;
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
  v.metadata({ pattern: dateTimePattern.source }),
);

export const optional = v.exactOptional;

const isOptional = (schema: { type: string }): boolean => schema.type === 'exact_optional';

/** Whether null says something of its own in a member, such as that a setting is to go. */
const meansNull = (schema: { type: string; wrapped?: { type: string } }): boolean =>
  isOptional(schema) && schema.wrapped?.type === 'nullable';

/**
 * A class of OCPI. An optional member may be null or absent alike (TRN-24, TRN-25), unless it is nullable itself; members we do not
 * know are ignored (TRN-26).
 */
export function object<const Entries extends v.ObjectEntries>(entries: Entries) {
  const members = Object.entries(entries).map(([name, schema]) => ({
    name,
    optional: isOptional(schema),
    nullable: meansNull(schema),
  }));
  return v.pipe(
    v.custom<Record<string, unknown>>(isObject, 'an object'),
    v.transform((input) => {
      const known: Record<string, unknown> = {};
      for (const { name, optional, nullable } of members) {
        const value = Object.hasOwn(input, name) ? input[name] : undefined;
        // A required member that is missing stays in as undefined, so that its own schema speaks about it.
        if (!optional || (value !== undefined && (value !== null || nullable))) known[name] = value;
      }
      return known;
    }),
    v.object(entries),
  );
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The longest list that we read, where nothing else is said; nothing that OCPI means is longer. */
export const longestList = 1_000;

/** A list of bounded length: it is measured before its items are looked at. */
export function boundedList<Item extends v.GenericSchema>(item: Item, longest = longestList) {
  const message = `a list of at most ${longest}`;
  return v.pipe(
    v.custom<unknown[]>((input) => Array.isArray(input) && input.length <= longest, message),
    v.array(item, message),
  );
}

/** The members of a class of OCPI, for another that has them too. */
export const entriesOf = <Entries extends v.ObjectEntries>(schema: {
  pipe: readonly [unknown, unknown, { entries: Entries }];
}): Entries => schema.pipe[2].entries;

/** A list that may also be null or absent when empty (TRN-24). */
export const list = <Item extends v.GenericSchema>(item: Item) => optional(boundedList(item));

const longestEcho = 60;
/** Who sends more faults than that learns the others when these are mended. */
const mostComplaints = 20;

/** @param isSecret whether a text is not to be seen, even if it is wrong */
function was(input: unknown, isSecret: boolean): string {
  if (input === undefined) return 'is missing';
  if (isSecret && typeof input === 'string') return `was ${input.length} characters that are not shown`;
  // Not spelt out: it may be megabytes, or nested deeper than the stack.
  if (isObject(input)) return 'was an object';
  if (Array.isArray(input)) return `was a list of ${input.length}`;
  const text = JSON.stringify(input);
  return `was ${text.length > longestEcho ? `${text.slice(0, longestEcho)}…` : text}`;
}

/** Credentials tokens are not sent back, and not logged. */
const isSecret = (member: unknown): boolean => member === 'token' || member === 'tokenA';

/** What is wrong with one member of a value. */
export interface Fault {
  /** Where it is: `energy_contract.supplier_name`. */
  field: string;
  /** What it should be. */
  expected: string;
  /** How it was, bounded: `was "x"`, `is missing`. */
  found: string;
}

/**
 * Checks a value against a schema.
 * @param name what to call the value when it is wrong as a whole
 */
export function check<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
  name: string,
): { output: v.InferOutput<Schema> } | { faults: Fault[] } {
  const result = v.safeParse(schema, value);
  if (result.success) return { output: result.output };
  const faults = result.issues.slice(0, mostComplaints).map((issue) => ({
    field: v.getDotPath(issue) ?? name,
    expected: issue.message,
    found: was(issue.input, isSecret(issue.path?.at(-1)?.key)),
  }));
  return { faults };
}

/** In one sentence. */
export const spellFaults = (faults: readonly Fault[]): string =>
  faults.map(({ field, expected, found }) => `${field} should be ${expected}, but ${found}`).join('; ');

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
  const result = check(schema, value, name);
  if ('output' in result) return result.output;
  throw invalid(spellFaults(result.faults));
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
