/** One timer for many that wait equally long. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { patience } from '../../../lib/local/patience.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

test('gives up each when its own time is over, and none that is done', () => {
  const given: string[] = [];
  const wait = patience(100);
  wait(() => given.push('first'));
  vi.advanceTimersByTime(60);
  const done = wait(() => given.push('second'));
  wait(() => given.push('third'));
  done();
  vi.advanceTimersByTime(39);
  expect(given).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(given).toEqual(['first']);
  vi.advanceTimersByTime(60);
  expect(given).toEqual(['first', 'third']);
});

test('waits anew after it has been idle', () => {
  const given: string[] = [];
  const wait = patience(100);
  wait(() => given.push('first'))();
  vi.advanceTimersByTime(500);
  wait(() => given.push('second'));
  vi.advanceTimersByTime(99);
  expect(given).toEqual([]);
  vi.advanceTimersByTime(1);
  expect(given).toEqual(['second']);
});
