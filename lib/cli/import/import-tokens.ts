/** Brings entries in as Tokens of ours: checked, in batches, the next one being read while one is being written. */
import type { ImportOutcome } from '../../crud/dynamodb/operator.ts';
import { OcpiError } from '../../errors.ts';
import { type Token, token as tokenSchema } from '../../ocpi/token.ts';
import { decode, isObject, sameParty } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import type { Entry } from './entries.ts';

/** As many as one transaction creates. */
export const batchSize = 99;

export interface ImportOptions {
  /** Whose Tokens may come in; if it is one only, entries need not name it. */
  ownParties: readonly PartyId[];
  write: (tokens: Token[]) => Promise<ImportOutcome[]>;
  onProblem: (number: number, reason: string) => void;
  /** Called after each batch. */
  onProgress: (counts: Counts) => void;
  /** Aborted: the batch that is being written is finished, and no other begun. */
  signal: AbortSignal;
}

export interface Counts extends Record<ImportOutcome, number> {
  read: number;
  invalid: number;
}

export interface ImportResult {
  counts: Counts;
  /** Up to this entry everything is in or was reported. */
  lastNumber: number;
  /** What ended the import before the last entry. */
  stoppedBy?: unknown;
}

interface Numbered {
  number: number;
  token: Token;
}

/** Never rejects: what was done until a failure is part of the result. */
export async function importTokens(entries: AsyncIterable<Entry>, options: ImportOptions): Promise<ImportResult> {
  const { ownParties, write, onProblem, onProgress, signal } = options;
  const counts: Counts = { read: 0, created: 0, updated: 0, unchanged: 0, stale: 0, taken: 0, invalid: 0 };
  let lastNumber = 0;
  let batch: Numbered[] = [];
  let writing = Promise.resolve();

  async function writeBatch(numbered: Numbered[], upTo: number): Promise<void> {
    const outcomes = numbered.length > 0 ? await write(numbered.map(({ token }) => token)) : [];
    numbered.forEach(({ number, token }, i) => {
      const outcome = outcomes[i] ?? 'unchanged';
      counts[outcome] += 1;
      if (outcome === 'taken') onProblem(number, `${token.type} ${token.uid} is a Token of another party of ours`);
    });
    lastNumber = upTo;
    onProgress(counts);
  }

  /** Begins to write the batch once the one before is written. */
  async function flush(upTo: number): Promise<void> {
    await writing;
    signal.throwIfAborted();
    writing = writeBatch(batch, upTo);
    batch = [];
    // Its failure is met by the next to wait for it, which may be a while.
    writing.catch(() => {});
  }

  try {
    let number = 0;
    for await (const entry of entries) {
      number = entry.number;
      counts.read += 1;
      const token = acceptToken(entry, ownParties);
      if (typeof token === 'string') {
        counts.invalid += 1;
        onProblem(number, token);
      } else {
        batch.push({ number, token });
      }
      if (batch.length === batchSize) await flush(number);
    }
    await flush(number);
    await writing;
    return { counts, lastNumber };
  } catch (error) {
    const writeFailure = await failureOf(writing);
    return { counts, lastNumber, stoppedBy: writeFailure ?? error };
  }
}

const failureOf = (work: Promise<void>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** @returns the Token, or the reason why there is none */
function acceptToken(entry: Entry, ownParties: readonly PartyId[]): Token | string {
  if ('problem' in entry) return entry.problem;
  try {
    const token = decode(tokenSchema, withOwner(entry.value, ownParties), 'Token');
    if (ownParties.some((party) => sameParty(party, token))) return token;
    const own = ownParties.map(({ country_code, party_id }) => `${country_code} ${party_id}`).join(', ');
    return `${token.country_code} ${token.party_id} is not an EMSP party of ours (${own})`;
  } catch (error) {
    if (error instanceof OcpiError) return error.message;
    throw error;
  }
}

function withOwner(value: unknown, [party, ...others]: readonly PartyId[]): unknown {
  if (!party || others.length > 0 || !isObject(value)) return value;
  const { country_code, party_id } = value;
  return { ...value, country_code: country_code ?? party.country_code, party_id: party_id ?? party.party_id };
}
