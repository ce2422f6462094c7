/** No change is missing from a delta: simulated time, a storage at its worst, partners of every kind (docs/architecture.md, Time). */
import { beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { changePeer } from '../../../lib/peers/store.ts';
import { type Simulated, type SimulationOptions, simulate } from '../../support/deltas.ts';
import { type TestRuntime, testRuntime } from '../../support/runtime.ts';
import { createWorld, type World } from '../../support/world.ts';

const current = vi.hoisted(() => ({ world: undefined as World | undefined }));
vi.mock('node:timers/promises', () => ({ setTimeout: (ms: number) => current.world?.sleep(ms) }));

let around: TestRuntime;
beforeAll(async () => {
  around = await testRuntime({ config: { pageSize: { default: 2, max: 2 }, logLevel: 'silent' } });
  // Hundreds of simulations live through the same minutes.
  await changePeer(around, 'fr-dcp', (peer) => ({ ...peer, settings: { incomingPerSecond: 1_000_000 } }));
});
beforeEach(() => {
  vi.spyOn(Math, 'random').mockImplementation(() => current.world?.random() ?? 0);
  return () => vi.restoreAllMocks();
});

function run(seed: number, options?: SimulationOptions): Promise<Simulated> {
  current.world = createWorld(seed);
  return simulate(current.world, around, options);
}

/** Each seed with what it came to, where that is not what it should be. */
async function findings(seeds: number, examine: (seed: number) => Promise<string[]>): Promise<string[]> {
  const found: string[] = [];
  for (let seed = 0; seed < seeds; seed += 1)
    found.push(...(await examine(seed)).map((each) => `seed ${seed}: ${each}`));
  return found;
}

const anHour = { timeout: 3_600_000 };

test.each([
  { storage: 'with a stream, where writes land when nobody waits for them any more', hasStream: true, seeds: 1_400 },
  { storage: 'without a stream, where they do not', hasStream: false, seeds: 600 },
])(
  'every reader holds every Token as it is in the end, on a storage $storage',
  anHour,
  async ({ hasStream, seeds }) => {
    const found = await findings(seeds, async (seed) => {
      const { missing, vanished } = await run(seed, { hasStream });
      return [...missing(), ...vanished];
    });
    expect(found).toEqual([]);
  },
);

test.each(['the next change', 'a full pull'] as const)(
  'what an index hides beyond its margin is missing, until %s',
  anHour,
  async (healer) => {
    let missed = 0;
    const found = await findings(100, async (seed) => {
      const { missing, changeAll, pull } = await run(seed, { isIndexLate: true });
      missed += missing().length;
      if (healer === 'the next change') await changeAll();
      await pull(healer === 'a full pull' ? 'everything' : 'changes');
      return missing();
    });
    expect(missed).toBeGreaterThan(0);
    expect(found).toEqual([]);
  },
);

test('who goes on from the newest date and counts offsets misses changes, until a full pull', anHour, async () => {
  let missed = 0;
  const found = await findings(100, async (seed) => {
    const { missing, pull } = await run(seed, { readers: { goesOnFrom: 'newest', pages: 'offset' } });
    missed += missing().length;
    await pull('everything');
    return missing();
  });
  expect(missed).toBeGreaterThan(0);
  expect(found).toEqual([]);
});
