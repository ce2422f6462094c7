/** Pull (docs/requirements.md: Lists): partners that fail, lie, and have more than we can take. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pullDueAt } from '../../../lib/sync/pull/due.ts';
import { type OddSender, startOddSender } from '../../support/odd-sender.ts';
import { began, listed, startPuller, uidsIn } from '../../support/pulling.ts';

let sender: OddSender;
beforeEach(async () => {
  sender = await startOddSender();
});
afterEach(() => sender.stop());

const uidsOf = (objects: readonly unknown[]): string[] => objects.map((each) => (each as { uid: string }).uid);
const link = (target: string) => ({ Link: `<${target}>; rel="next"` });

describe('a failure', () => {
  test.each([
    ['a page that is no list', { body: { uid: 'CARD' } }, /no list/],
    ['an error', { http: 503, body: 'busy' }, /503/],
    ['what is no JSON', { body: '<html>' }, /not JSON/],
  ])('by %s leaves the walk where it is', async (_what, answer, words) => {
    sender.objects = listed('2.2.1', 7);
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.step();
    expect(await puller.step()).toBe('more');
    sender.instead = [() => answer];
    const { walk } = puller.state;
    await expect(puller.run()).rejects.toThrow(words);
    expect(puller.state.walk).toEqual(walk);
    expect(puller.state.begun).toBe(0);
    await puller.run();
    expect(await puller.copy()).toHaveLength(7);
  });

  test('is over once a page comes', async () => {
    const puller = await startPuller({ endpoint: sender.endpoint });
    puller.state.failing = { since: began, nextAt: began, times: 3, why: 'down' };
    await puller.run();
    expect(puller.state.failing).toBeUndefined();
    expect(puller.state.succeededAt).toBe(began);
  });
});

describe('a list that goes no further', () => {
  test('by a Link to elsewhere is never followed there, is said, and is tried again a day later', async () => {
    const other = await startOddSender('/elsewhere');
    sender.objects = listed('2.2.1', 3);
    sender.instead = [() => ({ body: sender.objects, headers: link(other.endpoint) })];
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    expect(other.seen).toEqual([]);
    await other.stop();
    expect(puller.state).toMatchObject({ stopped: { full: { why: 'the Link leads elsewhere', read: 3 } } });
    expect(puller.state).not.toHaveProperty('from');
    expect(puller.state).not.toHaveProperty('full');
    const hours = (pullDueAt(puller.state, puller.peer, {}).getTime() - Date.parse(began)) / 3_600_000;
    expect(hours).toBeGreaterThanOrEqual(12);
    expect(hours).toBeLessThanOrEqual(36);
    puller.advance(36 * 3_600_000);
    await puller.run();
    expect(puller.state.full?.read).toBe(3);
    expect(puller.state.stopped).toBeUndefined();
  });

  test.each([2, 5, 70])('by pages that go round in a circle of %i is left soon', async (length) => {
    let page = 0;
    sender.instead = Array.from({ length: 500 }, () => () => {
      page += 1;
      return { body: [], headers: link(`?cursor=${page % length}`) };
    });
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    expect(puller.state.stopped?.full?.why).toBe('its pages go round in a circle');
    expect(sender.seen.length).toBeLessThanOrEqual(length < 50 ? length + 1 : 200);
  });

  test('by more objects than it says is left', async () => {
    const objects = listed('2.2.1', 1);
    sender.instead = Array.from({ length: 20 }, (_, page) => () => ({
      body: Array.from({ length: 1_000 }, () => objects[0]),
      headers: { ...link(`?cursor=${page}`), 'X-Total-Count': '10' },
    }));
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    expect(puller.state.stopped?.full).toMatchObject({ why: 'it is longer than it says', read: 11_000 });
  });

  test.each([
    ['pages', { pages: 100_000 }, 'it has too many pages'],
    ['bytes', { bytes: 2 ** 32 }, 'it has too many bytes'],
    ['time', { startedAt: '2026-02-27T11:59:59.000Z' }, 'it takes too long'],
  ])('by too much of %s is left', async (_what, walk, why) => {
    sender.objects = listed('2.2.1', 7);
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.step();
    await puller.step();
    Object.assign(puller.state.walk ?? {}, walk);
    await puller.step();
    expect(puller.state.walk).toBeUndefined();
    expect(puller.state.stopped?.full?.why).toBe(why);
    expect(sender.seen).toHaveLength(1);
  });
});

describe('a list that changes while it is read', () => {
  test.each(['link', 'total', 'caps limit'] as const)('loses nothing by %s when others leave it', async (paging) => {
    sender.paging = paging;
    sender.objects = listed('2.2.1', 12);
    const all = uidsOf(sender.objects);
    sender.instead = [
      () => undefined,
      () => undefined,
      () => {
        sender.objects.splice(0, 4);
        return undefined;
      },
    ];
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    expect(uidsIn(await puller.copy())).toEqual(all);
    expect(puller.state.full).toBeDefined();
  });
});

describe('a page that is too much', () => {
  test('in bytes is asked for in a smaller one, at once', async () => {
    sender.objects = listed('2.2.1', 8);
    sender.pageSize = 10_000;
    const tooLarge = ({ url }: { url: URL }) => {
      const limit = Number(url.searchParams.get('limit') ?? 10_000);
      return limit > 600 ? { body: ' '.repeat(17 * 2 ** 20) } : undefined;
    };
    sender.instead = [tooLarge, tooLarge];
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    expect(await puller.copy()).toHaveLength(8);
    expect(sender.seen.map(({ url }) => url.searchParams.get('limit'))).toEqual([null, '500']);
  });

  test('in time is taken in parts, and none is taken twice or left out', async () => {
    sender.paging = 'no header';
    sender.objects = listed('2.2.1', 700);
    const puller = await startPuller({ endpoint: sender.endpoint });
    puller.callMs = 50;
    await puller.step();
    expect(await puller.step()).toBe('more');
    expect(puller.state.walk?.done?.objects).toBe(256);
    await puller.run();
    expect(puller.state.full).toMatchObject({ read: 700, counts: { created: 700, unchanged: 0 } });
    expect(sender.seen).toHaveLength(3);
  });

  test('in parts begins anew if it is another page meanwhile', async () => {
    sender.paging = 'no header';
    sender.objects = listed('2.2.1', 300);
    const puller = await startPuller({ endpoint: sender.endpoint });
    puller.callMs = 50;
    await puller.step();
    await puller.step();
    sender.objects.shift();
    puller.callMs = 0;
    await puller.run();
    expect(await puller.copy()).toHaveLength(300);
  });

  test('because one Token ends our process is halved down to it, which is passed over', async () => {
    sender.objects = listed('2.2.1', 10);
    sender.pageSize = 8;
    const puller = await startPuller({ endpoint: sender.endpoint });
    const { get } = puller.backend.tokens;
    puller.backend.tokens.get = async (call) => {
      if (call.id === 'CARD0004') throw new Error('death');
      return get(call);
    };
    await puller.run();
    expect(uidsIn(await puller.copy())).toEqual(uidsOf(listed('2.2.1', 10)).filter((uid) => uid !== 'CARD0004'));
    expect(puller.state.problems.map(({ why }) => why)).toEqual([
      'Object 4: passed over, because taking it never ended',
    ]);
    expect(puller.state.full?.counts).toMatchObject({ invalid: 1 });
  });
});
