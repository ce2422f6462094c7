/** The short mode of every benchmark: what it counts must meet its goal. What it times may not: a busy machine is no mistake. */
import { beforeAll, describe, expect, test } from 'vitest';
import { locateEngine } from '../../lib/local/engine.ts';
import { benches } from './benches.ts';
import { type Figure, isMet } from './figures.ts';
import { keepQuiet } from './note.ts';

const options = { isShort: true, tokens: 12_000, minutes: 0 };

/**
 * The first counts nothing; the others take their time, and what they count is counted in test/unit/sync/push.bounds.test.ts and
 * test/unit/http/ocpi/limit.test.ts.
 */
const { warm: _, sync: __, syncCost: ___, storm: ____, ...counting } = benches;

describe.skipIf('reason' in locateEngine()).each(Object.entries(counting))('%s', (_name, load) => {
  let figures: Figure[];
  beforeAll(async () => {
    keepQuiet();
    const bench = await load();
    figures = await bench(options);
  }, 300_000);

  test('meets its goals in all that it counts', () => {
    const counted = figures.filter(({ kind, goal }) => kind === 'count' && goal);
    expect(counted.length).toBeGreaterThan(0);
    expect(counted.filter((figure) => !isMet(figure))).toEqual([]);
  });
});
