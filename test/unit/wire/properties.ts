/** What holds for the wire of every version, declared by the test file of each. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OcpiError } from '../../../lib/errors.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import type { PartyId } from '../../../lib/ocpi/versions.ts';
import type { Wire } from '../../../lib/wire/wire.ts';
import { foreignParty, fullToken, token, tokenArbitrary } from '../../support/builders.ts';

type Body = Record<string, unknown>;

/** What travels: a value as JSON makes it. */
export const json = (value: unknown): Body => JSON.parse(JSON.stringify(value));

/** What a 2001 says. */
export function refusal(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof OcpiError && error.http === 200 && error.status === 2001) return error.message;
    throw error;
  }
  throw new Error('It was accepted');
}

const ownerOf = ({ country_code, party_id }: Token): PartyId => ({ country_code, party_id });

const required = (field: string, wrong: unknown, should: string) => ({ field, optional: false, wrong, should });
const optional = (field: string, wrong: unknown, should: string) => ({ field, optional: true, wrong, should });

/** Every field of any version: a value that no version takes, and what the refusal should ask for. */
const allFields = [
  required('country_code', 'DEU', 'a string of 1 to 2 printable ASCII characters'),
  required('party_id', 'DMSX', 'a string of 1 to 3 printable ASCII characters'),
  required('uid', 'u'.repeat(37), 'a string of 1 to 36 printable ASCII characters'),
  required('type', 7, ''),
  required('auth_id', '', 'a string of 1 to 36 printable ASCII characters'),
  required('contract_id', 'c\n', 'a string of 1 to 36 printable ASCII characters'),
  optional('visual_number', 'v'.repeat(65), 'a string of at most 64 characters without control characters'),
  required('issuer', 'a\tb', 'a string of at most 64 characters without control characters'),
  optional('group_id', 'g'.repeat(37), 'a string of 1 to 36 printable ASCII characters'),
  required('valid', 'true', 'true or false'),
  required('whitelist', 'SOMETIMES', 'one of ALWAYS, ALLOWED, ALLOWED_OFFLINE, NEVER'),
  optional('language', 'eng', 'a two-letter language code'),
  optional('default_profile_type', 'green', 'one of CHEAP, FAST, GREEN, REGULAR'),
  optional('energy_contract', 'Windkraft', 'an object'),
  required('last_updated', '2026-01-31T12:00:00+01:00', 'a DateTime in UTC such as 2026-01-31T23:59:59Z'),
];

interface Expectations {
  /** All fields of the Token in this version, in the order of its table. */
  fields: readonly string[];
  /** The canonical fields that may come back otherwise than they went, as the head of the version's file declares them. */
  lossy: readonly (keyof Token)[];
}

/** Declares the tests. */
export function wireProperties(wire: Wire, { fields, lossy }: Expectations): void {
  const ownFields = allFields.filter(({ field }) => fields.includes(field));
  const decode = (body: unknown, owner: PartyId = foreignParty) => wire.decodeToken(body, owner);
  const complete = () => json(wire.encodeToken(fullToken()));

  describe('every Token', () => {
    it('loses only the declared fields from canonical to this version and back (TOK-OBJ-06)', () => {
      fc.assert(
        fc.property(tokenArbitrary, (token) => {
          const back = decode(json(wire.encodeToken(token)), ownerOf(token));
          const kept = <T extends object>(of: T) =>
            Object.fromEntries(Object.entries(of).filter(([field]) => !lossy.includes(field as keyof Token)));
          expect(kept(back)).toStrictEqual(kept(token));
          for (const field of Object.keys(back)) expect(token).toHaveProperty(field);
        }),
        { numRuns: 500 },
      );
    });

    it('loses nothing more the second time (TOK-OBJ-06)', () => {
      fc.assert(
        fc.property(tokenArbitrary, (token) => {
          const body = json(wire.encodeToken(token));
          expect(json(wire.encodeToken(decode(body, ownerOf(token))))).toStrictEqual(body);
        }),
        { numRuns: 500 },
      );
    });

    it('has the fields of this version, in the order of its table', () => {
      expect(Object.keys(complete())).toEqual(fields);
      const minimal = json(wire.encodeToken(token()));
      expect(Object.keys(minimal)).toEqual(
        fields.filter((name) => ownFields.some(({ field, optional }) => field === name && !optional)),
      );
      const shuffled = Object.fromEntries(Object.entries(fullToken()).reverse()) as Token;
      expect(Object.keys(json(wire.encodeToken(shuffled)))).toEqual(fields);
    });

    it('is read the same with fields that nobody specified (TRN-26)', () => {
      const known = new Set(allFields.map(({ field }) => field));
      const unknown = fc.dictionary(
        fc.string({ maxLength: 8 }).filter((key) => !known.has(key)),
        fc.jsonValue(),
      );
      fc.assert(
        fc.property(tokenArbitrary, unknown, (token, more) => {
          const body = json(wire.encodeToken(token));
          expect(decode({ ...more, ...body }, ownerOf(token))).toStrictEqual(decode(body, ownerOf(token)));
        }),
      );
    });
  });

  describe.each(ownFields)('the field $field', ({ field, optional, wrong, should }) => {
    it('is refused with its name, what it should be and what it was (TRN-45)', () => {
      const body = { ...complete(), [field]: wrong };
      const message = refusal(() => decode(body));
      expect(message.startsWith(`${field} should be ${should}`)).toBe(true);
      expect(
        message.endsWith(
          `, but was ${JSON.stringify(wrong).slice(0, 60)}${JSON.stringify(wrong).length > 60 ? '…' : ''}`,
        ),
      ).toBe(true);
      expect(message).not.toContain('; ');
    });

    it('is refused in a PATCH in the same words (TRN-45)', () => {
      expect(refusal(() => wire.decodeTokenChanges({ [field]: wrong }))).toBe(
        refusal(() => decode({ ...complete(), [field]: wrong })),
      );
    });

    const { [field]: value, ...rest } = complete();

    if (optional) {
      it('may be null or absent alike (TRN-24)', () => {
        expect(decode({ ...rest, [field]: null })).toStrictEqual(decode(rest));
        expect(decode(rest)).not.toHaveProperty(field);
        expect(decode({ ...rest, [field]: value })).toHaveProperty(field);
      });

      it('is cleared by null in a PATCH (COO-13)', () => {
        expect(wire.decodeTokenChanges({ [field]: null })).toStrictEqual({ set: {}, clear: [field] });
      });
    } else {
      it('has to be there (TRN-24)', () => {
        const missing = refusal(() => decode(rest));
        expect(missing).toMatch(new RegExp(`^${field} should be [^;]*, but is missing$`));
        expect(refusal(() => decode({ ...rest, [field]: null }))).toBe(missing.replace('is missing', 'was null'));
      });

      it('cannot be cleared by null in a PATCH (COO-13)', () => {
        expect(refusal(() => wire.decodeTokenChanges({ [field]: null }))).toMatch(
          new RegExp(`^${field} should be [^;]*, but was null$`),
        );
      });
    }
  });

  describe('a PATCH', () => {
    it('touches the fields that it names and no other, and reads them as a PUT does (COO-09)', () => {
      const optionalFields = ownFields.filter(({ optional }) => optional).map(({ field }) => field);
      fc.assert(
        fc.property(
          tokenArbitrary,
          fc.subarray([...fields]),
          fc.subarray(optionalFields),
          fc.dictionary(fc.constantFrom('more', 'id', 'group', '__proto__'), fc.jsonValue()),
          (token, named, cleared, more) => {
            const body = json(wire.encodeToken(token));
            const whole: Body = decode(body, ownerOf(token));
            const canonical = (field: string) => (field === 'auth_id' ? 'contract_id' : field);
            const nulls = Object.fromEntries(cleared.map((field) => [field, null]));
            const values = Object.fromEntries(
              named.filter((field) => field in body && !(field in nulls)).map((field) => [field, body[field]]),
            );

            const { set, clear } = wire.decodeTokenChanges({ ...more, ...values, ...nulls });
            const expected = Object.keys(values).map((field) => [canonical(field), whole[canonical(field)]]);
            expect(set).toStrictEqual(Object.fromEntries(expected));
            expect([...clear].sort()).toEqual([...cleared].sort());
          },
        ),
        { numRuns: 500 },
      );
    });

    it('with nothing of this version in it asks for nothing (COO-09)', () => {
      const foreign = allFields
        .filter(({ field }) => !fields.includes(field))
        .map(({ field, wrong }) => [field, wrong]);
      expect(wire.decodeTokenChanges({})).toStrictEqual({ set: {}, clear: [] });
      expect(wire.decodeTokenChanges(Object.fromEntries(foreign))).toStrictEqual({ set: {}, clear: [] });
    });

    it.each([[[]], ['text'], [7], [null], [true]])('has to be an object: %j (TRN-45)', (body) => {
      expect(refusal(() => wire.decodeTokenChanges(body))).toMatch(/^the Token should be an object, but was /);
      expect(refusal(() => decode(body))).toMatch(/^the Token should be an object, but was /);
    });
  });

  describe('the values', () => {
    it.each([
      ['2026-01-31T12:00:00Z', '2026-01-31T12:00:00.000Z'],
      ['2026-01-31T12:00:00', '2026-01-31T12:00:00.000Z'],
      ['2026-01-31T12:00:00.2Z', '2026-01-31T12:00:00.200Z'],
      ['2026-01-31T12:00:00.123', '2026-01-31T12:00:00.123Z'],
      ['2026-01-31T12:00:00.123456Z', '2026-01-31T12:00:00.123Z'],
      ['2026-01-31T12:00:00+00:00', '2026-01-31T12:00:00.000Z'],
    ])('reads the DateTime %s (DT-06, DT-07, DT-08, DT-09)', (last_updated, instant) => {
      expect(decode({ ...complete(), last_updated }).last_updated).toBe(instant);
      expect(wire.decodeTokenChanges({ last_updated }).set).toEqual({ last_updated: instant });
    });

    it.each(['issuer', 'visual_number'])('counts the characters of %s, not UTF-16 units (TOK-OBJ-01)', (field) => {
      expect(decode({ ...complete(), [field]: '😀'.repeat(64) })).toHaveProperty(field, '😀'.repeat(64));
      expect(refusal(() => decode({ ...complete(), [field]: '😀'.repeat(65) }))).toContain(`${field} should be`);
    });

    it('compares enums with case (ENUM-01)', () => {
      for (const whitelist of ['ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER']) {
        expect(decode({ ...complete(), whitelist }).whitelist).toBe(whitelist);
        expect(refusal(() => decode({ ...complete(), whitelist: whitelist.toLowerCase() }))).toContain('whitelist');
      }
    });

    it('keeps the spelling of ids (DT-02, DT-03)', () => {
      const spelt = decode(json(wire.encodeToken(token({ uid: 'aB c/%#', contract_id: 'de-DMS' }))));
      expect(spelt).toMatchObject({ uid: 'aB c/%#', contract_id: 'de-DMS' });
    });

    it('takes any letter case for a language (DT-15, TOK-OBJ-04)', () => {
      expect(decode({ ...complete(), language: 'IT' }).language).toBe('it');
    });

    it('names all that is wrong at once (TRN-45)', () => {
      const body = { ...complete(), uid: 7, valid: null, last_updated: 'yesterday' };
      const names = refusal(() => decode(body))
        .split('; ')
        .map((complaint) => complaint.split(' ')[0]);
      expect(names).toEqual(['uid', 'valid', 'last_updated']);
    });
  });

  describe('the type', () => {
    it('reads a Token and a query parameter alike', () => {
      for (const type of ['RFID', 'OTHER', 'APP_USER', 'AD_HOC_USER', 'EMAID', 'rfid', '', 'x'.repeat(37)]) {
        const attempt = (read: () => string) => {
          try {
            return read();
          } catch (error) {
            return (error as Error).message;
          }
        };
        expect(attempt(() => wire.decodeTokenType(type))).toBe(attempt(() => decode({ ...complete(), type }).type));
      }
    });
  });
}
