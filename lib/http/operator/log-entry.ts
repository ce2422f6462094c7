/** What the access log says of a request of the owner's. */
import type { Ended } from '../chain.ts';
import type { Entry } from '../middleware/access-log.ts';
import { toProblem } from './problems.ts';
import type { OperatorKnown } from './request.ts';

export function operatorEntry({ known: { ids, caller }, outcome }: Ended<OperatorKnown>): Entry {
  const problem = 'error' in outcome ? toProblem(outcome.error) : undefined;
  return {
    fields: { ...ids, caller: caller?.who, ...(problem && { problem: problem.problem }) },
    isSuccess: problem === undefined,
    ...(problem?.problem === 'internal' && { failure: problem.cause }),
  };
}
