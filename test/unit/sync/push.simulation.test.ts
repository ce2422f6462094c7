/** Every partner holds what it should: simulated time, a storage, a queue and partners at their worst (docs/architecture.md, In sync). */
import { beforeEach, expect, test, vi } from 'vitest';
import { type ChaosOptions, chaos, findingsOf } from '../../support/sync/chaos.ts';
import { createWorld, type World } from '../../support/world.ts';

const current = vi.hoisted(() => ({ world: undefined as World | undefined }));
vi.mock('node:timers/promises', () => ({ setTimeout: (ms: number) => current.world?.sleep(ms) }));

beforeEach(() => {
  vi.spyOn(Math, 'random').mockImplementation(() => current.world?.random() ?? 0);
  return () => vi.restoreAllMocks();
});

/** Each seed with what it came to, where that is not what it should be. */
async function findings(seeds: number, options: (world: World) => ChaosOptions): Promise<string[]> {
  const found: string[] = [];
  for (let seed = 0; seed < seeds; seed += 1) {
    const world = createWorld(seed);
    current.world = world;
    try {
      const result = await chaos(world, options(world));
      found.push(...(await findingsOf(world, result)).map((each) => `seed ${seed}: ${each}`));
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
  return found;
}

const anHour = { timeout: 3_600_000 };
const seeds = 300;

test.each([
  { what: 'healthy functions', isMortal: false, isSteered: false },
  { what: 'functions that die', isMortal: true, isSteered: false },
  { what: 'an operator who interferes', isMortal: false, isSteered: true },
  { what: 'both', isMortal: true, isSteered: true },
])('every partner holds every Token as it is at rest, with $what', anHour, async ({ isMortal, isSteered }) => {
  const found = await findings(seeds, (world) => ({
    isMortal,
    isSteered,
    teller: world.oneOf(['stream', 'stream', 'writer', 'nobody']),
    hasPlaces: world.chance(0.7),
  }));
  expect(found.slice(0, 30)).toEqual([]);
});
