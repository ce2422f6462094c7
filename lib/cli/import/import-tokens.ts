/**
 * Brings entries in as Tokens of ours: in batches, the next one being read while one is being written. Where the entries come from,
 * what is a Token and how a batch is written are for others to say.
 */

import { isObject } from '../../ocpi/values.ts';
import type { Entry } from './entry.ts';
import { spell } from './warnings.ts';

/**
 * What became of a Token. `stale`: a newer one from this source is there and stays. `taken`: another party of ours has that uid and
 * type. `accepted`: nothing is wrong with it, and nothing was written.
 */
export const fates = ['created', 'updated', 'unchanged', 'stale', 'taken', 'accepted', 'invalid'] as const;
export type Fate = (typeof fates)[number];

export interface Outcome {
  fate: Fate;
  /** What is wrong with it. */
  problem?: string;
}

export interface ImportOptions {
  /** The most that `write` is given at once. */
  batch: { lines: number; bytes: number };
  /** @returns what became of each line; those that are undefined count as not reached, and end the import */
  write: (lines: string[]) => Promise<(Outcome | undefined)[]>;
  /** What to say of a Token that may come in all the same. */
  warningsOf: (number: number, token: Record<string, unknown>) => string[];
  onProblem: (number: number, reason: string) => void;
  onWarning: (number: number, warning: string) => void;
  /** Called after each batch. */
  onProgress: (counts: Counts) => void;
  /** Aborted: the batch that is being written is finished, and no other begun. */
  signal: AbortSignal;
}

/** The books: `read` is always the sum of all the others. */
export interface Counts extends Record<Fate, number> {
  read: number;
  /** Nobody knows what became of them: the import ended before they were written, or while they were. */
  notReached: number;
}

export interface ImportResult {
  counts: Counts;
  /** How many there were, whatever became of their Tokens. */
  warnings: number;
  /** Up to this entry everything is in or was reported. */
  lastNumber: number;
  /** Whether the file was read to its end, and the fate of all that it holds is known. */
  isComplete: boolean;
  /** What ended the import before the last entry. */
  stoppedBy?: unknown;
}

/** An entry on its way: what could not be read goes along, so that all is reported in order. */
type Item = { number: number } & ({ value: unknown; line: string } | { problem: string });

const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`;

/** Never rejects: what was done until a failure is part of the result. */
export async function importTokens(entries: AsyncIterable<Entry>, options: ImportOptions): Promise<ImportResult> {
  const books = createBooks(options);
  let isWhole = true;
  let batch: Item[] = [];
  let bytes = 0;
  let writing = Promise.resolve();

  /** Begins to write the batch once the one before is written. */
  async function flush(upTo: number): Promise<void> {
    await writing;
    options.signal.throwIfAborted();
    writing = writeBatch(batch, upTo, options, books);
    batch = [];
    bytes = 0;
    // Its failure is met by the next to wait for it, which may be a while.
    writing.catch(() => {});
  }

  try {
    let number = 0;
    for await (const entry of entries) {
      books.read();
      const line = 'value' in entry ? lineOf(entry.value) : '';
      const size = Buffer.byteLength(line);
      if (batch.length === options.batch.lines || bytes + size > options.batch.bytes) await flush(number);
      number = entry.number;
      batch.push('value' in entry ? { ...entry, line } : entry);
      bytes += size;
      if ('losesRest' in entry) isWhole = false;
    }
    await flush(number);
    await writing;
    return { ...books.result(), isComplete: isWhole };
  } catch (error) {
    const writeFailure = await failureOf(writing);
    return { ...books.result(), isComplete: false, stoppedBy: writeFailure ?? error };
  }
}

type Books = ReturnType<typeof createBooks>;

/** Every entry begins as one that is not reached, so that the books balance wherever the import ends. */
function createBooks({ onProblem, onWarning, onProgress, warningsOf }: ImportOptions) {
  const none = Object.fromEntries(fates.map((fate) => [fate, 0])) as Record<Fate, number>;
  const counts: Counts = { read: 0, ...none, notReached: 0 };
  let warnings = 0;
  let lastNumber = 0;
  return {
    read() {
      counts.read += 1;
      counts.notReached += 1;
    },
    settle(item: Item, { fate, problem }: Outcome) {
      counts.notReached -= 1;
      counts[fate] += 1;
      const token = 'value' in item && isObject(item.value) ? item.value : {};
      if (fate === 'stale') onProblem(item.number, problem ?? 'is stale');
      if (fate === 'taken')
        onProblem(item.number, `${spell(token.type)} ${spell(token.uid)} is a Token of another party of ours`);
      if (fate === 'invalid') return onProblem(item.number, problem ?? 'is no Token');
      for (const warning of warningsOf(item.number, token)) {
        warnings += 1;
        onWarning(item.number, warning);
      }
    },
    reach(number: number) {
      lastNumber = number;
      onProgress(counts);
    },
    result: () => ({ counts, warnings, lastNumber }),
  };
}

async function writeBatch(items: Item[], upTo: number, { write }: ImportOptions, books: Books): Promise<void> {
  const lines = items.flatMap((item) => ('line' in item ? [item.line] : []));
  const outcomes = lines.length > 0 ? (await write(lines)).values() : [].values();
  let unknown = 0;
  for (const item of items) {
    const outcome = 'problem' in item ? { fate: 'invalid' as const, problem: item.problem } : outcomes.next().value;
    if (outcome) books.settle(item, outcome);
    else unknown += 1;
  }
  if (unknown > 0) throw new Error(`Nothing is known of ${unknown} Tokens that were to be written`);
  books.reach(upTo);
}

const failureOf = (work: Promise<void>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );
