/** What pushing costs and how long it takes, counted in simulated time: each bound is the formula that stands here. */
import { beforeEach, expect, test, vi } from 'vitest';
import { block, changeSettings, unblock } from '../../../lib/tokens/own/change.ts';
import { settleMs } from '../../support/slow-tokens.ts';
import { minutesOf, put, wish, write } from '../../support/sync/chaos.ts';
import { type Pushing, type PushingOptions, startPushing } from '../../support/sync/pushing.ts';
import { dayMs, minuteMs } from '../../support/sync/simulated.ts';
import { createWorld, type World } from '../../support/world.ts';

const current = vi.hoisted(() => ({ world: undefined as World | undefined }));
vi.mock('node:timers/promises', () => ({ setTimeout: (ms: number) => current.world?.sleep(ms) }));

beforeEach(() => {
  vi.spyOn(Math, 'random').mockImplementation(() => current.world?.random() ?? 0);
  return () => vi.restoreAllMocks();
});

const anHour = { timeout: 3_600_000 };
const uidsOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `T${i + 6}`);
const told = { teller: 'stream' } as const;

async function start(seed: number, options: Partial<PushingOptions>): Promise<{ world: World; pushing: Pushing }> {
  const world = createWorld(seed);
  current.world = world;
  const pushing = await startPushing(world, {
    ...told,
    partners: { aaa: { pushesAtOnce: 4, pushesPerSecond: 20 } },
    hasPlaces: true,
    workers: 4,
    perils: { dies: 0, fails: 0 },
    queuePerils: { lost: 0, doubled: 0, reordered: 0 },
    ...options,
  });
  return { world, pushing };
}

async function during(world: World, ...doings: (() => Promise<void>)[]): Promise<void> {
  for (const doing of doings) world.spawn(doing);
  await world.untilQuiet();
}

/** The partner has taken what there is. */
async function startHolding(seed: number, options: Partial<PushingOptions>) {
  const { world, pushing } = await start(seed, options);
  const partner = pushing.partners.get('aaa');
  if (!partner) throw new Error('no partner');
  const uids = uidsOf(12);
  const first = uids.map((uid) => put(uid, 'first'));
  await during(world, () => write(pushing, told, first));
  await during(world, () => minutesOf(world, pushing, 3));
  expect(partner.held.size).toBe(uids.length);
  return { world, pushing, partner, uids };
}

/** A page of a second and the request at its end, a wake, the list of a page, and the requests of the storage. */
const longestBlockMs = 3_000;

test('a block is with a healthy partner in three seconds, whatever else is going on (PUSH-01)', anHour, async () => {
  const late: string[] = [];
  let blocks = 0;
  for (let seed = 0; seed < 40; seed += 1) {
    const { world, pushing } = await start(seed, {
      partners: { aaa: { pushesAtOnce: 2, pushesPerSecond: 3 }, bbb: {}, ccc: {} },
    });
    const partner = pushing.partners.get('aaa');
    for (const other of ['bbb', 'ccc'])
      Object.assign(pushing.partners.get(other) ?? {}, { mood: world.oneOf(['hanging', 'slow', 'down']) });
    const uids = uidsOf(40);
    await during(world, () =>
      write(
        pushing,
        told,
        uids.map((uid) => put(uid, 'first')),
      ),
    );
    await during(
      world,
      async () => minutesOf(world, pushing, 3),
      async () => wish(pushing, world, 'aaa', 'full'),
      async () =>
        write(
          pushing,
          told,
          uids.map((uid) => put(uid, 'mass')),
        ),
      async () => {
        for (let n = 0; n < 5; n += 1) {
          await world.sleep(world.between(5_000, 25_000));
          const uid = world.oneOf(uids);
          await write(pushing, told, [changeSettings({ uid, type: 'RFID' }, block({}))]);
        }
      },
    );
    for (const [name, at] of pushing.told) {
      const sent = partner?.sends.find(({ uid, stamp, valid }) => !valid && `${uid} ${stamp}` === name);
      const again = partner?.sends.some(
        ({ uid, stamp }) => name.startsWith(`${uid} `) && stamp > (name.split(' ')[1] ?? ''),
      );
      // Before the first slice there is nothing to overtake; what has changed since is sent as it is then.
      if (at < (partner?.sends[0]?.at ?? 0) || (!sent && again)) continue;
      blocks += 1;
      const ms = (sent?.endedAt ?? Number.POSITIVE_INFINITY) - at;
      if (ms > longestBlockMs) late.push(`seed ${seed}: ${name} after ${ms} ms`);
    }
  }
  expect(late).toEqual([]);
  expect(blocks).toBeGreaterThan(100);
});

test('a block is with a partner that is back, or fails at another Token, in three seconds', anHour, async () => {
  const late: string[] = [];
  for (let seed = 0; seed < 20; seed += 1) {
    const { world, pushing, partner, uids } = await startHolding(seed, {});
    const isBack = seed % 2 === 0;
    if (isBack) partner.mood = world.oneOf(['down', 'hanging']);
    else partner.fatal.add('T6');
    await during(
      world,
      () => minutesOf(world, pushing, 121),
      () => write(pushing, told, [put('T6', 'second')]),
      async () => {
        await world.sleep(world.between(30, 110) * minuteMs);
        partner.mood = 'healthy';
        const uid = world.oneOf(uids.slice(1));
        await write(pushing, told, [changeSettings({ uid, type: 'RFID' }, block({}))]);
        await world.sleep(minuteMs);
        const [, since = 0] = [...pushing.told].find(([name]) => name.startsWith(`${uid} `)) ?? [];
        const sent = partner.sends.find((each) => each.uid === uid && !each.valid);
        const ms = (sent?.endedAt ?? Number.POSITIVE_INFINITY) - since;
        if (ms > longestBlockMs) late.push(`seed ${seed}: ${uid} after ${ms} ms`);
        // All else that waited comes with it.
        if (isBack && partner.held.get('T6')?.stamp === undefined) late.push(`seed ${seed}: T6`);
        partner.fatal.clear();
      },
    );
    const [six] = pushing.tokens.current().filter(({ data }) => data.uid === 'T6');
    expect(partner.held.get('T6')?.stamp).toBe(six?.data.last_updated);
  }
  expect(late).toEqual([]);
});

/** Until the stamps of the mass change are past, then a walk's turn, and all that a block waits for. */
const longestChangeMs = 2 * settleMs + 2 * longestBlockMs;

test('a change does not wait behind a mass change, and each state is sent once', anHour, async () => {
  for (let seed = 0; seed < 20; seed += 1) {
    const { world, pushing } = await start(seed, { partners: { aaa: { pushesAtOnce: 2, pushesPerSecond: 4 } } });
    const partner = pushing.partners.get('aaa');
    if (!partner) throw new Error('no partner');
    await during(world, () => minutesOf(world, pushing, 2));
    const uids = uidsOf(240);
    const changed = new Map<string, number>();
    await during(
      world,
      () =>
        write(
          pushing,
          told,
          uids.map((uid) => put(uid, 'mass')),
        ),
      async () => {
        for (const n of [1, 2]) {
          // Some writes of the mass change are late, and made again.
          await world.sleep(n === 1 ? 40_000 : 10_000);
          changed.set(`change ${n}`, world.now());
          await write(pushing, told, [put(`T${n}`, `change ${n}`)]);
        }
      },
    );
    for (const [issuer, at] of changed) {
      const sent = partner.sends.find((each) => each.issuer === issuer);
      expect((sent?.endedAt ?? Number.POSITIVE_INFINITY) - at, `seed ${seed}`).toBeLessThanOrEqual(longestChangeMs);
    }
    const endedAt = Math.max(...partner.sends.map(({ at }) => at));
    expect(endedAt - Math.min(...changed.values())).toBeGreaterThan(longestChangeMs);
    const states = partner.sends.map(({ uid, stamp }) => `${uid} ${stamp}`);
    expect(states.length).toBeGreaterThanOrEqual(uids.length + changed.size);
    expect(new Set(states).size).toBe(states.length);
  }
});

test(
  'a partner that is down for a day costs a few requests an hour, and then gets each Token once, as it is',
  anHour,
  async () => {
    for (let seed = 0; seed < 3; seed += 1) {
      const { world, pushing, partner, uids } = await startHolding(seed, { teller: 'writer' });
      partner.mood = world.oneOf(['down', 'denying', 'hanging']);
      const before = partner.sends.length;
      const known = new Map(partner.held);
      let blocks = 0;
      await during(
        world,
        () => minutesOf(world, pushing, dayMs / minuteMs),
        async () => {
          for (let hour = 0; hour < 24; hour += 1) {
            await write(pushing, { teller: 'writer' }, [
              put(world.oneOf(uids), `hour ${hour}`),
              put('T6', `six ${hour}`),
            ]);
            await world.sleep(dayMs / 24);
          }
        },
        async () => {
          for (; blocks < 12 * 24; blocks += 1) {
            await write(pushing, { teller: 'writer' }, [
              changeSettings({ uid: world.oneOf(uids), type: 'RFID' }, blocks % 2 === 0 ? block({}) : unblock),
            ]);
            await world.sleep(dayMs / 24 / 12);
          }
        },
      );
      // Twelve pauses that double from a second to an hour, then of half an hour at least; and with a block every ten minutes
      // four that are tried all the same in an hour, where we are not refused.
      const tried = partner.mood === 'denying' ? 0 : 4 * 24 + 1;
      expect(partner.sends.length - before).toBeLessThanOrEqual(12 + 2 * 24 + tried);

      partner.mood = 'healthy';
      partner.sends = [];
      await during(world, () => minutesOf(world, pushing, 65));
      const changed = pushing.tokens.current().filter(({ data }) => data.last_updated !== known.get(data.uid)?.stamp);
      expect(partner.sends.map(({ uid, stamp }) => `${uid} ${stamp}`).sort()).toEqual(
        changed.map(({ data }) => `${data.uid} ${data.last_updated}`).sort(),
      );
    }
  },
);

test('400 partners at rest cost a few requests a minute, and one filtered look for each party', anHour, async () => {
  const partners = Object.fromEntries(Array.from({ length: 400 }, (_, i) => [`p${i}`, {}]));
  const { world, pushing } = await start(1, { partners, workers: 40, teller: 'nobody' });
  await during(world, () =>
    write(
      pushing,
      { teller: 'nobody' },
      uidsOf(2).map((uid) => put(uid, 'first')),
    ),
  );
  await during(world, () => minutesOf(world, pushing, 3));
  const { slices } = pushing.counted;
  let requests = 0;
  await during(world, async () => {
    requests = await pushing.minute();
  });
  // The peers, their states in pages of 250, their wishes, and a look for each of two parties; no wake.
  expect(requests).toBe(1 + 2 + 1 + 2);
  expect(pushing.counted.slices).toBe(slices);
});

test('a slice costs a few requests, a page a few more, and a Token none', anHour, async () => {
  const { world, pushing } = await start(1, {
    teller: 'nobody',
    partners: { aaa: { pushesPerSecond: 1_000, pushesAtOnce: 50 } },
  });
  await during(world, () =>
    write(
      pushing,
      { teller: 'nobody' },
      uidsOf(200).map((uid) => put(uid, 'first')),
    ),
  );
  await during(world, () => minutesOf(world, pushing, 3));
  const sends = pushing.partners.get('aaa')?.sends.length ?? 0;
  expect(sends).toBe(200);
  const { slices, requests } = pushing.counted;
  // 20 Tokens, then twice as many, up to 100; and a page of changes for each two seconds, and at the end.
  const pages = 5 + 5;
  const parties = 2;
  const perSlice = 5;
  // The wishes, what is urgent, the lists (counted, and read), the state.
  const perPage = 1 + parties + 2 * parties + 1;
  expect(requests).toBeLessThanOrEqual(slices * perSlice + pages * perPage);
});

test('a peer that is removed leaves nothing, and gets all when it comes back', anHour, async () => {
  const { world, pushing } = await start(1, { partners: { aaa: {} } });
  const partner = pushing.partners.get('aaa');
  partner?.never.add('T6');
  await during(world, () =>
    write(
      pushing,
      told,
      uidsOf(3).map((uid) => put(uid, 'first')),
    ),
  );
  await during(world, () => minutesOf(world, pushing, 3));
  await during(world, () => wish(pushing, world, 'aaa', 'paused'));
  await during(world, () => pushing.remove('aaa'));
  const left = async () => {
    const collections = ['sync', 'sync-wishes', 'refused/aaa'];
    const pages = Promise.all(collections.map((collection) => pushing.records.list({ collection, limit: 9 })));
    await world.untilQuiet();
    return (await pages).flatMap(({ items }) => items.map(({ id }) => id));
  };
  expect(await left()).toEqual(['aaa/push', 'aaa/push', 'RFID#T6']);
  await during(world, () => minutesOf(world, pushing, 1));
  expect(await left()).toEqual([]);

  partner?.held.clear();
  await during(world, () => pushing.comeBack('aaa'));
  await during(world, () => minutesOf(world, pushing, 2));
  expect([...(partner?.held.keys() ?? [])].sort()).toEqual(['T7', 'T8']);
});
