/** Wherever an import ends: the books balance, and nothing is called complete or done that is not. */
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Entry } from '../../../lib/cli/import/entry.ts';
import { type Counts, fates, importTokens } from '../../../lib/cli/import/import-tokens.ts';
import { token } from '../../support/builders.ts';

const entryOf = (kind: string, number: number): Entry => {
  if (kind === 'unreadable') return { number, problem: 'is not JSON' };
  return { number, value: token({ uid: String(number) }) };
};

/** At which step something happens; most often never. */
const step = fc.option(fc.nat(40), { nil: Number.POSITIVE_INFINITY, freq: 2 });

const scenario = fc.record({
  kinds: fc.array(fc.constantFrom('good', 'good', 'unreadable'), { maxLength: 60 }),
  batchSize: fc.integer({ min: 1, max: 7 }),
  fate: fc.constantFrom(...fates),
  /** At the end of the file it has been cut off. */
  isCutOff: fc.boolean(),
  readFails: step,
  abortedAfterReading: step,
  writeFails: step,
  writeIsShort: step,
  abortedWhileWriting: step,
  writingTakes: fc.nat(3),
});

const sumOf = ({ read, ...others }: Counts): number => Object.values(others).reduce((sum, count) => sum + count, 0);

test('read is the sum of all fates, and complete is only what was read and written to its end', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (plan) => {
      const interruption = new AbortController();
      const reported = new Set<number>();
      const settled: string[] = [];
      let given = 0;
      let isReadToEnd = false;

      async function* entries(): AsyncGenerator<Entry> {
        for (const [i, kind] of plan.kinds.entries()) {
          if (i === plan.readFails) throw new Error('no file');
          if (i === plan.abortedAfterReading) interruption.abort();
          given += 1;
          yield entryOf(kind, i + 1);
        }
        isReadToEnd = !plan.isCutOff;
        if (plan.isCutOff) {
          given += 1;
          yield { number: plan.kinds.length + 1, problem: 'is cut off', losesRest: true };
        }
      }

      let batches = 0;
      const balances: boolean[] = [];
      const { counts, lastNumber, isComplete, stoppedBy } = await importTokens(entries(), {
        batch: { lines: plan.batchSize, bytes: 1_000 },
        signal: interruption.signal,
        warningsOf: () => ['?'],
        onWarning: () => {},
        onProblem: (number) => reported.add(number),
        onProgress: (current) => balances.push(sumOf(current) === current.read),
        write: async (lines) => {
          const batch = batches;
          batches += 1;
          if (batch === plan.abortedWhileWriting) interruption.abort();
          for (let i = 0; i < plan.writingTakes; i += 1) await turn();
          if (batch === plan.writeFails) throw new Error('no database');
          const known = batch === plan.writeIsShort ? lines.slice(1) : lines;
          settled.push(...known.map((line) => JSON.parse(line).uid));
          return lines.map((line) => (known.includes(line) ? { fate: plan.fate } : undefined));
        },
      });

      expect(counts.read).toBe(given);
      expect(sumOf(counts)).toBe(counts.read);
      expect(balances).not.toContain(false);
      if (plan.fate !== 'invalid') expect(counts[plan.fate]).toBe(settled.length);
      for (let number = 1; number <= lastNumber; number += 1) {
        expect(settled.includes(String(number)) || reported.has(number)).toBe(true);
      }
      expect(isComplete).toBe(isReadToEnd && counts.notReached === 0 && stoppedBy === undefined);
      if (counts.notReached > 0) expect(stoppedBy).toBeDefined();
    }),
    { numRuns: 500 },
  );
});
