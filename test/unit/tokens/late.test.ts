/** When a push comes too late, in every case that two clocks can make of it. */
import { expect, test } from 'vitest';
import { isLate } from '../../../lib/tokens/received/late.ts';
import { token } from '../../support/builders.ts';

const at = (time: string) => `2026-03-01T${time}Z`;

interface Case {
  what: string;
  stored: { last_updated: string; arrived_at?: string; valid?: boolean };
  incoming: { last_updated: string; valid?: boolean };
  now: string;
  late: boolean;
}

const cases: Case[] = [
  {
    what: 'a newer one',
    stored: { last_updated: at('12:00:00.000'), arrived_at: at('12:00:01.000') },
    incoming: { last_updated: at('12:00:05.000') },
    now: at('12:00:06.000'),
    late: false,
  },
  {
    what: 'the same again',
    stored: { last_updated: at('12:00:00.000'), arrived_at: at('12:00:01.000') },
    incoming: { last_updated: at('12:00:00.000') },
    now: at('12:00:06.000'),
    late: false,
  },
  {
    what: 'an older one',
    stored: { last_updated: at('12:00:00.000'), arrived_at: at('12:00:01.000') },
    incoming: { last_updated: at('11:59:59.000') },
    now: at('12:00:06.000'),
    late: true,
  },
  {
    what: 'whole seconds after milliseconds of the same second',
    stored: { last_updated: at('12:00:00.750'), arrived_at: at('12:00:01.000') },
    incoming: { last_updated: at('12:00:00.000') },
    now: at('12:00:06.000'),
    late: false,
  },
  {
    what: 'one that is older than a stored one from the future, but not than its arrival',
    stored: { last_updated: at('18:00:00.000'), arrived_at: at('12:00:01.000') },
    incoming: { last_updated: at('12:00:01.000') },
    now: at('12:00:06.000'),
    late: false,
  },
  {
    what: 'one that is older than the arrival of a stored one from the future',
    stored: { last_updated: at('18:00:00.000'), arrived_at: at('12:00:01.000') },
    incoming: { last_updated: at('12:00:00.000') },
    now: at('12:00:06.000'),
    late: true,
  },
  {
    what: 'a block that is older than a stored one from the future',
    stored: { last_updated: at('18:00:00.000'), arrived_at: at('12:00:01.000') },
    incoming: { last_updated: at('12:01:00.000'), valid: false },
    now: at('12:01:01.000'),
    late: false,
  },
  {
    what: 'what would undo a block from the future, while in doubt',
    stored: { last_updated: at('18:00:00.000'), arrived_at: at('12:00:00.000'), valid: false },
    incoming: { last_updated: at('12:14:59.000') },
    now: at('12:14:59.999'),
    late: true,
  },
  {
    what: 'another block that is older than a block from the future, while in doubt',
    stored: { last_updated: at('18:00:00.000'), arrived_at: at('12:00:00.000'), valid: false },
    incoming: { last_updated: at('12:01:00.000'), valid: false },
    now: at('12:01:01.000'),
    late: true,
  },
  {
    what: 'what would undo a block from the future, a quarter of an hour after',
    stored: { last_updated: at('18:00:00.000'), arrived_at: at('12:00:00.000'), valid: false },
    incoming: { last_updated: at('12:15:00.000') },
    now: at('12:15:00.000'),
    late: false,
  },
  {
    what: 'an older one where nobody knows when the stored one came',
    stored: { last_updated: at('18:00:00.000') },
    incoming: { last_updated: at('12:00:00.000') },
    now: at('12:00:00.000'),
    late: true,
  },
];

test.each(cases)('$what is late: $late (COO-17)', ({ stored: { arrived_at, ...stored }, incoming, now, late }) => {
  const kept = { data: token(stored), ...(arrived_at !== undefined && { arrived_at }) };
  expect(isLate(kept, token(incoming), now)).toBe(late);
});
