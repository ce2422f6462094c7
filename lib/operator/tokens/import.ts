import { maxTokensAtOnce } from '../../crud/crud.ts';
import { check, type Fault, isObject, spellFaults } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import { asItWas, type RestoreIntent, type RestoreOutcome } from '../../tokens/own/restore.ts';
import {
  changed,
  fromSource,
  type SourceIntent,
  type SourceOutcome,
  type SourceRecord,
} from '../../tokens/own/source.ts';
import { createWriteOwn } from '../../tokens/own/write.ts';
import type { OutputOf, ParsedInputOf } from '../api/operation.ts';
import { backupLine, importLine, type importOwnTokens } from '../api/tokens.ts';
import { ProblemError } from '../problem.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { ownerOf, refusals } from './own-token.ts';

/** One call carries no more, so that it ends in time. */
const maxLines = 2_000;
export const maxBytes = 1_000_000;

/** What a call works before it answers for the rest that it was not reached. */
const workMs = 20_000;

type LineOutcome = OutputOf<typeof importOwnTokens>['outcomes'][number];

interface Line {
  line: number;
  intent: SourceIntent | RestoreIntent;
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
    const intent = readLine(text, runtime, input);
    if (typeof intent === 'string') outcomes.push({ line, outcome: 'invalid', problem: intent });
    else good.push({ line, intent });
  }
  if (input.dry_run)
    return { outcomes: inOrder([...outcomes, ...good.map(({ line }) => ({ line, outcome: 'unchanged' }) as const)]) };

  const write = createWriteOwn(runtime);
  const stopAt = Math.min(deadline, runtime.now().getTime() + workMs);
  for (let from = 0; from < good.length; from += maxTokensAtOnce) {
    const part = good.slice(from, from + maxTokensAtOnce);
    const isInTime = runtime.now().getTime() < stopAt;
    outcomes.push(...(isInTime ? await bringIn(write, part) : notReached(part)));
  }
  const changes = outcomes.filter(({ outcome }) => outcome === 'created' || outcome === 'updated').length;
  if (changes > 0) audit({ what: 'own Tokens', after: { count: changes } });
  return { outcomes: inOrder(outcomes) };
};

const inOrder = (outcomes: LineOutcome[]): LineOutcome[] => outcomes.toSorted((a, b) => a.line - b.line);

const notReached = (part: Line[]): LineOutcome[] => part.map(({ line }) => ({ line, outcome: 'not-reached' }));

async function bringIn(write: ReturnType<typeof createWriteOwn>, part: Line[]): Promise<LineOutcome[]> {
  const written = await write(part.map(({ intent }) => intent));
  return part.map(({ line, intent }, i) => {
    const result = written[i];
    return { line, ...spelt(result ? intent.outcomeOf(result) : 'not-reached') };
  });
}

function spelt(outcome: SourceOutcome | RestoreOutcome | 'not-reached'): Omit<LineOutcome, 'line'> {
  if (outcome === 'differs') return { outcome: 'older', problem: 'it is there and differs, and stays as it is' };
  return {
    outcome: outcome === 'erasing' ? 'invalid' : outcome,
    ...(outcome in refusals && { problem: refusals[outcome as keyof typeof refusals] }),
  };
}

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

type Options = Pick<ParsedInputOf<typeof importOwnTokens>, 'published' | 'restore'>;

/** @returns what is to be done with it, or what is wrong with it */
function readLine(text: string, runtime: TokensRuntime, { published = false, restore = false }: Options) {
  const value = parse(text);
  if (!isObject(value)) return 'is no JSON object';
  if (restore) return readBackup(value, runtime);
  const record = readRecord(value, runtime, published);
  return typeof record === 'string' ? record : fromSource(record, { isPublished: published });
}

function readBackup(value: object, runtime: TokensRuntime): RestoreIntent | string {
  const result = check(backupLine, value, 'the line');
  if ('faults' in result) return spellFaults(result.faults as Fault[]);
  const { settings = {}, ...data } = result.output;
  const owner = ownerOrReason(runtime, data);
  return typeof owner === 'string' ? owner : asItWas({ data, settings: changed({}, settings) });
}

function readRecord(value: object, runtime: TokensRuntime, isPublished: boolean): SourceRecord | string {
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
