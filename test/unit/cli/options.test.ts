import { describe, expect, test } from 'vitest';
import {
  allowedLocation,
  credentialsToken,
  displayText,
  instant,
  instantOrNever,
  memberOfTokens,
  parseParties,
  parseParty,
  parseRoles,
  peerRole,
  peerRolesOf,
  wholeNumber,
} from '../../../lib/cli/options.ts';

describe('parties', () => {
  const dms = { role: 'EMSP', country_code: 'DE', party_id: 'DMS' };

  test.each([[['DE', 'DMS']], [['DE DMS']], [['de-dms']], [['EMSP', 'DE', 'DMS']]])('%j is one party', (words) => {
    expect(parseRoles(words, 'EMSP')).toEqual([dms]);
  });

  test('several, some with a role of their own', () => {
    expect(parseRoles(['DE', 'DMS', 'CPO', 'DE', 'CPO', 'FR', 'ABC'], 'EMSP')).toEqual([
      dms,
      { role: 'CPO', country_code: 'DE', party_id: 'CPO' },
      { role: 'EMSP', country_code: 'FR', party_id: 'ABC' },
    ]);
  });

  test('without a role', () => {
    expect(parseParties(['DE', 'DMS', 'CPO', 'FR', 'ABC'])).toEqual([
      { country_code: 'DE', party_id: 'DMS' },
      { country_code: 'FR', party_id: 'ABC' },
    ]);
  });

  test.each([
    [['DE'], '"DE" is not a party such as DE DMS'],
    [['DMS', 'DE'], '"DMS DE" is not a party'],
    [['DE', 'DMSX'], '"DE DMSX" is not a party'],
    [['DE', 'DMS', 'FR'], '"FR" is not a party'],
  ])('%j is none', (words, message) => {
    expect(() => parseRoles(words, 'EMSP')).toThrow(message);
  });

  test('a party needs a role', () => {
    expect(() => parseRoles(['DE', 'DMS'], undefined)).toThrow('--role is missing');
  });

  test('a list is of one party', () => {
    expect(parseParty(['nl', 'lms'])).toEqual({ country_code: 'NL', party_id: 'LMS' });
    expect(() => parseParty(['NL', 'LMS', 'BE', 'LMS'])).toThrow('--party takes one party');
  });
});

describe('single values', () => {
  test('roles, of any case', () => {
    expect(peerRole('hub')).toBe('HUB');
    expect(() => peerRole('BANK')).toThrow('It is one of CPO, EMSP');
    expect(peerRolesOf('cpo', ['EMSP'])).toEqual(['EMSP', 'CPO']);
  });

  test('whole numbers', () => {
    expect(wholeNumber(0)('0')).toBe(0);
    expect(wholeNumber(1)('20')).toBe(20);
    expect(() => wholeNumber(1, 9)('10')).toThrow('whole number from 1 to 9');
    for (const text of ['-1', '0', '1.5', 'x', '', '1e3']) expect(() => wholeNumber(1)(text)).toThrow('whole number');
  });

  test('DateTimes, in any spelling that OCPI has', () => {
    expect(instant('2026-01-31T23:59:59')).toBe('2026-01-31T23:59:59.000Z');
    expect(() => instant('2026-02-30T00:00:00Z')).toThrow('DateTime in UTC');
    expect(instantOrNever('Never')).toBe('never');
    expect(instantOrNever('2026-01-31T23:59:59Z')).toBe('2026-01-31T23:59:59.000Z');
    expect(() => instantOrNever('tomorrow')).toThrow('DateTime in UTC');
  });

  test('credentials tokens', () => {
    expect(credentialsToken('~'.repeat(64))).toHaveLength(64);
    for (const text of ['', 'a b', 'é', 'x'.repeat(65)]) expect(() => credentialsToken(text)).toThrow('1 to 64');
  });
});

describe('allowed locations', () => {
  test('add up', () => {
    const first = allowedLocation('LOC1');
    expect(allowedLocation('LOC2:E1,E*2', first)).toEqual([
      { location_id: 'LOC1' },
      { location_id: 'LOC2', evse_uids: ['E1', 'E*2'] },
    ]);
    expect(first).toHaveLength(1);
  });

  test.each(['', ':E1', 'LOC1:', 'LOC1:E1,', 'x'.repeat(40)])('%j is none', (text) => {
    expect(() => allowedLocation(text)).toThrow('It is a location id');
  });
});

describe('texts for drivers', () => {
  test('add up', () => {
    expect(displayText('de=a = b', displayText('en=Please call'))).toEqual([
      { language: 'en', text: 'Please call' },
      { language: 'de', text: 'a = b' },
    ]);
  });

  test.each(['', 'en', 'en=', 'eng=x', '=x'])('%j is none', (text) => {
    expect(() => displayText(text)).toThrow('It is LANGUAGE=TEXT');
  });
});

describe('members of Tokens', () => {
  test('add up, typed as in a Token, their names in any spelling', () => {
    const first = memberOfTokens('valid=TRUE');
    const all = ['Issuer=Acme = Co', 'Last Updated=2026-01-31T12:00:00Z', 'energy_contract.supplier_name=Wind'];
    expect(all.reduce((before, text) => memberOfTokens(text, before), first)).toEqual(
      new Map<string, unknown>([
        ['valid', true],
        ['issuer', 'Acme = Co'],
        ['last_updated', '2026-01-31T12:00:00.000Z'],
        ['energy_contract.supplier_name', 'Wind'],
      ]),
    );
    expect(first.size).toBe(1);
  });

  test.each([
    ['issuer', 'It is NAME=VALUE, and the name is one of country_code, '],
    ['colour=red', 'It is NAME=VALUE'],
    ['energy_contract=x', 'It is NAME=VALUE'],
    ['uid=A1', 'It is NAME=VALUE'],
    ['valid=yes', 'valid should be true or false, but was "yes".'],
    ['whitelist=SOMETIMES', 'whitelist should be one of'],
    ['type=', 'type should be a string of 1 to 36'],
    ['language=english', 'language should be a two-letter language code'],
  ])('not %s', (text, message) => {
    expect(() => memberOfTokens(text)).toThrow(message);
  });

  test('none twice', () => {
    expect(() => memberOfTokens('ISSUER=B', memberOfTokens('issuer=A'))).toThrow('issuer is given twice.');
  });
});
