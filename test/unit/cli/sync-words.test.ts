/** What a person reads of push and pull. */
import { expect, test } from 'vitest';
import { howFar, describe as spell, summary, watched } from '../../../lib/cli/sync-words.ts';
import type { LaneView } from '../../../lib/operator/api/sync.ts';

const at = '2026-03-01T12:00:00.000Z';
const later = '2026-03-01T13:00:00.000Z';
const counts = { created: 0, updated: 0, unchanged: 0, late: 0, duplicate: 0, foreign: 0, invalid: 0 };

const pushing = (changes: Partial<LaneView> = {}, push: object = {}): LaneView => ({
  peer: 'acme',
  direction: 'push',
  state: 'at rest',
  isWorking: false,
  wishes: [],
  push: { changesFrom: at, taken: 7, refused: 0, ...push },
  ...changes,
});
const pulling = (changes: Partial<LaneView> = {}, pull: object = {}): LaneView => ({
  peer: 'acme',
  direction: 'pull',
  state: 'at rest',
  isWorking: false,
  wishes: [],
  pull: { nextFullAt: later, nextChangesAt: at, problems: [], ...pull },
  ...changes,
});
const full = { since: at, done: 250, total: 1_000 };
const many = { since: later, done: 300 };
const walk = { kind: 'full' as const, since: at, pages: 3, read: 300, total: 1_000, counts };

test.each([
  ['250 of all 1000 Tokens sent', pushing({ state: 'working' }, { full })],
  ['0 of all Tokens sent', pushing({ state: 'working' }, { full: { since: at, done: 0, total: 0 } })],
  ['1 change to send', pushing({}, { left: 1 })],
  ['12 changes to send', pushing({}, { left: 12 })],
  [`all changes until ${at}`, pushing({}, { left: 0 })],
  [`all changes until ${at}, and 300 of those since`, pushing({ state: 'working' }, { many })],
  ['700 changes to send', pushing({ state: 'working' }, { many, left: 700 })],
  ['300 of 1000 Tokens read', pulling({}, { walk })],
  ['300 of all Tokens read', pulling({}, { walk: { ...walk, total: undefined } })],
  ['300 of changes read', pulling({}, { walk: { ...walk, kind: 'changes', total: undefined } })],
  [`all until ${later}`, pulling({}, { changes: { at: later, read: 0, counts } })],
  [`all until ${later}`, pulling({}, { changes: { at, read: 0, counts }, full: { at: later, read: 0, counts } })],
  ['not begun', pulling({ state: 'not begun' })],
  ['nothing yet', pulling({ state: 'failing', failing: { since: at, times: 1, why: 'down' } })],
])('%s', (words, lane) => {
  expect(howFar(lane)).toBe(words);
});

test('a list that was not read whole says where', () => {
  const ended = { at, read: 30, counts: { ...counts, invalid: 2 } };
  const spelled = (passedOver: object) => spell(pulling({}, { full: { ...ended, passedOver } }));
  expect(spelled({ count: 2, offsets: [4, 17] })).toContain(`${at}, 30 read, 2 invalid, 2 passed over: 4, 17\n`);
  expect(spelled({ count: 3, offsets: [4, 17] })).toContain('3 passed over: 4, 17 …\n');
});

test('while one watches it says what part is done, how fast, and how long it still takes', () => {
  const lanes = [pushing({ state: 'working' }, { full }), pulling({}, { walk: { ...walk, read: 350 } })];
  expect(watched(lanes, { done: 500, seconds: 10 })).toBe(
    ' 30 %  10 a second, 2:20 left; push: 250 of all 1000 Tokens sent; pull: 350 of 1000 Tokens read',
  );
  expect(watched(lanes, { done: 600, seconds: 0 })).toBe(
    ' 30 %  push: 250 of all 1000 Tokens sent; pull: 350 of 1000 Tokens read',
  );
  expect(watched([pushing({}, { left: 3 })], { done: 0, seconds: 5 })).toBe('push: 3 changes to send');
  expect(watched([pushing({}, { many, left: 700 })], { done: 100, seconds: 10 })).toBe(
    ' 30 %  20 a second, 0:35 left; push: 700 changes to send',
  );
});

test('who refuses too much is tried again when the owner says so, and nobody names a date', () => {
  const lane = pushing({ state: 'failing', failing: { since: at, times: 1, why: 'refuses', waitsForOperator: true } });
  expect(spell(lane)).toContain(`since ${at}, once: refuses. Tried again when you say so`);
  expect(summary([lane])).toMatch(/failing .* when you say so +refuses/);
  expect(
    summary([pushing({ state: 'failing', failing: { since: at, nextAt: later, times: 2, why: 'down' } })]),
  ).toContain(`${later}  down`);
  expect(summary([pushing({ state: 'paused', pausedSince: at })])).toContain('when you say so');
});
