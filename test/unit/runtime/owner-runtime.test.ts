/** Who tells of the owner's changes: the stream of the storage, or else whoever wrote them. */
import { expect, test } from 'vitest';
import { endpoint as publishExpired } from '../../../functions/schedule/publish-expired.ts';
import { block } from '../../../lib/operator/tokens/block.ts';
import { ownerRuntimeOn } from '../../../lib/runtime/owner-runtime.ts';
import { syncRuntimeOn } from '../../../lib/runtime/sync-runtime.ts';
import { readUrgent } from '../../../lib/sync/urgent.ts';
import { noteExpiry } from '../../../lib/tokens/own/note-expiry.ts';
import { emspCall, ownCreation, ownToken } from '../../support/builders.ts';
import { type TestRuntime, testRuntime } from '../../support/runtime.ts';
import { syncTestRuntime } from '../../support/sync.ts';

const party = { country_code: 'NL', party_id: 'LMS' };
const asked = { correlationId: 'x', audit: () => undefined, deadline: Number.POSITIVE_INFINITY };

async function withToken(): Promise<TestRuntime> {
  const runtime = await testRuntime();
  await runtime.backend.tokens.create(ownCreation(ownToken(party, { uid: 'A', valid: true })));
  return runtime;
}
const urgentOf = async (runtime: TestRuntime) =>
  (await readUrgent(runtime.backend, party)).map(({ uid, type }) => `${uid} ${type}`);

test('without a stream a block is noted as urgent, with the stamp that it is stored with', async () => {
  const runtime = await withToken();
  await block({ uid: 'A' }, ownerRuntimeOn(runtime), asked);
  const [urgent] = await readUrgent(runtime.backend, party);
  const stored = await runtime.backend.tokens.get(emspCall({ id: 'A', token_type: 'RFID' }));
  expect(urgent).toEqual({ uid: 'A', type: 'RFID', stamp: stored?.data.last_updated });
});

test('with a stream the writer leaves it to the stream', async () => {
  const runtime = await withToken();
  const backend = { ...runtime.backend, tokens: { ...runtime.backend.tokens, hasStream: true as const } };
  await block({ uid: 'A' }, ownerRuntimeOn({ ...runtime, backend }), asked);
  expect(await urgentOf(runtime)).toEqual([]);
});

test('what cannot be noted is logged, and the block is done all the same', async () => {
  const runtime = await withToken();
  const records = { ...runtime.backend.records, get: () => Promise.reject(new Error('no table')) };
  const failing = { ...runtime, backend: { ...runtime.backend, records } };
  expect(await block({ uid: 'A' }, ownerRuntimeOn(failing), asked)).toMatchObject({ token: { valid: false } });
  expect(runtime.logged.join()).toContain('a change was not told on');
});

test('an expiry is noted too', async () => {
  const runtime = await withToken();
  const data = ownToken(party, { uid: 'E', valid: true });
  const settings = { expiresAt: '2026-03-01T11:00:00.000Z' };
  await runtime.backend.tokens.create(ownCreation(data, settings));
  const earlier = { ...runtime, now: () => new Date('2026-03-01T10:00:00.000Z') };
  await noteExpiry(earlier, { data, settings }, undefined);
  await publishExpired(ownerRuntimeOn(runtime))({}, { getRemainingTimeInMillis: () => 10_000 });
  expect(await urgentOf(runtime)).toEqual(['E RFID']);
});

test('a function that syncs does not start without its queue', async () => {
  const runtime = await syncTestRuntime();
  expect(() => syncRuntimeOn(runtime)).toThrow('SYNC_QUEUE_URL');
});
