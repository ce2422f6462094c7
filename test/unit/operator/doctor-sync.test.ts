/** What the doctor says of push and pull from what stands in their records. */
import { expect, test } from 'vitest';
import { checkAllSync, checkSync } from '../../../lib/operator/doctor/sync.ts';
import { noCounts } from '../../../lib/sync/pull/take-objects.ts';
import type { PullState } from '../../../lib/sync/state.ts';
import { ownCreation, ownToken } from '../../support/builders.ts';
import { pullState, pushState, syncedPeer } from '../../support/lanes.ts';
import { testRuntime } from '../../support/runtime.ts';

const acme = syncedPeer('acme', { lists: true });

async function runtimeWith(changes: Partial<PullState>) {
  const runtime = await testRuntime();
  const data = { ...pullState(runtime.now().toISOString()), ...changes };
  await runtime.backend.records.create({ collection: 'sync', id: 'acme/pull', data });
  return runtime;
}

test.each([
  [1, 'acme: an object of their list was passed over since 2026-01-31T11:00:00.000Z'],
  [3, 'acme: 3 objects of their list were passed over since 2026-01-31T11:00:00.000Z'],
])('%i that the peer cannot write may be a block, until all is read again', async (count, words) => {
  const since = '2026-01-31T11:00:00.000Z';
  expect(await checkAllSync(await runtimeWith({ unread: { count, since } }), [acme])).toEqual({
    status: 'warn',
    message: `${words}, and may be a card that they have blocked`,
    advice: 'peers sync acme says where and why: tell them, and once it is mended peers sync acme --pull --full',
  });
  expect(await checkAllSync(await runtimeWith({}), [acme])).toMatchObject({ status: 'ok' });
});

test('what fails is a reason to ask the doctor of that peer, unless he has just been asked', async () => {
  const at = '2026-01-31T11:00:00.000Z';
  const runtime = await runtimeWith({ failing: { since: at, nextAt: at, times: 1, why: 'down' } });
  const again = `it is tried again ${at}`;
  expect(await checkAllSync(runtime, [acme])).toMatchObject({ advice: `doctor acme; ${again}` });
  expect(await checkSync(runtime, acme)).toMatchObject({ advice: `${again}, or by peers sync acme --now` });
});

test.each([
  [{ read: 900, counts: { ...noCounts, unchanged: 890, foreign: 6, invalid: 4 } }, 10],
  [{ read: 3, counts: { ...noCounts, foreign: 3 } }, 3],
])('a list of which much or all could not be taken is no list at rest', async (walked, count) => {
  const last = { at: '2026-03-01T11:30:00.000Z', ...walked };
  // A delta in which nothing has changed does not make the list of all any better.
  const changes = { at: '2026-03-01T11:45:00.000Z', read: 0, counts: noCounts };
  for (const known of [{ full: last }, { full: last, changes }, { changes: last }]) {
    expect(await checkAllSync(await runtimeWith(known), [acme])).toEqual({
      status: 'warn',
      message: `acme: of the ${walked.read} Tokens in their last list ${count} were not taken`,
      advice: 'peers sync acme says why',
    });
  }
  const parties = 'whose they are is set by peers settings acme --hub-party … and --owner-by-issuer …';
  const hub = syncedPeer('acme', { lists: true, settings: { isHub: true } });
  expect(await checkAllSync(await runtimeWith({ full: last }), [hub])).toMatchObject({
    advice: `peers sync acme says why; ${parties}`,
  });
});

test("a few bad objects among many are the partner's, and no cause for a warning", async () => {
  const full = { at: '2026-03-01T11:30:00.000Z', read: 900, counts: { ...noCounts, unchanged: 895, invalid: 5 } };
  expect(await checkAllSync(await runtimeWith({ full }), [acme])).toMatchObject({ status: 'ok' });
});

test.each([
  ['a clock that is twenty minutes late', 20, { status: 'warn', message: expect.stringContaining('about 20 minutes') }],
  ['a clock that is hardly late', 1, { status: 'ok' }],
  // From there the next delta asks as from any clock, two minutes earlier.
  ['a clock that is right', 0, { status: 'ok' }],
])('%s', async (_what, minutes, expected) => {
  const at = '2026-03-01T11:50:00.000Z';
  const from = new Date(Date.parse(at) - (minutes + 2) * 60_000).toISOString();
  const runtime = await runtimeWith({ from, full: { at, read: 0, counts: noCounts } });
  expect(await checkAllSync(runtime, [acme])).toMatchObject(expected);
});

test.each([
  ['an hour', '2026-03-01T11:00:00.000Z', 'fail'],
  ['a second', '2026-03-01T11:59:59.000Z', 'ok'],
] as const)('many changes that are not sent yet, and not looked for since %s', async (_name, began, status) => {
  const runtime = await testRuntime();
  const from = '2026-03-01T09:00:00.000Z';
  await runtime.backend.tokens.create(
    ownCreation(ownToken({ country_code: 'NL', party_id: 'LMS' }, { last_updated: from })),
  );
  const data = { ...pushState(began), many: { from, began, offset: 0, told: {} } };
  await runtime.backend.records.create({ collection: 'sync', id: 'taker/push', data });
  expect(await checkSync(runtime, syncedPeer('taker', { takes: true }))).toMatchObject({ status });
});
