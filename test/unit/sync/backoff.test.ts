/** How long a peer that fails is left alone, and what is a refusal instead. */
import { describe, expect, test } from 'vitest';
import { PeerError } from '../../../lib/client/peer-error.ts';
import { failingAfter, mayTryUrgent, NeedsOperator, waitsForOperator } from '../../../lib/sync/backoff.ts';
import { isRefusal } from '../../../lib/sync/push/refusals.ts';
import type { Failing } from '../../../lib/sync/state.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const token = { uid: 'CARD1' };
const pauseOf = ({ nextAt }: Failing): number => (Date.parse(nextAt) - now.getTime()) / 1_000;
const unreachable = (retryAfter?: string) => new PeerError('unreachable', 'no answer', { http: 503, retryAfter });
const failingFor = (times: number): Failing => ({ since: '2026-02-28T00:00:00.000Z', nextAt: '', times, why: '' });

describe('a pause', () => {
  test.each([
    { times: 0, random: 1, seconds: 1 },
    { times: 0, random: 0, seconds: 0.5 },
    { times: 3, random: 1, seconds: 8 },
    { times: 11, random: 1, seconds: 2_048 },
    { times: 12, random: 1, seconds: 3_600 },
    { times: 2_000, random: 0, seconds: 1_800 },
  ])('after $times failures doubles, up to an hour, less a part by chance', ({ times, random, seconds }) => {
    expect(pauseOf(failingAfter(failingFor(times), unreachable(), now, random))).toBe(seconds);
  });

  test.each([
    { retryAfter: '120', seconds: 120 },
    { retryAfter: ' 7 ', seconds: 7 },
    { retryAfter: 'Sun, 01 Mar 2026 12:05:00 GMT', seconds: 300 },
    { retryAfter: 'Sun, 01 Mar 2026 11:00:00 GMT', seconds: 1 },
    { retryAfter: 'soon', seconds: 1 },
    { retryAfter: '-5', seconds: 1 },
    { retryAfter: '999999999', seconds: 24 * 3_600 },
  ])('is what Retry-After says ($retryAfter), within a day', ({ retryAfter, seconds }) => {
    expect(pauseOf(failingAfter(undefined, unreachable(retryAfter), now, 1))).toBe(seconds);
  });

  test('has no end where only the operator can mend it', () => {
    const failing = failingAfter(undefined, new NeedsOperator('refuses all'), now, 1);
    expect(failing).toMatchObject({ nextAt: '9999-12-31T23:59:59.999Z', why: 'refuses all' });
    expect(waitsForOperator(failing)).toBe(true);
    expect(waitsForOperator(failingAfter(undefined, unreachable('999999999'), now, 1))).toBe(false);
  });

  test('keeps since when, and what was answered', () => {
    expect(failingAfter(failingFor(4), unreachable(), now, 1)).toMatchObject({
      since: '2026-02-28T00:00:00.000Z',
      times: 5,
      http: 503,
    });
  });
});

describe('what is urgent is tried in a pause', () => {
  const mayAfter = (error: unknown, triedMinutesAgo?: number): boolean => {
    const triedAt = triedMinutesAgo && new Date(now.getTime() - triedMinutesAgo * 60_000).toISOString();
    return mayTryUrgent({ ...failingAfter(undefined, error, now, 1), ...(triedAt && { triedAt }) }, now);
  };
  const answered = (http: number, status_code?: number) => new PeerError('refused', 'no', { http, status_code });

  test.each([
    ['no answer', new PeerError('unreachable', 'no answer'), true],
    ['HTTP 503', unreachable(), true],
    ['OCPI 3000', answered(200, 3000), true],
    ['a row of refusals', new Error('refuses one after the other'), true],
    ['Retry-After', unreachable('60'), false],
    ['HTTP 401', answered(401, 2002), false],
    ['HTTP 404', answered(404), false],
    ['HTTP 429', answered(429), false],
    ['what the operator has to mend', new NeedsOperator('refuses all'), false],
  ])('after %s: %j %s', (_name, error, may) => {
    expect(mayAfter(error)).toBe(may);
  });

  test('four times an hour at most where it is in vain', () => {
    expect([1, 14.9, 15, 60].map((minutes) => mayAfter(unreachable(), minutes))).toEqual([false, false, true, true]);
  });

  test('which the failures in between do not make forgotten', () => {
    const before = { ...failingFor(3), triedAt: now.toISOString() };
    expect(failingAfter(before, unreachable(), now, 1)).toMatchObject({ triedAt: before.triedAt });
  });
});

describe('an answer', () => {
  test.each([
    { http: 200, status_code: 2001 },
    { http: 200, status_code: 2004 },
    { http: 400, status_code: undefined },
    { http: 409, status_code: 2000 },
    { http: 422, status_code: 1000 },
  ])('of $http with $status_code is about one Token', (details) => {
    expect(isRefusal(new PeerError('refused', 'no', details), token)).toBe(true);
  });

  test.each([
    { http: 401, status_code: 2002 },
    { http: 403, status_code: undefined },
    { http: 404, status_code: 2004 },
    { http: 405, status_code: undefined },
    { http: 429, status_code: 2000 },
    { http: 200, status_code: 3000 },
    { http: 400, status_code: 3001 },
    { http: 500, status_code: 2001 },
    { http: 503, status_code: undefined },
    { http: 200, status_code: 4001 },
  ])('of $http with $status_code is about the peer', (details) => {
    expect(isRefusal(new PeerError('refused', 'no', details), token)).toBe(false);
  });

  test.each(['unreachable', 'broken', 'forbidden-url'] as const)('that is none (%s) is no refusal', (kind) => {
    expect(isRefusal(new PeerError(kind, 'no', { http: 400, status_code: 2001 }), token)).toBe(false);
  });
});
