/** The query or the body, held against the operation's schema. */

import { check } from '../../ocpi/values.ts';
import type { Operation } from '../../operator/api/operation.ts';
import { invalidInput, ProblemError } from '../../operator/problem.ts';
import type { Middleware } from '../chain.ts';
import { jsonBody, textBody } from '../middleware/json-body.ts';
import type { Begun, Event } from '../request.ts';
import type { WithInput } from './request.ts';

const isEmpty = ({ body }: Event): boolean => body === undefined || body === '';

/** A POST without a body is one of no members. @throws ProblemError for what is not JSON in UTF-8 */
async function bodyOf(event: Event): Promise<unknown> {
  if (isEmpty(event)) return {};
  try {
    return (await jsonBody.before?.({}, event))?.body;
  } catch (error) {
    throw new ProblemError('invalid', 'The body is not JSON in UTF-8', [], { cause: error });
  }
}

function linesOf(event: Event): string {
  try {
    return textBody(event);
  } catch (error) {
    throw new ProblemError('invalid', 'The body is not UTF-8', [], { cause: error });
  }
}

/** If-Match holds one strong entity tag, with its quotes or without. */
const revisionOf = ({ headers }: Event): string | undefined => headers['if-match']?.trim().replace(/^"(.*)"$/, '$1');

/** @throws ProblemError invalid that names every wrong field */
export const inputOf = ({ method, input, takesLines, takesRevision }: Operation): Middleware<Begun, WithInput> => ({
  before: async ({ query }, event) => {
    const given = method === 'GET' || takesLines ? query : await bodyOf(event);
    const result = check(input, given, method === 'GET' ? 'the query' : 'the body');
    if ('faults' in result) throw invalidInput(result.faults);
    return {
      input: result.output,
      lines: takesLines ? linesOf(event) : undefined,
      revision: takesRevision ? revisionOf(event) : undefined,
    };
  },
});
