import type { StoredToken } from '../../crud/crud.ts';
import { OcpiError } from '../../errors.ts';
import { type Token, tokenEntries, token as tokenSchema } from '../../ocpi/token.ts';
import { type Changes, check, decodeChanges } from '../../ocpi/values.ts';
import { fromSource, type SourceOutcome, type SourceRecord } from '../../tokens/own/source.ts';
import { createWriteOwn, type Intent } from '../../tokens/own/write.ts';
import type { patchOwnToken } from '../api/tokens.ts';
import { invalidInput, ProblemError } from '../problem.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { assertTaken, auditWritten, findOwn, viewNow, withRevision } from './own-token.ts';

const fixed = ['country_code', 'party_id', 'uid', 'type'] as const;

/** Changes the named members of one of our Tokens, as its source would, and the named settings. */
export const patch: Run<typeof patchOwnToken, TokensRuntime> = async (input, runtime, { revision, audit }) => {
  const { data } = await findOwn(runtime, input);
  const changes = readChanges(input.token ?? {});
  for (const field of fixed) {
    const value = changes.set[field];
    if (value !== undefined && value !== data[field]) {
      throw new ProblemError('invalid', `${field} cannot be changed`, [
        { field: `token.${field}`, expected: data[field], value },
      ]);
    }
  }
  let outcome: SourceOutcome = 'unchanged';
  const intent: Intent = {
    uid: data.uid,
    type: data.type,
    mayCreate: false,
    plan(stored, now) {
      if (!stored) return undefined;
      const record = merge(stored, changes, input.settings ?? {});
      const put = fromSource(record, { ifRevision: revision });
      const plan = put.plan(stored, now);
      outcome = put.outcomeOf({ before: stored, after: plan });
      return plan;
    },
  };
  const [written] = await withRevision(createWriteOwn(runtime)([intent]));
  assertTaken(outcome);
  auditWritten(audit, written);
  return viewNow(runtime, data);
};

function readChanges(value: Record<string, unknown>): Changes<Token> {
  try {
    return decodeChanges(tokenEntries, value, 'token');
  } catch (error) {
    if (error instanceof OcpiError) throw new ProblemError('invalid', error.message);
    throw error;
  }
}

/** The source's last word with the changes in it. */
function merge(
  { data, settings = {} }: StoredToken,
  { set, clear }: Changes<Token>,
  settingChanges: NonNullable<SourceRecord['settings']>,
): SourceRecord {
  const { last_updated: _, ...before } = data;
  const merged: Partial<Token> = { ...before, valid: settings.source?.valid ?? data.valid, ...set };
  for (const field of clear) delete merged[field];
  const result = check(tokenSchema, { last_updated: data.last_updated, ...merged }, 'token');
  if ('faults' in result) throw invalidInput(result.faults);
  const { last_updated, ...token } = result.output;
  return { token: { ...token, ...(set.last_updated && { last_updated }) }, settings: settingChanges };
}
