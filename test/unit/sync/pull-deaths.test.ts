/** Pull past any death: whatever a peer's paging is, and at whatever request our process ends, at rest we hold its list. */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OddSender, pagings, startOddSender } from '../../support/odd-sender.ts';
import { began, listed, startPuller } from '../../support/pulling.ts';

let sender: OddSender;
beforeAll(async () => {
  sender = await startOddSender();
});
afterAll(() => sender.stop());

const uidsOf = (objects: readonly unknown[]): string[] => objects.map((each) => (each as { uid: string }).uid);

test('our copy is at rest what the peer lists, and nothing is left of what was kept meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...pagings),
      // With one more, a single Token could have been passed over.
      fc.array(fc.integer({ min: 1, max: 25 }), { maxLength: 5 }),
      fc.constantFrom('before', 'after'),
      fc.integer({ min: 0, max: 11 }),
      fc.constantFrom(undefined, 2),
      async (paging, lives, moment, count, pullLimit) => {
        sender.paging = paging;
        sender.objects = listed('2.2.1', count);
        const settings = { pullMissing: 'report' as const, ...(pullLimit !== undefined && { pullLimit }) };
        const puller = await startPuller({ endpoint: sender.endpoint, settings });
        const left = [...lives];
        puller.around = (_call, when) => {
          if (when !== moment || left[0] === undefined) return;
          left[0] -= 1;
          if (left[0] > 0) return;
          left.shift();
          throw new Error('death');
        };
        await puller.run();
        const copy = await puller.copy();
        expect(copy.map(({ data }) => data.uid)).toEqual(uidsOf(sender.objects));
        expect(puller.state.full?.missing).toBe(count === 0 ? undefined : 0);
        const names = await puller.backend.records.list({ collection: `named/the-emsp/${began}`, limit: 1 });
        expect(names.items).toEqual([]);
      },
    ),
    { numRuns: 100 },
  );
});
