/** The note that a peer has used its token never keeps a driver waiting. */
import { afterEach, expect, test, vi } from 'vitest';
import { endpoint as authorizeToken } from '../../../../functions/tokens/authorize-token.ts';
import type { Backend } from '../../../../lib/crud/crud.ts';
import { ownCreation, ownToken } from '../../../support/builders.ts';
import { call, cpoToken, testRuntime } from '../../../support/runtime.ts';

const us = { country_code: 'NL', party_id: 'LMS' };
const request = { path: 'OWN/authorize', token: cpoToken };

async function runtimeThatNotes(recordUse: Backend['credentials']['recordUse']) {
  let ms = Date.parse('2026-03-01T12:00:00.000Z');
  const tried: unknown[] = [];
  const runtime = await testRuntime({
    wrap: ({ credentials, ...rest }) => ({
      ...rest,
      credentials: {
        ...credentials,
        recordUse(use) {
          tried.push(use);
          return recordUse(use);
        },
      },
    }),
  });
  await runtime.backend.tokens.create(ownCreation(ownToken(us, { uid: 'OWN' })));
  const handler = authorizeToken({ ...runtime, now: () => new Date(ms) });
  const ask = () => call(() => handler, runtime, request);
  const advance = (by: number) => {
    ms += by;
  };
  return { ask, advance, tried, logged: runtime.logged };
}

afterEach(() => {
  vi.useRealTimers();
});

test('waits for a note that hangs a quarter of a second, and not longer', async () => {
  const { ask, tried } = await runtimeThatNotes(() => new Promise(() => {}));
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  let isAnswered = false;
  const answer = ask().finally(() => {
    isAnswered = true;
  });
  while (tried.length === 0) await new Promise(setImmediate);
  await vi.advanceTimersByTimeAsync(249);
  expect(isAnswered).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect((await answer).envelope.status_code).toBe(1000);
}, 5_000);

test('answers while the note hangs, and does not try again with the next request', async () => {
  const { ask, advance, tried } = await runtimeThatNotes(() => new Promise(() => {}));
  expect((await ask()).envelope.status_code).toBe(1000);
  expect((await ask()).envelope.status_code).toBe(1000);
  expect(tried).toHaveLength(1);
  advance(60_000);
  await ask();
  expect(tried).toHaveLength(2);
});

test('logs a note that failed, and tries again in a minute', async () => {
  const { ask, advance, tried, logged } = await runtimeThatNotes(() => Promise.reject(new Error('throttled')));
  expect((await ask()).envelope.status_code).toBe(1000);
  await ask();
  expect(tried).toHaveLength(1);
  expect(logged.filter((line) => line.includes('throttled'))).toHaveLength(1);
  advance(60_000);
  await ask();
  expect(tried).toHaveLength(2);
});

test('notes the newest token by its hash, and again after ten minutes (CRED-30)', async () => {
  const { ask, advance, tried } = await runtimeThatNotes(async () => {});
  await ask();
  expect(tried).toEqual([expect.objectContaining({ id: 'fr-dcp', at: '2026-03-01T12:00:00.000Z' })]);
  expect(tried[0]).toHaveProperty('sha256');
  advance(9 * 60_000);
  await ask();
  expect(tried).toHaveLength(1);
  advance(60_000);
  await ask();
  expect(tried).toHaveLength(2);
});
