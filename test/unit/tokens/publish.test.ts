/** When a change is dated, and which write was quick enough for its date. */
import { expect, test } from 'vitest';
import { hasSettled, stampOf } from '../../../lib/tokens/own/publish.ts';

const at = (ms: number) => new Date(Date.parse('2026-03-01T12:00:00.000Z') + ms);

test.each([
  [0, 5, true],
  [0, 1_000, true],
  [0, 1_001, false],
  [4_000, 2_000, true],
  [4_000, 2_001, false],
])('with %i ms to settle, a write of %i ms is in time: %s', (settleMs, took, isInTime) => {
  expect(hasSettled(at(0), at(took), settleMs)).toBe(isInTime);
});

test('a change is dated ahead, also where a write is seen at once', () => {
  expect(stampOf(at(0), 0, undefined)).toBe('2026-03-01T12:00:02.000Z');
  expect(stampOf(at(0), 4_000, undefined)).toBe('2026-03-01T12:00:08.000Z');
});
