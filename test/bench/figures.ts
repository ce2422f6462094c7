/** What a benchmark finds: figures, most of them with a goal. */

/** Both ends are inclusive. */
export interface Goal {
  atLeast?: number;
  atMost?: number;
}

export interface Spread {
  low: number;
  high: number;
  /** What low and high are. */
  of: 'min–max' | 'median–p99';
}

export interface Figure {
  name: string;
  value: number;
  unit: string;
  spread?: Spread;
  goal?: Goal;
  /** A count is the same on every machine, so that a test may insist on it. A time is not. */
  kind: 'count' | 'time';
}

export interface BenchOptions {
  /** Under a minute for all of them: fewer Tokens, fewer repetitions. */
  isShort: boolean;
  /** How many Tokens of our own there are. */
  tokens: number;
  /** How long the server is under load while its memory is watched. */
  minutes: number;
}

export type Bench = (options: BenchOptions) => Promise<Figure[]>;

export const exactly = (value: number): Goal => ({ atLeast: value, atMost: value });
export const atMost = (value: number): Goal => ({ atMost: value });
export const atLeast = (value: number): Goal => ({ atLeast: value });

export const count = (name: string, value: number, unit: string, goal?: Goal): Figure => ({
  name,
  value,
  unit,
  kind: 'count',
  ...(goal && { goal }),
});

/** A time, or a ratio of times, measured once or over and over. */
export function time(name: string, samples: number | number[], unit: string, goal?: Goal): Figure {
  const sorted = [samples].flat().sort((a, b) => a - b);
  const spread: Spread = { low: quantile(sorted, 0), high: quantile(sorted, 1), of: 'min–max' };
  return {
    name,
    value: quantile(sorted, 0.5),
    unit,
    kind: 'time',
    ...(sorted.length > 1 && { spread }),
    ...(goal && { goal }),
  };
}

/** Many calls of the same thing, of which the slowest tell of garbage collection and of other processes. */
export function timeOfCalls(name: string, samples: number[], unit: string, goal?: Goal): Figure {
  const sorted = samples.toSorted((a, b) => a - b);
  const value = quantile(sorted, 0.5);
  const spread: Spread = { low: value, high: quantile(sorted, 0.99), of: 'median–p99' };
  return { name, value, unit, kind: 'time', spread, ...(goal && { goal }) };
}

/** @param sorted ascending */
export const quantile = (sorted: number[], share: number): number =>
  sorted[Math.min(Math.floor(share * sorted.length), sorted.length - 1)] ?? Number.NaN;

export const median = (samples: number[]): number =>
  quantile(
    samples.toSorted((a, b) => a - b),
    0.5,
  );

/** @returns undefined for a figure without a goal */
export function isMet({ value, goal }: Figure): boolean | undefined {
  if (!goal) return undefined;
  return value >= (goal.atLeast ?? -Infinity) && value <= (goal.atMost ?? Infinity);
}
