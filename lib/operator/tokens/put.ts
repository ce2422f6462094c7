import { fromSource } from '../../tokens/own/source.ts';
import { createWriteOwn } from '../../tokens/own/write.ts';
import type { putOwnToken } from '../api/tokens.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { assertTaken, auditWritten, ownerOf, viewNow, withRevision } from './own-token.ts';

/** Creates or replaces one of our Tokens, as its source says it is. */
export const put: Run<typeof putOwnToken, TokensRuntime> = async (
  { token, settings },
  runtime,
  { revision, audit },
) => {
  const record = { token: { ...token, ...ownerOf(runtime.config, token) }, ...(settings && { settings }) };
  const intent = fromSource(record, { ifRevision: revision });
  const [written] = await withRevision(createWriteOwn(runtime)([intent]));
  const outcome = written ? intent.outcomeOf(written) : 'unchanged';
  assertTaken(outcome);
  auditWritten(audit, written);
  return { ...(await viewNow(runtime, token)), outcome };
};
