import fc from 'fast-check';
import type * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { OcpiError } from '../../../lib/errors.ts';
import {
  boolean,
  ciString,
  dateTime,
  decode,
  decodeChanges,
  fold,
  language,
  list,
  object,
  oneOf,
  optional,
  parseDateTime,
  sameCiString,
  sameParty,
  string,
} from '../../../lib/ocpi/values.ts';
import { ciStringArbitrary, dateTimeArbitrary, stringArbitrary, swapCase } from '../../support/builders.ts';

/** What a schema says of a value, or what it makes of it. */
function tried(schema: v.GenericSchema, value: unknown): { output: unknown } | { refused: string } {
  try {
    return { output: decode(schema, value, 'it') };
  } catch (error) {
    if (error instanceof OcpiError && error.http === 200 && error.status === 2001) return { refused: error.message };
    throw error;
  }
}

describe('parseDateTime', () => {
  it.each([
    ['with Z (DT-06, DT-07)', '2026-01-31T23:59:59Z', '2026-01-31T23:59:59.000Z'],
    ['without designator (DT-06, DT-07)', '2026-01-31T23:59:59', '2026-01-31T23:59:59.000Z'],
    ['one digit (DT-07)', '2026-01-31T23:59:59.2Z', '2026-01-31T23:59:59.200Z'],
    ['two digits (DT-07)', '2026-01-31T23:59:59.25Z', '2026-01-31T23:59:59.250Z'],
    ['three digits (DT-07)', '2026-01-31T23:59:59.123Z', '2026-01-31T23:59:59.123Z'],
    ['fraction without designator (DT-07)', '2026-01-31T23:59:59.123', '2026-01-31T23:59:59.123Z'],
    ['six digits, cut off (DT-09)', '2026-01-31T23:59:59.123987Z', '2026-01-31T23:59:59.123Z'],
    ['nine digits, never rounded up (DT-09)', '2026-01-31T23:59:59.999999999Z', '2026-01-31T23:59:59.999Z'],
    ['a zero offset (DT-08)', '2026-01-31T23:59:59+00:00', '2026-01-31T23:59:59.000Z'],
    ['a zero offset with fraction (DT-08)', '2026-01-31T23:59:59.5-00:00', '2026-01-31T23:59:59.500Z'],
    ['a space for T (DT-07)', '2026-01-31 23:59:59Z', '2026-01-31T23:59:59.000Z'],
    ['a date as Python writes it (DT-07)', '2026-01-31 23:59:59.123987+00:00', '2026-01-31T23:59:59.123Z'],
    ['29 February of a leap year', '2028-02-29T00:00:00Z', '2028-02-29T00:00:00.000Z'],
    ['before 1970', '1969-12-31T23:59:59.9Z', '1969-12-31T23:59:59.900Z'],
    ['the first second', '0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
    ['the last second', '9999-12-31T23:59:59Z', '9999-12-31T23:59:59.000Z'],
  ])('reads %s', (_, text, instant) => {
    expect(parseDateTime(text)).toBe(instant);
    expect(tried(dateTime, text)).toEqual({ output: instant });
  });

  it.each([
    ['another offset (DT-08)', '2026-01-31T23:59:59+01:00'],
    ['an offset without colon (DT-08)', '2026-01-31T23:59:59+0000'],
    ['an offset whose plus a URL has turned into a space (DT-10)', '2026-01-31T23:59:59 00:00'],
    ['no seconds (DT-07)', '2026-01-31T23:59Z'],
    ['a date', '2026-01-31'],
    ['two spaces for T', '2026-01-31  23:59:59Z'],
    ['a tab for T', '2026-01-31\t23:59:59Z'],
    ['30 February with a space for T', '2026-02-30 00:00:00Z'],
    ['lower case (DT-07)', '2026-01-31t23:59:59z'],
    ['an empty fraction', '2026-01-31T23:59:59.Z'],
    ['a decimal comma', '2026-01-31T23:59:59,5Z'],
    ['month 13', '2026-13-01T00:00:00Z'],
    ['month 0', '2026-00-01T00:00:00Z'],
    ['day 0', '2026-01-00T00:00:00Z'],
    ['30 February', '2026-02-30T00:00:00Z'],
    ['29 February of another year', '2026-02-29T00:00:00Z'],
    ['hour 24', '2026-01-31T24:00:00Z'],
    ['minute 60', '2026-01-31T23:60:00Z'],
    ['second 60', '2026-06-30T23:59:60Z'],
    ['a year of five digits', '12026-01-31T23:59:59Z'],
    ['a signed year', '+002026-01-31T23:59:59Z'],
    ['something before', ' 2026-01-31T23:59:59Z'],
    ['something behind', '2026-01-31T23:59:59Z\n'],
    ['a Unix time', '1769903999'],
    ['nothing', ''],
    ['other digits', '２０２６-01-31T23:59:59Z'],
  ])('refuses %s', (_, text) => {
    expect(parseDateTime(text)).toBeUndefined();
    expect(tried(dateTime, text)).toEqual({
      refused: `it should be a DateTime in UTC such as 2026-01-31T23:59:59Z, but was ${JSON.stringify(text)}`,
    });
  });

  it('gives instants that compare as strings as they do in time (DT-09)', () => {
    const spelt = fc.tuple(dateTimeArbitrary, fc.constantFrom('', 'Z', '+00:00'), fc.boolean());
    fc.assert(
      fc.property(spelt, spelt, ([a, aZone, aShort], [b, bZone, bShort]) => {
        const spell = (instant: string, zone: string, short: boolean) =>
          `${short ? instant.replace(/\.?0*Z$/, '') : instant.replace('Z', '')}${zone}`;
        const [readA = '', readB = ''] = [
          parseDateTime(spell(a, aZone, aShort)),
          parseDateTime(spell(b, bZone, bShort)),
        ];
        expect([readA, readB]).toEqual([a, b]);
        expect(Math.sign(readA.localeCompare(readB, 'en'))).toBe(Math.sign(Date.parse(a) - Date.parse(b)));
      }),
    );
  });

  it.each([null, undefined, 1769903999, true, {}, []])('refuses %j', (value) => {
    expect(tried(dateTime, value)).toMatchObject({ refused: expect.stringContaining('a DateTime in UTC') });
  });
});

describe('fold', () => {
  it('compares without case, and nothing else is folded (DT-02)', () => {
    fc.assert(
      fc.property(ciStringArbitrary(8), ciStringArbitrary(8), (a, b) => {
        expect(sameCiString(a, swapCase(a))).toBe(true);
        expect(sameCiString(a, b)).toBe(a === b || fold(a) === fold(b));
        expect(fold(fold(a))).toBe(fold(a));
        expect(fold(a)).toHaveLength(a.length);
      }),
    );
    expect(sameCiString('a_b', 'A-B')).toBe(false);
    expect(sameCiString('a ', 'a')).toBe(false);
  });

  it('folds ASCII only, so that no other text meets an id (DT-02)', () => {
    for (const [other, ascii] of [
      ['ß', 'SS'],
      ['ı', 'I'],
      ['ſ', 'S'],
      ['ﬁ', 'FI'],
      ['\u212a', 'K'],
      ['\u212a', 'k'],
    ] as const) {
      expect(sameCiString(other, ascii)).toBe(false);
    }
  });

  it('sameParty compares both codes', () => {
    const party = { country_code: 'NL', party_id: 'LMS' };
    expect(sameParty(party, { country_code: 'nl', party_id: 'lms' })).toBe(true);
    expect(sameParty(party, { country_code: 'NL', party_id: 'LMX' })).toBe(false);
    expect(sameParty(party, { country_code: 'BE', party_id: 'LMS' })).toBe(false);
    expect(sameParty({ country_code: 'N', party_id: 'LA' }, { country_code: 'NL', party_id: 'A' })).toBe(false);
  });
});

describe('ciString', () => {
  it('takes any printable ASCII up to its length and keeps the spelling (DT-01)', () => {
    fc.assert(
      fc.property(ciStringArbitrary(36), (text) => {
        expect(tried(ciString(36), text)).toEqual({ output: text });
      }),
    );
    expect(tried(ciString(3), 'abc')).toEqual({ output: 'abc' });
  });

  it.each([
    '',
    'abcd',
    'a\tb',
    'a\n',
    '\n',
    'a\0',
    'é',
    'a\u007f',
    '日',
    '😀',
    'abc\n',
    1,
    true,
    null,
    undefined,
    [],
    {},
  ])('refuses %j (DT-01)', (value) => {
    const refused = expect.stringMatching(/^it should be a string of 1 to 3 printable ASCII characters, but /);
    expect(tried(ciString(3), value)).toEqual({ refused });
  });
});

describe('string', () => {
  it('takes any text without control characters up to its length, unchanged (DT-05)', () => {
    fc.assert(
      fc.property(stringArbitrary(64), (text) => {
        expect(tried(string(64), text)).toEqual({ output: text });
      }),
    );
  });

  it.each(['a', 'é', '日', '😀', '\u{10ffff}'])('counts %j as one character (TOK-OBJ-01)', (character) => {
    expect(tried(string(64), character.repeat(64))).toEqual({ output: character.repeat(64) });
    expect(tried(string(64), character.repeat(65))).toHaveProperty('refused');
    expect(tried(string(64), `${character.repeat(63)}ab`)).toHaveProperty('refused');
  });

  it.each(['\0', 'a\tb', '\r\n', '\u007f', '\u0085', '\u009f'])(
    'refuses the control character in %j (DT-05)',
    (text) => {
      expect(tried(string(64), text)).toHaveProperty('refused');
    },
  );

  it.each(['\ud83d', 'a\ude00', '\ude00\ud83d', '\ud83d\ud83d\ude00'])(
    'refuses half a character: %j (DT-05)',
    (text) => {
      expect(tried(string(64), text)).toHaveProperty('refused');
    },
  );

  it.each([1, true, null, undefined, [], {}])('refuses %j (TRN-28)', (value) => {
    expect(tried(string(64), value)).toHaveProperty('refused');
  });
});

describe('language', () => {
  it.each([
    ['en', 'en'],
    ['EN', 'en'],
    ['Nl', 'nl'],
  ])('takes %s and keeps %s (DT-15, TOK-OBJ-04)', (given, kept) => {
    expect(tried(language, given)).toEqual({ output: kept });
  });

  it.each(['', 'e', 'eng', 'en-US', '12', 'é1', 'İİ', ' e', null, 1])('refuses %j (DT-15)', (value) => {
    expect(tried(language, value)).toHaveProperty('refused');
  });
});

describe('boolean and oneOf', () => {
  it.each(['true', 'false', 0, 1, null, undefined, ''])('takes no %j for a boolean', (value) => {
    expect(tried(boolean, value)).toMatchObject({
      refused: expect.stringContaining('it should be true or false, but'),
    });
  });

  it('compares with case (ENUM-01)', () => {
    const colour = oneOf(['RED', 'BLUE']);
    expect(tried(colour, 'RED')).toEqual({ output: 'RED' });
    for (const value of ['red', 'Red', 'RED ', '', 'toString', 0, null, undefined, ['RED']]) {
      const refused = expect.stringMatching(/^it should be one of RED, BLUE, but /);
      expect(tried(colour, value)).toEqual({ refused });
    }
  });
});

const inner = object({ name: string(8), note: optional(string(8)) });
const outer = object({ id: ciString(4), note: optional(string(8)), tags: list(ciString(4)), inner: optional(inner) });

describe('object', () => {
  it('reads null and absent alike, and gives neither back (TRN-24, TRN-25)', () => {
    const output = { id: 'a' };
    expect(tried(outer, { id: 'a' })).toStrictEqual({ output });
    expect(tried(outer, { id: 'a', note: null, tags: null, inner: null })).toStrictEqual({ output });
    expect(tried(outer, { id: 'a', note: undefined, tags: undefined, inner: undefined })).toStrictEqual({ output });
  });

  it('takes an empty list (TRN-24)', () => {
    expect(tried(outer, { id: 'a', tags: [] })).toStrictEqual({ output: { id: 'a', tags: [] } });
    expect(tried(outer, { id: 'a', tags: ['b'] })).toStrictEqual({ output: { id: 'a', tags: ['b'] } });
  });

  it('holds for objects in objects (TRN-24)', () => {
    const output = { id: 'a', inner: { name: 'b' } };
    expect(tried(outer, { id: 'a', inner: { name: 'b', note: null } })).toStrictEqual({ output });
  });

  it('ignores what it does not know, at every depth (TRN-26)', () => {
    const given = JSON.parse('{"id":"a","id2":1,"__proto__":{"note":"x"},"inner":{"name":"b","more":{}},"toString":1}');
    expect(tried(outer, given)).toStrictEqual({ output: { id: 'a', inner: { name: 'b' } } });
  });

  it('reads own members only', () => {
    expect(tried(outer, Object.create({ id: 'inherited' }))).toEqual({
      refused: 'id should be a string of 1 to 4 printable ASCII characters, but is missing',
    });
  });

  it.each([
    [[1], 'a list of 1'],
    ['text', '"text"'],
    [null, 'null'],
    [7, '7'],
    [true, 'true'],
  ])('names the whole when it is no object: %j', (value, shown) => {
    expect(tried(outer, value)).toEqual({ refused: `it should be an object, but was ${shown}` });
    expect(tried(outer, { id: 'a', inner: value })).toEqual(
      value === null ? { output: { id: 'a' } } : { refused: `inner should be an object, but was ${shown}` },
    );
  });
});

describe('decode', () => {
  it('names every wrong field, what it should be and what it was (TRN-45)', () => {
    expect(tried(outer, { id: 'abcde', note: 7, tags: ['b', ''], inner: { note: 'a\nb' } })).toEqual({
      refused: [
        'id should be a string of 1 to 4 printable ASCII characters, but was "abcde"',
        'note should be a string of at most 8 characters without control characters, but was 7',
        'tags.1 should be a string of 1 to 4 printable ASCII characters, but was ""',
        'inner.name should be a string of at most 8 characters without control characters, but is missing',
        'inner.note should be a string of at most 8 characters without control characters, but was "a\\nb"',
      ].join('; '),
    });
  });

  it('says missing of what is not there, and null of null (TRN-45)', () => {
    expect(tried(outer, {})).toEqual({ refused: expect.stringMatching(/^id .* is missing$/) });
    expect(tried(outer, { id: null })).toEqual({ refused: expect.stringMatching(/^id .* was null$/) });
  });

  it('says only of what kind a list or an object was (TRN-45)', () => {
    expect(tried(outer, { id: [], inner: { name: {} } })).toEqual({
      refused: expect.stringMatching(/^id .* was a list of \d+; inner\.name .* was an object$/),
    });
  });

  it('echoes at most sixty characters of a wrong value', () => {
    const given = 'x'.repeat(1000);
    expect(tried(ciString(4), given)).toEqual({
      refused: `it should be a string of 1 to 4 printable ASCII characters, but was "${'x'.repeat(59)}…`,
    });
  });

  it('survives a value that is nested deep', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    expect(tried(outer, { id: deep })).toHaveProperty('refused');
  });
});

describe('decodeChanges', () => {
  const entries = { id: ciString(4), note: optional(string(8)), inner: optional(inner) };
  const changes = (value: unknown) => decodeChanges(entries, value, 'the body');

  it('has only what is named (COO-09)', () => {
    expect(changes({})).toEqual({ set: {}, clear: [] });
    expect(changes({ note: 'x' })).toStrictEqual({ set: { note: 'x' }, clear: [] });
    expect(changes({ id: 'a', unknown: 1 })).toStrictEqual({ set: { id: 'a' }, clear: [] });
  });

  it('clears an optional member with null, and refuses null for a required one (COO-13)', () => {
    expect(changes({ note: null, inner: null })).toStrictEqual({ set: {}, clear: ['note', 'inner'] });
    expect(() => changes({ id: null })).toThrow(
      expect.objectContaining({
        status: 2001,
        message: 'id should be a string of 1 to 4 printable ASCII characters, but was null',
      }),
    );
  });

  it('takes a member object as a whole, which has to be complete (COO-14)', () => {
    expect(changes({ inner: { name: 'a', note: null } })).toStrictEqual({ set: { inner: { name: 'a' } }, clear: [] });
    expect(() => changes({ inner: { note: 'a' } })).toThrow(/^inner\.name should be .* is missing$/);
  });

  it('names the body when it is no object', () => {
    for (const body of [[], null, 'x', 1]) {
      const shown = Array.isArray(body) ? 'a list' : JSON.stringify(body);
      expect(() => changes(body)).toThrow(`the body should be an object, but was ${shown}`);
    }
  });
});
