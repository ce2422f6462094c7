/** `tokens import`: our own Tokens from a file or standard input. */
import { open, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import type { OutputOf } from '../operator/api/operation.ts';
import { importOwnTokens } from '../operator/api/tokens.ts';
import { Failure } from './failure.ts';
import type { Defaults } from './import/columns.ts';
import { type Format, formatOfName, readEntries } from './import/entries.ts';
import { type Fate, importTokens, type Outcome } from './import/import-tokens.ts';
import { createProgress } from './import/progress.ts';
import { assertNoneRefused, describe, doneOf, summaryOf } from './import/summary.ts';
import { createWarnings } from './import/warnings.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

const chunkBytes = 256 * 1024;
/** As much as one call carries (docs/architecture.md, The owner's side). */
const batch = { lines: 2_000, bytes: 1_000_000 };

/** A file, or standard input, as it is being read. */
interface Source {
  bytes: Readable;
  /** What part has been read, from 0 to 1; undefined if nobody knows how long it is. */
  share: () => number | undefined;
}

interface Options {
  format?: Format | undefined;
  set?: Defaults;
  published?: true;
  restore?: true;
  dryRun?: true;
}

export async function runImport(session: Session, file: string, options: Options): Promise<void> {
  // All that grows here is garbage, and V8 would let it grow by a hundred megabytes more before it looks.
  setFlagsFromString('--semi-space-growth-factor=1');
  const { terminal } = session;
  const source = await openSource(file, terminal);
  const interruption = new AbortController();
  const interrupt = () => interruption.abort();
  addAbortSignal(interruption.signal, source.bytes);
  // Once: who asks twice does not want to wait for the batch at hand.
  terminal.signals.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  try {
    const format = options.format ?? formatOfName(file);
    await importFrom(source, { ...options, format }, session, interruption.signal);
  } catch (error) {
    const isInterruption = interruption.signal.aborted && !(error instanceof Failure);
    throw isInterruption ? new Failure('interrupted', 'Interrupted', { cause: error }) : error;
  } finally {
    terminal.signals.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    source.bytes.destroy();
  }
}

/** @throws Failure if there is no such file */
async function openSource(file: string, { stdin }: Terminal): Promise<Source> {
  if (file === '-') return { bytes: stdin, share: () => undefined };
  try {
    const info = await stat(file);
    if (info.isDirectory()) throw new Error('it is a folder');
    const handle = await open(file);
    const bytes = handle.createReadStream({ highWaterMark: chunkBytes });
    return { bytes, share: () => (info.size > 0 ? Math.min(bytes.bytesRead / info.size, 1) : undefined) };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new Failure('data', `Cannot read ${file}: ${code === 'ENOENT' ? 'there is no such file' : message}`);
  }
}

async function importFrom(source: Source, options: Options, session: Session, signal: AbortSignal): Promise<void> {
  const { format, set = new Map() } = options;
  const isDryRun = options.dryRun ?? false;
  const { terminal } = session;
  // Before anything is read: whoever types waits for nothing.
  await session.api();
  const progress = createProgress(terminal, source.share);
  const say = (text: string) => {
    progress.clear();
    session.note(text);
  };
  const { unit, entries } = await readEntries(source.bytes, { format, defaults: set, warn: say });
  const begun = terminal.now().getTime();
  const result = await importTokens(entries, {
    batch,
    write: writer(session, options),
    warningsOf: createWarnings(unit, terminal.now),
    onProblem: (number, reason) => say(`${unit} ${number}: ${reason}`),
    onWarning: (number, warning) => say(`${unit} ${number}: warning: ${warning}`),
    onProgress: (counts) => progress.update(doneOf(counts)),
    signal,
  });
  progress.clear();
  const seconds = (terminal.now().getTime() - begun) / 1000;
  session.answer(summaryOf(result, isDryRun), describe(result, isDryRun, seconds));

  if ('stoppedBy' in result) {
    const rest = isDryRun ? 'is checked' : 'is done; run the same import again for the rest';
    session.note(`Up to ${unit} ${result.lastNumber} all ${rest}.`);
    throw result.stoppedBy;
  }
  assertNoneRefused(result.counts, { isDryRun, isRestored: options.restore ?? false });
}

type Answered = OutputOf<typeof importOwnTokens>['outcomes'][number];

/** @returns undefined for a line that was not reached */
function outcomeOf({ outcome, problem }: Answered, isDryRun: boolean): Outcome | undefined {
  if (outcome === 'not-reached') return undefined;
  const written: Fate = outcome === 'older' ? 'stale' : outcome;
  return { fate: isDryRun && written !== 'invalid' ? 'accepted' : written, ...(problem && { problem }) };
}

/** Sends lines, and again those that a call did not reach in its time, as long as each reaches some. */
function writer({ call }: Session, { dryRun, published, restore }: Options) {
  const isDryRun = dryRun ?? false;
  const query = {
    ...(isDryRun && { dry_run: 'true' as const }),
    ...(published && { published: 'true' as const }),
    ...(restore && { restore: 'true' as const }),
  };
  return async (lines: string[]): Promise<(Outcome | undefined)[]> => {
    const known: (Outcome | undefined)[] = lines.map(() => undefined);
    let left = [...lines.keys()];
    for (let before = Number.POSITIVE_INFINITY; left.length > 0 && left.length < before; ) {
      before = left.length;
      const { outcomes } = await call(importOwnTokens, query, { lines: left.map((i) => lines[i]).join('') });
      for (const answered of outcomes) {
        const i = left[answered.line - 1];
        if (i !== undefined) known[i] = outcomeOf(answered, isDryRun);
      }
      left = left.filter((i) => known[i] === undefined);
    }
    return known;
  };
}
