/** What is said of an import when it is over: for people, for programs, and as its failure. */
import { Failure } from '../failure.ts';
import type { Counts, ImportResult } from './import-tokens.ts';

/** @returns of how many entries it is known what became of them */
export const doneOf = ({ read, notReached }: Counts): number => read - notReached;

/** What --json prints. */
export function summaryOf({ counts, warnings, isComplete }: ImportResult, isDryRun: boolean): object {
  const { accepted, ...written } = counts;
  const { read, invalid, notReached } = counts;
  return isDryRun
    ? { isDryRun, read, accepted, invalid, notReached, warnings, isComplete }
    : { ...written, warnings, isComplete };
}

/** @param seconds how long it took */
export function describe({ counts, warnings }: ImportResult, isDryRun: boolean, seconds: number): string {
  const { created, updated, unchanged, stale, taken, accepted, invalid, notReached } = counts;
  const done = doneOf(counts);
  const fates = Object.entries(isDryRun ? { accepted } : { created, updated, unchanged, stale, taken });
  const counted = [...fates, ['invalid', invalid], ...(notReached > 0 ? [['not reached', notReached]] : [])];
  return [
    isDryRun && 'Nothing was written: ',
    `${done} Tokens in ${seconds.toFixed(1)} s (${Math.round(done / Math.max(seconds, 0.001))} a second): `,
    counted.map(([fate, count]) => `${count} ${fate}`).join(', '),
    warnings > 0 && `; ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`,
  ]
    .filter(Boolean)
    .join('');
}

/**
 * A backup overwrites nothing, so what is stale there is as it should be.
 * @throws Failure if entries were refused, with how many
 */
export function assertNoneRefused(
  { read, invalid, taken, stale }: Counts,
  { isDryRun, isRestored }: { isDryRun: boolean; isRestored: boolean },
): void {
  const refused = invalid + taken + (isRestored ? 0 : stale);
  if (refused === 0) return;
  throw new Failure('data', `${refused} of ${read} ${isDryRun ? 'would not be' : 'were not'} imported; see above`);
}
