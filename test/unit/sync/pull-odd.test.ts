/** Pull (docs/requirements.md: Lists): partners that fail, lie, and have more than we can take. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { pullDueAt } from '../../../lib/sync/pull/due.ts';
import { type OddSender, startOddSender } from '../../support/odd-sender.ts';
import { began, listed, object, startPuller, uidsIn } from '../../support/pulling.ts';

let sender: OddSender;
beforeEach(async () => {
  sender = await startOddSender();
});
afterEach(() => sender.stop());

const uidsOf = (objects: readonly unknown[]): string[] => objects.map((each) => (each as { uid: string }).uid);
const hour = 3_600_000;
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

describe('an object that the peer cannot write', () => {
  const cannotWrite = (...numbers: number[]) => {
    const uids = numbers.map((number) => `CARD${String(number).padStart(4, '0')}`);
    sender.cannotWrite = (each) => uids.includes((each as { uid: string }).uid);
  };
  const allBut = (count: number, ...numbers: number[]) =>
    uidsOf(listed('2.2.1', count)).filter((_, index) => !numbers.includes(index));
  const asked = () =>
    sender.seen.map(({ url }) => `${url.searchParams.get('offset')}+${url.searchParams.get('limit')}`);

  test.each([
    ['a status of OCPI', undefined],
    ['HTTP 500', { http: 500, body: 'Internal Server Error' }],
    ['half a page', { body: '{"data":[{"uid":"CARD0000"' }],
  ])('keeps no other from coming, whatever the answer is: %s', async (_what, failure) => {
    if (failure) sender.failure = failure;
    sender.pageSize = 8;
    sender.objects = listed('2.2.1', 30);
    cannotWrite(11);
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run(10);
    expect(uidsIn(await puller.copy())).toEqual(allBut(30, 11));
    expect(puller.state).not.toHaveProperty('failing');
    expect(puller.state.full).toMatchObject({ read: 30, passedOver: { count: 1, offsets: [11] } });
    expect(puller.state.unread).toEqual({ count: 1, since: began });
    expect(puller.state.problems.map(({ why }) => why)).toEqual([
      'Object 11: passed over, because the peer fails at it, and not at others',
    ]);
  });

  test('is looked for by halves, and asked for three times with another in between', async () => {
    sender.pageSize = 8;
    sender.objects = listed('2.2.1', 30);
    cannotWrite(11);
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run(10);
    expect(asked().join(', ')).toBe(
      [
        'null+null, 8+null, 8+null',
        // The page once more, and by halves.
        '7+1, 8+null, 7+1, 8+4, 7+1, 8+2, 10+1, 11+1, 7+1, 11+1, 7+1, 11+1',
        // The next one alone, because bad ones come together, and then as before.
        '12+1, 13+null, 21+null, 29+null',
      ].join(', '),
    );
  });

  test('next to another counts from when another came again, too', async () => {
    sender.pageSize = 8;
    sender.objects = listed('2.2.1', 30);
    cannotWrite(11, 12);
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run(10);
    expect(asked().join(', ')).toContain('11+1, 12+1, 7+1, 12+1, 7+1, 12+1, 7+1, 12+1, 13+1, 14+null');
  });

  test.each([
    ['first', [0]],
    ['last', [29]],
    ['several together', [0, 1, 2, 3, 4, 17, 18, 19]],
    ['all of a page', [8, 9, 10, 11, 12, 13, 14, 15]],
  ])('is passed over at any place: %s', async (_what, bad) => {
    for (const paging of ['link', 'relative link', 'total', 'limit', 'total and limit', 'caps limit'] as const) {
      for (const pullLimit of [undefined, 1, 7]) {
        sender.paging = paging;
        sender.pageSize = 8;
        sender.objects = listed('2.2.1', 30);
        cannotWrite(...bad);
        const settings = pullLimit === undefined ? {} : { pullLimit };
        const puller = await startPuller({ endpoint: sender.endpoint, settings });
        await puller.run(60);
        expect(uidsIn(await puller.copy())).toEqual(allBut(30, ...bad));
        expect(puller.state.full?.passedOver).toEqual({ count: bad.length, offsets: bad });
        expect(puller.state.problems).toHaveLength(bad.length);
      }
    }
  });

  test('is said of a delta until all is read again', async () => {
    sender.objects = listed('2.2.1', 12);
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    cannotWrite(0);
    sender.objects[0] = object('2.2.1', { uid: 'CARD0000', last_updated: '2026-03-01T12:30:00.000Z' });
    puller.advance(2 * hour);
    await puller.run(10);
    expect(puller.state.changes).toMatchObject({ read: 1, passedOver: { count: 1, offsets: [0] } });
    sender.timestamp = () => '2026-03-01T14:00:00Z';
    puller.advance(2 * hour);
    await puller.run(10);
    puller.advance(2 * hour);
    await puller.run();
    expect(puller.state.changes).not.toHaveProperty('passedOver');
    expect(puller.state.unread).toEqual({ count: 2, since: '2026-03-01T14:00:00.000Z' });
    sender.cannotWrite = () => false;
    puller.wishes = { full: puller.runtime.now().toISOString() };
    await puller.run();
    expect(puller.state).not.toHaveProperty('unread');
  });

  test.each(['cursor', 'ignores limit', 'no header'] as const)(
    'is waited for where none can be had alone, by %s',
    async (paging) => {
      sender.paging = paging;
      sender.pageSize = 8;
      sender.objects = listed('2.2.1', 30);
      cannotWrite(0);
      const puller = await startPuller({ endpoint: sender.endpoint });
      await expect(puller.run(20)).rejects.toThrow(/3000/);
      expect(puller.state.walk).toMatchObject({ read: 0 });
      expect(puller.state.walk).not.toHaveProperty('passedOver');
      sender.cannotWrite = () => false;
      await puller.run(1);
      expect(await puller.copy()).toHaveLength(30);
    },
  );

  test('is one of a hundred at most', async () => {
    sender.pageSize = 8;
    sender.objects = listed('2.2.1', 130);
    sender.cannotWrite = (each) => (each as { uid: string }).uid >= 'CARD0020';
    const puller = await startPuller({ endpoint: sender.endpoint });
    await expect(puller.run(400)).rejects.toThrow(/3000/);
    expect(puller.state.walk?.passedOver).toEqual({
      count: 100,
      offsets: Array.from({ length: 20 }, (_, n) => 20 + n),
    });
    const before = sender.seen.length;
    await expect(puller.run(10)).rejects.toThrow(/3000/);
    expect(sender.seen.length - before).toBe(11);
  });

  test('is passed over whenever our process dies, and never another one', async () => {
    sender.pageSize = 8;
    for (let life = 1; life < 120; life += 2) {
      sender.objects = listed('2.2.1', 20);
      cannotWrite(3, 11);
      const puller = await startPuller({ endpoint: sender.endpoint, settings: { pullMissing: 'report' } });
      let calls = 0;
      puller.around = () => {
        calls += 1;
        if (calls === life || calls === 2 * life) throw new Error('death');
      };
      await puller.run(20);
      expect(uidsIn(await puller.copy())).toEqual(allBut(20, 3, 11));
      expect(puller.state.full?.passedOver?.offsets).toEqual([3, 11]);
    }
  });

  test.each([
    ['500', { http: 500, body: 'Internal Server Error' }],
    ['503', { http: 503, body: 'busy' }],
    ['401', { http: 401, body: '{"status_code":2001,"timestamp":"2026-03-01T12:00:00Z"}' }],
    ['3000', { body: '{"status_code":3000,"timestamp":"2026-03-01T12:00:00Z"}' }],
  ])('is none where the peer fails at all: %s costs one request each time', async (_what, answer) => {
    sender.objects = listed('2.2.1', 12);
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.step();
    await puller.step();
    sender.instead = Array.from({ length: 30 }, () => () => answer);
    const [before, { walk }] = [sender.seen.length, puller.state];
    await expect(puller.run(29)).rejects.toThrow();
    expect(sender.seen.length - before).toBe(30);
    expect(puller.state.walk).toEqual(walk);
    await puller.run();
    expect(await puller.copy()).toHaveLength(12);
    // Whether it is back may be asked first.
    expect(sender.seen.length - before - 30).toBeLessThanOrEqual(1 + 3);
  });

  test('is none where the peer answers nothing but the page', async () => {
    sender.objects = listed('2.2.1', 3);
    sender.instead = [() => sender.failure, () => sender.failure, () => ({ http: 500, body: 'no such limit' })];
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run(3);
    expect(puller.state.full).toMatchObject({ read: 3, missing: 0 });
    expect(puller.state.full).not.toHaveProperty('passedOver');
  });

  test('is none at a page that comes the next time, and pages are as large as before', async () => {
    sender.pageSize = 8;
    sender.objects = listed('2.2.1', 40);
    const fails = () => sender.failure;
    const comes = () => undefined;
    // The page, twice; and with another in between the page and its half.
    sender.instead = [comes, fails, fails, comes, fails, comes, fails];
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run(10);
    expect(await puller.copy()).toHaveLength(40);
    expect(puller.state.full).not.toHaveProperty('passedOver');
    expect(asked().slice(7)).toEqual(['7+1', '8+2', '10+1', '11+1', '12+null', '20+null', '28+null', '36+null']);
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
  test.each(
    (['link', 'total', 'caps limit'] as const).flatMap((paging) => [1, 2, 3, 4, 7].map((gone) => ({ paging, gone }))),
  )('loses nothing by $paging when $gone others leave it', async ({ paging, gone }) => {
    sender.paging = paging;
    sender.objects = listed('2.2.1', 12);
    const all = uidsOf(sender.objects);
    sender.instead = [
      () => undefined,
      () => undefined,
      () => {
        sender.objects.splice(0, gone);
        return undefined;
      },
    ];
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    // Those were read before they left.
    expect(uidsIn(await puller.copy())).toEqual(all.slice(0, 6).concat(all.slice(Math.max(6, gone))));
    expect(puller.state.full).toBeDefined();
    expect(puller.state).not.toHaveProperty('stopped');
  });

  test('loses nothing when one leaves it before each page', async () => {
    sender.objects = listed('2.2.1', 12);
    const all = uidsOf(sender.objects);
    sender.instead = Array.from({ length: 7 }, (_, page) => () => {
      if (page > 0) sender.objects.shift();
      return undefined;
    });
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    expect(uidsIn(await puller.copy())).toEqual(all);
    expect(puller.state.full).toBeDefined();
  });

  test('is left soon if what it says of its length only goes up and down', async () => {
    sender.objects = listed('2.2.1', 12);
    sender.instead = Array.from({ length: 500 }, (_, n) => ({ url }) => {
      const offset = Number(url.searchParams.get('offset') ?? 0);
      const headers = { ...link(`?offset=${offset + 3}`), 'X-Total-Count': String(13 - (n % 2)) };
      return { body: sender.objects.slice(offset, offset + 3), headers };
    });
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    expect(puller.state.stopped?.full?.why).toBe('its pages go round in a circle');
    expect(sender.seen.length).toBeLessThanOrEqual(12);
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
