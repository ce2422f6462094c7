/** `tokens import`: our own Tokens from a file or standard input. */
import { open, stat } from 'node:fs/promises';
import { addAbortSignal, type Readable } from 'node:stream';
import { setFlagsFromString } from 'node:v8';
import { type Command, Option } from 'commander';
import { Failure } from './failure.ts';
import { type Format, formatOfName, formats, readEntries } from './import/entries.ts';
import { type Counts, type ImportResult, importTokens } from './import/import-tokens.ts';
import { createProgress } from './import/progress.ts';
import { examples } from './options.ts';
import { inSession, type Session } from './session.ts';
import type { Terminal } from './terminal.ts';

const chunkBytes = 256 * 1024;

/** Adds the command to the group `tokens`. */
export function addTokensImport(tokens: Command, program: Command, terminal: Terminal): void {
  tokens
    .command('import')
    .argument('<file>', 'the file, or - for standard input')
    .description('create or update Tokens of ours from a JSON array, from NDJSON (one object a line) or from CSV')
    .addOption(new Option('--format <format>', 'default: by extension, else by the first characters').choices(formats))
    .addHelpText(
      'after',
      `
The members or columns are those of OCPI 2.3.0: uid, type, contract_id, issuer, valid, whitelist and last_updated, and
if there are any visual_number, group_id, language, default_profile_type, energy_contract (in CSV two columns,
energy_contract.supplier_name and energy_contract.contract_id), country_code and party_id (default: our EMSP party).

last_updated is kept as given, and each known Token keeps its place in the list. A Token of which we have a newer one
is left alone (stale). What is wrong is reported on standard error with its line, or its element of a JSON array, and
the others go in. After any interruption run the same import again.
${examples(program.name(), [
  'tokens import tokens.csv',
  'tokens import export.json --json',
  'tokens import - --format ndjson < tokens.ndjson',
])}`,
    )
    .action(inSession(terminal, runImport));
}

/** A file, or standard input, as it is being read. */
interface Source {
  bytes: Readable;
  /** What part has been read, from 0 to 1; undefined if nobody knows how long it is. */
  share: () => number | undefined;
}

async function runImport(session: Session, file: string, { format }: { format?: Format }): Promise<void> {
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
    await importFrom(source, format ?? formatOfName(file), session, interruption.signal);
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

async function importFrom(source: Source, format: Format | undefined, session: Session, signal: AbortSignal) {
  const { terminal } = session;
  const { operator, emspParties } = await session.database();
  const ownParties = emspParties();
  if (ownParties.length === 0) throw new Failure('usage', 'OCPI_PARTIES names no EMSP party, so we have no Tokens');

  const progress = createProgress(terminal, source.share);
  const say = (text: string) => {
    progress.clear();
    session.note(text);
  };
  const { unit, entries } = await readEntries(source.bytes, format, say);
  const begun = terminal.now().getTime();
  const result = await importTokens(entries, {
    ownParties,
    write: (tokens) => operator.importTokens(tokens),
    onProblem: (number, reason) => say(`${unit} ${number}: ${reason}`),
    onProgress: (counts) => progress.update(doneOf(counts)),
    signal,
  });
  progress.clear();
  const seconds = (terminal.now().getTime() - begun) / 1000;
  session.answer(summaryOf(result), describe(result.counts, seconds));

  if ('stoppedBy' in result) {
    session.note(`Up to ${unit} ${result.lastNumber} all is done; run the same import again for the rest.`);
    throw result.stoppedBy;
  }
  const refused = result.counts.invalid + result.counts.taken;
  if (refused > 0) throw new Failure('data', `${refused} of ${result.counts.read} were not imported; see above`);
}

const doneOf = ({ read, invalid, ...outcomes }: Counts): number =>
  invalid + Object.values(outcomes).reduce((sum, count) => sum + count, 0);

const summaryOf = (result: ImportResult) => ({ ...result.counts, isComplete: !('stoppedBy' in result) });

function describe(counts: Counts, seconds: number): string {
  const { created, updated, unchanged, stale, taken, invalid } = counts;
  const done = doneOf(counts);
  const rate = Math.round(done / Math.max(seconds, 0.001));
  return [
    `${done} Tokens in ${seconds.toFixed(1)} s (${rate} a second):`,
    `${created} created, ${updated} updated, ${unchanged} unchanged, ${stale} stale, ${taken} taken, ${invalid} invalid`,
  ].join(' ');
}
