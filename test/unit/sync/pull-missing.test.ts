/** Pull (docs/requirements.md: Sender): what becomes of Tokens that a full walk names no more. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { mostInvalidated } from '../../../lib/sync/pull/compare.ts';
import { putToken } from '../../../lib/tokens/received/put.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { addressOf, cpoCall, token } from '../../support/builders.ts';
import { type OddSender, startOddSender } from '../../support/odd-sender.ts';
import { listed, type Puller, startPuller } from '../../support/pulling.ts';

let sender: OddSender;
beforeEach(async () => {
  sender = await startOddSender();
});
afterEach(() => sender.stop());

const hour = 3_600_000;
const push = (puller: Puller, data: ReturnType<typeof token>) =>
  putToken({ backend: puller.backend, now: puller.runtime.now }, wires['2.2.1'], cpoCall(addressOf(data)), data);
const invalidIn = async (puller: Puller) =>
  (await puller.copy()).filter(({ data }) => !data.valid).map(({ data }) => data.uid);

/** Twelve Tokens are here, an hour ago, and the list then names the last ten of them, in another spelling. */
async function startWithMissing(pullMissing?: PeerSettings['pullMissing'], version: '2.1.1' | '2.2.1' = '2.2.1') {
  sender.objects = listed(version, 12);
  const settings = pullMissing === undefined ? {} : { pullMissing };
  const puller = await startPuller({ endpoint: sender.endpoint, version, settings });
  await puller.run();
  puller.advance(hour);
  sender.objects = sender.objects.slice(2).map((each) => {
    const { uid, ...rest } = each as { uid: string };
    return { uid: uid.toLowerCase(), ...rest };
  });
  puller.wishes = { full: puller.runtime.now().toISOString() };
  return puller;
}

describe('how many are made invalid without the operator’s word', () => {
  test.each([
    [0, 0],
    [1, 0],
    [2, 1],
    [12, 6],
    [20, 10],
    [99, 10],
    [110, 11],
    [1_000_000, 100_000],
  ])('of %i valid ones: %i', (held, most) => {
    expect(mostInvalidated(held)).toBe(most);
  });

  test.each(['invalidate', 'invalidate-all'] as const)(
    'seven of twelve are too many for a list to be right, by %s',
    async (pullMissing) => {
      const puller = await startWithMissing(pullMissing);
      sender.objects = sender.objects.slice(5);
      await puller.run();
      const isHis = pullMissing === 'invalidate-all';
      expect(await invalidIn(puller)).toHaveLength(isHis ? 7 : 0);
      const why = expect.stringContaining('7 of 12 Tokens are missing');
      expect(puller.state.full).toMatchObject({ missing: 7, ...(isHis ? { invalidated: 7 } : { withheld: why }) });
      expect(puller.state.problems).toEqual(isHis ? [] : [{ at: expect.any(String), why }]);
    },
  );

  test('none is that is stamped later than all that the list names, as of a list that ends at a date', async () => {
    const puller = await startPuller({ endpoint: sender.endpoint, settings: { pullMissing: 'invalidate' } });
    sender.objects = listed('2.2.1', 12);
    await puller.run();
    puller.advance(hour);
    await push(puller, token({ uid: 'NEWER', last_updated: '2026-02-01T00:00:00.000Z' }));
    await push(puller, token({ uid: 'GONE' }));
    puller.advance(hour);
    puller.wishes = { full: puller.runtime.now().toISOString() };
    await puller.run();
    expect(puller.state.full).toMatchObject({ missing: 1, invalidated: 1 });
    expect(await invalidIn(puller)).toEqual(['GONE']);
  });
});

describe('Tokens that a full walk names no more (TOK-LIST-05)', () => {
  test.each([undefined, 'report'] as const)('are counted and left as they are, by %s', async (pullMissing) => {
    const puller = await startWithMissing(pullMissing);
    await puller.run();
    expect(puller.state.full).toMatchObject({ missing: 2 });
    expect(puller.state.full).not.toHaveProperty('invalidated');
    expect(await invalidIn(puller)).toEqual([]);
  });

  test.each(['2.1.1', '2.2.1'] as const)(
    'are made invalid in %s, and come back when the list names them again',
    async (version) => {
      const puller = await startWithMissing('invalidate', version);
      await puller.run();
      expect(puller.state.full).toMatchObject({ missing: 2, invalidated: 2 });
      expect(await invalidIn(puller)).toEqual(['CARD0000', 'CARD0001']);

      sender.objects = listed(version, 12);
      puller.advance(hour);
      puller.wishes = { full: puller.runtime.now().toISOString() };
      await puller.run();
      expect(puller.state.full?.missing).toBe(0);
      expect(await invalidIn(puller)).toEqual([]);
    },
  );

  test('come back by a push of the same date too', async () => {
    const puller = await startWithMissing('invalidate');
    await puller.run();
    await push(puller, token({ uid: 'CARD0000' }));
    expect(await invalidIn(puller)).toEqual(['CARD0001']);
  });

  test('are none if they came in since the walk began, or if a bad object names them', async () => {
    const puller = await startWithMissing('invalidate');
    await puller.step();
    await push(puller, token({ uid: 'CARD0000', last_updated: '2026-02-01T00:00:00.000Z' }));
    sender.objects.push({ uid: 'card0001', type: 'NO TYPE' });
    await puller.run();
    expect(puller.state.full).toMatchObject({ missing: 0, counts: { invalid: 1 } });
    expect(await invalidIn(puller)).toEqual([]);
  });

  test.each<[string, () => void]>([
    [
      'goes no further',
      () => sender.instead.push(() => ({ body: [], headers: { Link: '<https://evil.example>; rel=next' } })),
    ],
    [
      'has fewer objects than it says',
      () =>
        sender.instead.push(
          () => ({ body: listed('2.2.1', 1), headers: { 'X-Total-Count': '12' } }),
          () => ({ body: [], headers: { 'X-Total-Count': '12' } }),
        ),
    ],
    ['is empty', () => sender.objects.splice(0)],
    [
      'has an object that the peer cannot write',
      () => {
        sender.cannotWrite = (each) => each === sender.objects[5];
      },
    ],
  ])('are not looked for behind a list that %s', async (_what, spoil) => {
    const puller = await startWithMissing('invalidate');
    spoil();
    await puller.run(10);
    expect(puller.state.full).not.toHaveProperty('missing', 2);
    expect(puller.state.full).not.toHaveProperty('missing', 10);
    expect(await invalidIn(puller)).toEqual([]);
    expect(puller.state.litter).toEqual([]);
  });

  test('of another party are none', async () => {
    const puller = await startWithMissing('invalidate');
    const other = token({ uid: 'OTHERS', country_code: 'FR', party_id: 'XXX' });
    await push(puller, other);
    puller.advance(hour);
    await puller.run();
    expect((await puller.copy(other)).map(({ data }) => data.valid)).toEqual([true]);
  });

  test('of many pages are found in steps, whenever our process dies, and nothing is left of the names', async () => {
    sender.pageSize = 1_000;
    sender.objects = listed('2.2.1', 2_500);
    const puller = await startPuller({ endpoint: sender.endpoint, settings: { pullMissing: 'invalidate-all' } });
    await puller.run();
    puller.advance(hour);
    sender.objects = sender.objects.filter((_, index) => index % 2 === 0);
    puller.wishes = { full: puller.runtime.now().toISOString() };
    let calls = 0;
    puller.around = (call) => {
      calls += call === 'tokens.update' || call.startsWith('records') ? 1 : 0;
      if (calls % 400 === 399) {
        calls += 1;
        throw new Error('death');
      }
    };
    await puller.run();
    expect(await invalidIn(puller)).toHaveLength(1_250);
    expect(puller.state.litter).toEqual([]);
  });

  test('of a full walk that a new one replaces leave no names behind', async () => {
    const puller = await startWithMissing('report');
    await puller.step();
    await puller.step();
    puller.advance(1_000);
    puller.wishes = { full: puller.runtime.now().toISOString() };
    await puller.run();
    expect(puller.state).toMatchObject({ full: { missing: 2 }, litter: [] });
  });
});
