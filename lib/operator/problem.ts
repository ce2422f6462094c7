/** How an operation says that it did not do what it was asked. */
import { type Fault, spellFaults } from '../ocpi/values.ts';
import type { FieldProblem, Problem, ProblemType } from './api/operation.ts';
import { problemTypes } from './api/operation.ts';

export class ProblemError extends Error {
  readonly problem: ProblemType;
  readonly errors: readonly FieldProblem[];

  /** @param detail for the owner: what was wrong and what to do; no secret */
  constructor(problem: ProblemType, detail: string, errors: readonly FieldProblem[] = [], options?: ErrorOptions) {
    super(detail, options);
    this.name = 'ProblemError';
    this.problem = problem;
    this.errors = errors;
  }
}

/** For input that its schema refuses. */
export const invalidInput = (faults: readonly Fault[]): ProblemError =>
  new ProblemError(
    'invalid',
    spellFaults(faults),
    faults.map(({ field, expected, found }) => ({ field, expected, value: found.replace(/^was /, '') })),
  );

/** @param correlationId of the request, for finding it in the log */
export function problemOf({ problem, message, errors }: ProblemError, correlationId?: string): Problem {
  const { status, title } = problemTypes[problem];
  return {
    type: `urn:ocpi-tokens:problem:${problem}`,
    title,
    status,
    detail: message,
    ...(errors.length > 0 && { errors: [...errors] }),
    ...(correlationId !== undefined && { correlation_id: correlationId }),
  };
}
