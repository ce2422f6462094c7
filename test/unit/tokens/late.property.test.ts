/** Pushes of one Token in any order and more than once, from a sender whose clock is off: what is kept in the end (COO-17). */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLate } from '../../../lib/tokens/received/late.ts';
import { token } from '../../support/builders.ts';

const start = Date.parse('2026-03-01T12:00:00.000Z');
const doubtMs = 15 * 60_000;
const instant = (ms: number) => new Date(ms).toISOString();

interface Version {
  valid: boolean;
  /** When the sender changed it, by the true clock. */
  sentAt: number;
}

interface Push {
  version: number;
  arrivesAt: number;
}

interface History {
  /** By which the sender's clock is ahead; negative if it is behind. */
  clockMs: number;
  versions: Version[];
  pushes: Push[];
}

/** Every version arrives at least once, some again, each some time after it was sent. */
const history = (clock: fc.Arbitrary<number>, longestWayMs: number): fc.Arbitrary<History> =>
  fc
    .record({
      clockMs: clock,
      steps: fc.array(fc.record({ valid: fc.boolean(), afterMs: fc.integer({ min: 1_000, max: 120_000 }) }), {
        minLength: 1,
        maxLength: 6,
      }),
      ways: fc.array(fc.integer({ min: 1, max: longestWayMs }), { minLength: 6, maxLength: 6 }),
      again: fc.array(fc.record({ version: fc.nat({ max: 5 }), way: fc.integer({ min: 1, max: longestWayMs }) }), {
        maxLength: 6,
      }),
    })
    .map(({ clockMs, steps, ways, again }) => {
      let sentAt = start;
      const versions = steps.map(({ valid, afterMs }) => {
        sentAt += afterMs;
        return { valid, sentAt };
      });
      const push = (version: number, way: number): Push => ({
        version,
        arrivesAt: (versions[version]?.sentAt ?? start) + way,
      });
      const pushes = [
        ...versions.map((_, version) => push(version, ways[version] ?? 1)),
        ...again.map(({ version, way }) => push(version % versions.length, way)),
      ].toSorted((a, b) => a.arrivesAt - b.arrivesAt);
      return { clockMs, versions, pushes };
    });

/** @returns which version is kept after each push */
function receive({ clockMs, versions, pushes }: History): number[] {
  let kept: { version: number; arrivedAt: number } | undefined;
  const tokenOf = (version: number) => {
    const { valid = false, sentAt = start } = versions[version] ?? {};
    return token({ valid, last_updated: instant(sentAt + clockMs) });
  };
  return pushes.map(({ version, arrivesAt }) => {
    const stored = kept && { data: tokenOf(kept.version), arrived_at: instant(kept.arrivedAt) };
    if (!stored || !isLate(stored, tokenOf(version), instant(arrivesAt))) kept = { version, arrivedAt: arrivesAt };
    return kept?.version ?? -1;
  });
}

const behind = fc.integer({ min: -86_400_000, max: 0 });
const ahead = fc.integer({ min: 1, max: 86_400_000 });

test('keeps the last that was sent, in whatever order they come, if the clock of the sender is right or behind', () => {
  fc.assert(
    fc.property(history(behind, 3_600_000), (sent) => {
      expect(receive(sent).at(-1)).toBe(sent.versions.length - 1);
    }),
    { numRuns: 3_000 },
  );
});

test('is never valid in the end where the last that was sent denies, if the clock of the sender is ahead', () => {
  fc.assert(
    fc.property(history(ahead, doubtMs - 1_000), (sent) => {
      const kept = receive(sent).at(-1) ?? 0;
      expect(sent.versions[kept]?.valid === true && sent.versions.at(-1)?.valid === false).toBe(false);
    }),
    { numRuns: 3_000 },
  );
});

test('never undoes a block by an older push, within a quarter of an hour, whatever the clock of the sender', () => {
  fc.assert(
    fc.property(history(fc.oneof(behind, ahead), doubtMs - 1_000), (sent) => {
      const kept = receive(sent);
      for (const [i, version] of kept.entries()) {
        const before = kept[i - 1] ?? 0;
        const isUndone = sent.versions[before]?.valid === false && sent.versions[version]?.valid === true;
        if (i > 0 && isUndone) expect(version).toBeGreaterThan(before);
      }
    }),
    { numRuns: 3_000 },
  );
});
