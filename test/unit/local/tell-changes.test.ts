/** What stands in for a stream: who is told, of what, and in which rhythm. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { peersCall } from '../../../lib/crud/calls.ts';
import { memoryCredentials } from '../../../lib/crud/memory/credentials.ts';
import { tellChanges, tellingOf } from '../../../lib/local/tell-changes.ts';
import { wakeChanged, wakePeers } from '../../../lib/sync/wake.ts';
import { ownParties, ownToken, peer, peerCreation, peerUpdate } from '../../support/builders.ts';
import { syncTestRuntime } from '../../support/sync.ts';

vi.mock('../../../lib/sync/wake.ts', () => ({ wakeChanged: vi.fn(), wakePeers: vi.fn() }));
const wake = vi.mocked(wakeChanged);
beforeEach(() => void wake.mockResolvedValue());
afterEach(() => void vi.resetAllMocks());

const [party] = ownParties;
const written = (uid: string) => ({ before: undefined, after: ownToken(party, { uid }) });
const told = () => wake.mock.calls.map(([, changes]) => changes.map(({ uid }) => uid));

test('tells the first change at once, and those that come meanwhile together', async () => {
  const telling = tellChanges(await syncTestRuntime());
  await telling.told([written('A')]);
  await telling.told([written('B')]);
  await telling.told([written('C'), written('D')]);
  expect(told()).toEqual([['A']]);
  await expect.poll(told).toEqual([['A'], ['B', 'C', 'D']]);
  await telling.end();
});

test('what became invalid has the others told with it, before their time', async () => {
  const telling = tellChanges(await syncTestRuntime());
  const times: number[] = [];
  wake.mockImplementation(async () => void times.push(performance.now()));
  await telling.told([written('A')]);
  await delay(550);
  await telling.told([written('B')]);
  const before = ownToken(party, { uid: 'C' });
  const after = { ...before, valid: false, last_updated: '2026-03-01T12:00:00.000Z' };
  await telling.told([{ before, after }]);
  await telling.told([{ before, after: { ...after, uid: 'D' } }]);
  await expect.poll(told).toEqual([['A'], ['B', 'C', 'D']]);
  expect((times[1] ?? 0) - (times[0] ?? 0)).toBeLessThan(2_000);
  await telling.end();
});

test('what was told before the end is told on, without waiting', async () => {
  const telling = tellChanges(await syncTestRuntime());
  await telling.told([written('A')]);
  await telling.told([written('B')]);
  await telling.end();
  expect(told()).toEqual([['A'], ['B']]);
});

test('what peers do not see is no change', async () => {
  const telling = tellChanges(await syncTestRuntime());
  const after = ownToken(party, { uid: 'A' });
  await telling.told([{ before: after, after }]);
  await telling.end();
  expect(told()).toEqual([]);
});

test('a failure is logged, and ends nothing', async () => {
  const runtime = await syncTestRuntime();
  const telling = tellChanges(runtime);
  wake.mockRejectedValueOnce(new Error('no queue'));
  await telling.told([written('A')]);
  await telling.told([written('B')]);
  await telling.end();
  expect(told()).toEqual([['A'], ['B']]);
  expect(runtime.logged.join()).toContain('peers were not woken');
});

test('tells of a peer that is stored, once it is, and of no other use of its record', async () => {
  const runtime = await syncTestRuntime();
  const telling = tellChanges(runtime);
  let ids = 0;
  const storage = memoryCredentials(() => `${ids++}`);
  const credentials = tellingOf(storage, telling);
  const peerStored = peer({ id: 'fr-dcp' });
  await credentials.create(peerCreation(peerStored));
  await expect(credentials.create(peerCreation(peerStored))).rejects.toThrow();
  const { revision = '' } = (await credentials.get({ ...peersCall, id: 'fr-dcp' })) ?? {};
  await credentials.recordUse({ ...peersCall, id: 'fr-dcp', at: '2026-03-01T12:00:00.000Z' });
  expect(vi.mocked(wakePeers).mock.calls).toEqual([[runtime, ['fr-dcp']]]);
  await credentials.update(peerUpdate(peerStored, revision));
  await telling.end();
  expect(vi.mocked(wakePeers).mock.calls.map(([, named]) => named)).toEqual([['fr-dcp'], ['fr-dcp']]);
  expect(wake).not.toHaveBeenCalled();
});
