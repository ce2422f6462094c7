/** What an operation returns is plain JSON; what it throws becomes problem details (RFC 9457). */
import { ProblemError, problemOf } from '../../operator/problem.ts';
import type { Shell } from '../chain.ts';
import type { OperatorKnown } from './request.ts';

/** The owner's API is nobody else's: no cache may keep an answer, and no browser may guess at it. */
const always = { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' };

/** @returns the error as a problem; what nobody foresaw is `internal`, and the owner learns where the log has more */
export const toProblem = (error: unknown): ProblemError =>
  error instanceof ProblemError
    ? error
    : new ProblemError('internal', 'It failed on our side; the log has more under the correlation id', [], {
        cause: error,
      });

export const problems: Shell<OperatorKnown>['envelope'] = ({ known, outcome }) => {
  const correlationId = known.ids?.correlationId;
  const headers = { ...always, ...(correlationId !== undefined && { 'X-Correlation-ID': correlationId }) };
  if ('error' in outcome) {
    const problem = problemOf(toProblem(outcome.error), correlationId);
    return {
      statusCode: problem.status,
      headers: { 'Content-Type': 'application/problem+json', ...headers },
      body: JSON.stringify(problem),
    };
  }
  const { http = 200, data, text, headers: own } = outcome.reply;
  const revision = (data as { revision?: unknown } | undefined)?.revision;
  return {
    statusCode: http,
    headers: {
      'Content-Type': 'application/json',
      ...headers,
      ...(typeof revision === 'string' && { ETag: `"${revision}"` }),
      ...own,
    },
    body: text ?? JSON.stringify(data),
  };
};
