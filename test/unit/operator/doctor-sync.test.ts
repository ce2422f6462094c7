/** What the doctor says of push and pull from what stands in their records. */
import { expect, test } from 'vitest';
import { checkAllSync, checkSync } from '../../../lib/operator/doctor/sync.ts';
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
