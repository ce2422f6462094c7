import { describe, expect, test } from 'vitest';
import { createMemory, createWarnings } from '../../../lib/cli/import/warnings.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import { token } from '../../support/builders.ts';

const now = () => new Date('2026-02-01T00:00:00Z');
const warningsOf = (overrides: Partial<Token>) => createWarnings('line', now)(1, token(overrides));

describe('a Token that is hardly meant', () => {
  test.each(['4.5E+12', '4,5E+12', '1e+9', '12E-5'])('has a uid that was a number to a spreadsheet: %s', (uid) => {
    expect(warningsOf({ uid })).toEqual([`uid ${uid} is a number as a spreadsheet rounds it, and no card`]);
  });

  test.each(['04E12345', '45E11', '123456789012', 'ABE+12', '4.5E+12X'])('but %s may be a card', (uid) => {
    expect(warningsOf({ uid })).toEqual([]);
  });

  test('may have lost its other numbers so too', () => {
    const [first, second, third] = warningsOf({ contract_id: '1E+12', visual_number: '2E+12', group_id: '3E+12' });
    expect([first, second, third].map((warning) => warning?.split(' ')[0])).toEqual([
      'contract_id',
      'visual_number',
      'group_id',
    ]);
  });

  test.each(['rfid', 'CARD'])('has a type that is in no version: %s', (type) => {
    expect(warningsOf({ type })).toEqual([expect.stringContaining(`type ${type} is in no version of OCPI`)]);
  });

  test.each(['AD_HOC_USER', 'APP_USER', 'EMAID', 'OTHER', 'RFID'])('but %s is in one', (type) => {
    expect(warningsOf({ type })).toEqual([]);
  });

  test('was changed more than a day ahead', () => {
    expect(warningsOf({ last_updated: '2026-02-02T00:00:00.000Z' })).toEqual([]);
    expect(warningsOf({ last_updated: '2026-02-02T00:00:00.001Z' })).toEqual([
      'last_updated 2026-02-02T00:00:00.001Z is far in the future',
    ]);
  });

  test('stands in the file twice: its uid in any case, and the same type', () => {
    const warnings = createWarnings('line', now);
    expect(warnings(2, token({ uid: 'ab1' }))).toEqual([]);
    expect(warnings(3, token({ uid: 'AB1', type: 'OTHER' }))).toEqual([]);
    expect(warnings(4, token({ uid: 'AB1' }))).toEqual(['RFID AB1 stands in line 2 already']);
    expect(warnings(5, token({ uid: 'aB1' }))).toEqual(['RFID aB1 stands in line 2 already']);
  });
});

describe('the memory of what was there', () => {
  const remembering = (most: number, count: number) => {
    const remember = createMemory(most);
    for (let n = 1; n <= count; n += 1) expect(remember(`T${n}`, n)).toBeUndefined();
    return remember;
  };

  test('tells apart and finds all that it may hold', () => {
    const remember = remembering(20_000, 20_000);
    for (let n = 1; n <= 20_000; n += 1) expect(remember(`T${n}`, 99_999)).toBe(n);
  });

  test('keeps the first when it is full, and still ends', () => {
    const remember = remembering(8, 100);
    expect([1, 8, 9, 100].map((n) => remember(`T${n}`, 0))).toEqual([1, 8, undefined, undefined]);
  });
});
