import { maxTokensAtOnce } from '../../crud/crud.ts';
import { check, type Fault, isObject, spellFaults } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import { fromSource, type SourceIntent, type SourceOutcome, type SourceRecord } from '../../tokens/own/source.ts';
import { createWriteOwn } from '../../tokens/own/write.ts';
import type { OutputOf } from '../api/operation.ts';
import { importLine, type importOwnTokens } from '../api/tokens.ts';
import { ProblemError } from '../problem.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { ownerOf, refusals } from './own-token.ts';

/** One call carries no more, so that it ends in time. */
export const maxLines = 2_000;
export const maxBytes = 1_000_000;

/** What a call works before it answers for the rest that it was not reached. */
const workMs = 20_000;

type LineOutcome = OutputOf<typeof importOwnTokens>['outcomes'][number];

interface Line {
  line: number;
  record: SourceRecord;
}

/** Many at once: an outcome for each line, and one bad line stops none. May be sent again after any failure. */
export const importMany: Run<typeof importOwnTokens, TokensRuntime> = async (
  input,
  runtime,
  { lines = '', deadline, audit },
) => {
  const texts = linesOf(lines);
  const outcomes: LineOutcome[] = [];
  const good: Line[] = [];
  for (const { line, text } of texts) {
    const record = readLine(text, runtime, input.published ?? false);
    if (typeof record === 'string') outcomes.push({ line, outcome: 'invalid', problem: record });
    else good.push({ line, record });
  }
  if (input.dry_run)
    return { outcomes: inOrder([...outcomes, ...good.map(({ line }) => ({ line, outcome: 'unchanged' }) as const)]) };

  const write = createWriteOwn(runtime);
  const stopAt = Math.min(deadline, runtime.now().getTime() + workMs);
  for (let from = 0; from < good.length; from += maxTokensAtOnce) {
    const part = good.slice(from, from + maxTokensAtOnce);
    const isInTime = runtime.now().getTime() < stopAt;
    outcomes.push(...(isInTime ? await bringIn(write, part, input.published ?? false) : notReached(part)));
  }
  const changes = outcomes.filter(({ outcome }) => outcome === 'created' || outcome === 'updated').length;
  if (changes > 0) audit({ what: 'own Tokens', after: { count: changes } });
  return { outcomes: inOrder(outcomes) };
};

const inOrder = (outcomes: LineOutcome[]): LineOutcome[] => outcomes.toSorted((a, b) => a.line - b.line);

const notReached = (part: Line[]): LineOutcome[] => part.map(({ line }) => ({ line, outcome: 'not-reached' }));

async function bringIn(
  write: ReturnType<typeof createWriteOwn>,
  part: Line[],
  isPublished: boolean,
): Promise<LineOutcome[]> {
  const intents: SourceIntent[] = part.map(({ record }) => fromSource(record, { isPublished }));
  const written = await write(intents);
  return part.map(({ line }, i) => {
    const result = written[i];
    const outcome = (result && intents[i]?.outcomeOf(result)) ?? 'not-reached';
    return { line, ...spelt(outcome) };
  });
}

const spelt = (outcome: SourceOutcome | 'not-reached'): Omit<LineOutcome, 'line'> => ({
  outcome: outcome === 'erasing' ? 'invalid' : outcome,
  ...(outcome in refusals && { problem: refusals[outcome as keyof typeof refusals] }),
});

/** @throws ProblemError too-large */
function linesOf(text: string): { line: number; text: string }[] {
  const lines = text
    .split('\n')
    .map((each, i) => ({ line: i + 1, text: each }))
    .filter(({ text }) => text.trim() !== '');
  if (lines.length > maxLines || Buffer.byteLength(text) > maxBytes) {
    throw new ProblemError(
      'too-large',
      `A call carries at most ${maxLines} lines and ${maxBytes} bytes: send the rest in another`,
    );
  }
  return lines;
}

/** @returns the record, or what is wrong with it */
function readLine(text: string, runtime: TokensRuntime, isPublished: boolean): SourceRecord | string {
  const value = parse(text);
  if (!isObject(value)) return 'is no JSON object';
  const result = check(importLine, value, 'the line');
  if ('faults' in result) return spellFaults(result.faults as Fault[]);
  const { settings, ...token } = result.output;
  if (isPublished && (token.last_updated ?? '9') > runtime.now().toISOString()) {
    return 'last_updated should be there and not be later than now, because it is published as it is';
  }
  const owner = ownerOrReason(runtime, token);
  if (typeof owner === 'string') return owner;
  return { token: { ...token, ...owner }, ...(settings && { settings }) };
}

function ownerOrReason({ config }: TokensRuntime, named: Partial<PartyId>): PartyId | string {
  try {
    return ownerOf(config, named);
  } catch (error) {
    if (error instanceof ProblemError) return error.message;
    throw error;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
