/** Our copies are what partners list: simulated time, lists that change, partners, a queue and workers at their worst (docs/architecture.md, In sync). */
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { type PullState, statesCollection } from '../../../lib/sync/state.ts';
import type { ListedToken } from '../../support/sync/listing-partner.ts';
import { type PullChaosOptions, pullChaos, pullFindings } from '../../support/sync/pull-chaos.ts';
import { type PulledWorld, startPulledWorld } from '../../support/sync/pulled-world.ts';
import { hourMs } from '../../support/sync/simulated.ts';
import { createWorld, type World } from '../../support/world.ts';

const current = vi.hoisted(() => ({ world: undefined as World | undefined }));
vi.mock('node:timers/promises', () => ({ setTimeout: (ms: number) => current.world?.sleep(ms) }));

beforeEach(() => {
  vi.spyOn(Math, 'random').mockImplementation(() => current.world?.random() ?? 0);
  return () => vi.restoreAllMocks();
});

/** Each seed with what it came to, where that is not what it should be. */
async function findings(seeds: number, options: PullChaosOptions): Promise<string[]> {
  const found: string[] = [];
  for (let seed = 0; seed < seeds; seed += 1) {
    const world = createWorld(seed);
    current.world = world;
    try {
      const result = await pullChaos(world, options);
      found.push(...(await pullFindings(world, result)).map((each) => `seed ${seed}: ${each}`));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  return found;
}

const anHour = { timeout: 3_600_000 };
const seeds = 25;

test.each([
  { what: 'healthy functions', isMortal: false, isSteered: false, sheds: false },
  { what: 'functions that die', isMortal: true, isSteered: false, sheds: false },
  { what: 'an operator who interferes', isMortal: true, isSteered: true, sheds: false },
  { what: 'lists that shrink', isMortal: true, isSteered: false, sheds: true },
])('our copy is what partners list at rest, with $what', anHour, async ({ what: _, ...options }) => {
  const found = await findings(seeds, options);
  expect(found.slice(0, 30)).toEqual([]);
});

describe('what pulling costs', () => {
  const plain = { country_code: 'DE', party_id: 'AAA' };
  const [tokens, pageSize] = [30, 7];
  const day = 24 * 60;
  /** Hourly, and at the peer's own moment of the hour. */
  const deltas = 25;

  async function start(
    seed: number,
    readsMany: boolean,
  ): Promise<{ world: World; pulled: PulledWorld; list: ListedToken[] }> {
    const world = createWorld(seed);
    current.world = world;
    const pulled = await startPulledWorld(world, {
      partners: {
        aaa: {
          version: '2.2.1',
          paging: 'link',
          pageSize,
          aheadMs: 0,
          roles: [{ ...plain, role: 'EMSP' }],
          settings: {},
        },
      },
      readsMany,
      workers: 2,
      perils: { dies: 0, fails: 0 },
      queuePerils: { lost: 0, doubled: 0, reordered: 0 },
    });
    const list = pulled.partners.get('aaa')?.list ?? [];
    const last_updated = '2026-02-01T00:00:00.000Z';
    for (let n = 1; n <= tokens; n += 1) {
      list.push({ uid: `T${n}`, state: 1, owner: plain, issuer: 'A', valid: true, last_updated });
    }
    return { world, pulled, list };
  }

  async function during(world: World, doing: () => Promise<void>): Promise<void> {
    world.spawn(doing);
    await world.untilQuiet();
  }

  test.each([true, false])(
    'a day of a healthy partner is a page for each that it has, and one an hour',
    anHour,
    async (readsMany) => {
      const { world, pulled, list } = await start(1, readsMany);
      const pages = Math.ceil(tokens / pageSize);
      await during(world, () => pulled.minutes(5));
      expect(pulled.partners.get('aaa')?.asked).toBe(pages);
      expect(pulled.writes).toBe(tokens);
      const reads = readsMany ? pages : tokens;
      const slice = 5; // The peer, the state, the wishes, and the lease taken and given back.
      const step = 2; // The state written, and the wishes read.
      // A step that begins, one a page with its names, one that compares by names and copy, one that tidies: names listed, removed.
      const full = step + pages * (step + 1) + reads + tokens + (step + 2) + (step + 1 + pages);
      // All of a new lane is tidied too, and at rest a slice looks once more.
      expect(pulled.requests).toBeLessThanOrEqual(pulled.slices * slice + full + (step + 1));

      const former = {
        asked: pulled.partners.get('aaa')?.asked ?? 0,
        requests: pulled.requests,
        slices: pulled.slices,
      };
      list[3] = { ...(list[3] as ListedToken), state: 2, last_updated: new Date(world.now()).toISOString() };
      await during(world, () => pulled.minutes(day));
      expect((pulled.partners.get('aaa')?.asked ?? 0) - former.asked).toBeLessThanOrEqual(deltas);
      expect(pulled.writes).toBe(tokens + 1);
      const changed = deltas * 2 * step + 3;
      expect(pulled.slices - former.slices).toBeLessThanOrEqual(deltas);
      expect(pulled.requests - former.requests).toBeLessThanOrEqual(deltas * slice + changed);
    },
  );

  test(
    'a partner that is down for a day costs a few requests an hour, and then a delta from where it was',
    anHour,
    async () => {
      for (const mood of ['down', 'crashing', 'denying', 'hanging'] as const) {
        const { world, pulled, list } = await start(2, true);
        const partner = pulled.partners.get('aaa');
        if (!partner) throw new Error('no partner');
        await during(world, () => pulled.minutes(5));
        partner.mood = mood;
        const before = partner.asked;
        await during(world, async () => {
          await world.sleep(2 * hourMs);
          list[3] = { ...(list[3] as ListedToken), state: 2, last_updated: new Date(world.now()).toISOString() };
          await pulled.minutes(day - 120);
        });
        // Twelve pauses that double from a second to an hour, then of half an hour at least.
        expect(partner.asked - before).toBeLessThanOrEqual(12 + 2 * 24);
        partner.mood = 'healthy';
        const [asked, written] = [partner.asked, pulled.writes];
        await during(world, () => pulled.minutes(65));
        expect([partner.asked - asked, pulled.writes - written]).toEqual([expect.any(Number), 1]);
        // Whoever answers, and fails, is asked at times for another object before the page.
        expect(partner.asked - asked).toBeLessThanOrEqual(mood === 'crashing' ? 3 : 2);
        expect(await passedOver(world, pulled)).toEqual({});
      }
    },
  );

  test(
    'an object that the partner cannot write costs some twenty requests once, and no other a day',
    anHour,
    async () => {
      const { world, pulled, list } = await start(3, true);
      const partner = pulled.partners.get('aaa');
      Object.assign(list[17] as ListedToken, { isBad: true });
      await during(world, () => pulled.minutes(60));
      expect(pulled.writes).toBe(tokens - 1);
      expect(await passedOver(world, pulled)).toMatchObject({ full: { count: 1, offsets: [17] } });
      expect(partner?.asked).toBeLessThanOrEqual(Math.ceil(tokens / pageSize) + 1 + 20);
      const before = partner?.asked ?? 0;
      await during(world, () => pulled.minutes(day));
      expect((partner?.asked ?? 0) - before).toBeLessThanOrEqual(deltas);
    },
  );

  async function passedOver(world: World, { records }: PulledWorld) {
    const reading = records.get({ collection: statesCollection, id: 'aaa/pull' });
    await world.untilQuiet();
    const stored = await reading;
    const { full, changes } = (stored?.data ?? {}) as Partial<PullState>;
    return {
      ...(full?.passedOver && { full: full.passedOver }),
      ...(changes?.passedOver && { changes: changes.passedOver }),
    };
  }
});
