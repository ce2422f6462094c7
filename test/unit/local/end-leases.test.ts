/** What a server that was killed has left is gone on with at once. */
import { expect, test } from 'vitest';
import { endLeases } from '../../../lib/local/end-leases.ts';
import { wakeDue } from '../../../lib/sync/wake.ts';
import { peerCreation } from '../../support/builders.ts';
import { pushState, syncedPeer } from '../../support/lanes.ts';
import { syncTestRuntime } from '../../support/sync.ts';

test('ends leases that run, leaves them to see, and what they held is due', async () => {
  const runtime = await syncTestRuntime();
  const { records, credentials } = runtime.backend;
  await credentials.create(peerCreation(syncedPeer('aaa', { takes: true })));
  const now = runtime.now().toISOString();
  const until = new Date(runtime.now().getTime() + 30_000).toISOString();
  const address = { collection: 'sync', id: 'aaa/push' };
  await records.create({ ...address, data: { ...pushState(now), lease: { holder: 'killed', until } } });
  await wakeDue(runtime);
  expect(runtime.wakes).toEqual([]);
  await endLeases(records, runtime.now());
  expect((await records.get(address))?.data).toMatchObject({ lease: { holder: 'killed', until: now } });
  await wakeDue(runtime);
  expect(runtime.wakes).toMatchObject([{ peer: 'aaa' }]);
});

test('writes nothing where no lease runs', async () => {
  const runtime = await syncTestRuntime();
  const { records } = runtime.backend;
  const now = runtime.now().toISOString();
  await records.create({ collection: 'sync', id: 'aaa/push', data: { ...pushState(now) } });
  await records.create({
    collection: 'sync',
    id: 'bbb/push',
    data: { ...pushState(now), lease: { holder: 'x', until: now } },
  });
  const before = await records.list({ collection: 'sync', limit: 9 });
  await endLeases(records, runtime.now());
  expect(await records.list({ collection: 'sync', limit: 9 })).toEqual(before);
});
