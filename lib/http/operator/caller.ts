/**
 * Nobody but whom IAM has let through, and the function looks for itself: in June 2026 it was published that a slash at the end of a
 * path got requests past an HTTP API's authorizer to the function behind it.
 */
import { ProblemError } from '../../operator/problem.ts';
import type { Middleware } from '../chain.ts';
import type { Event } from '../request.ts';
import type { Called, Caller } from './request.ts';

/** The part of the event that only the gateway writes. */
interface IamContext {
  authorizer?: { iam?: { userArn?: unknown } | null };
}

const assumedRole = /^(arn:[^:]+:sts::\d+:assumed-role\/[^/]+)\/(.+)$/;

function callerOf({ requestContext }: Event): Caller | undefined {
  const { userArn } = (requestContext as IamContext | undefined)?.authorizer?.iam ?? {};
  if (typeof userArn !== 'string' || userArn === '') return undefined;
  const [, who, session] = assumedRole.exec(userArn) ?? [];
  return who && session ? { who, session } : { who: userArn };
}

/** @throws ProblemError not-allowed for a request that nobody has signed */
export const caller: Middleware<object, Called> = {
  before: (_known, event) => {
    const found = callerOf(event);
    if (!found)
      throw new ProblemError('not-allowed', 'The request has to be signed for IAM (SigV4, service execute-api)');
    return { caller: found };
  },
};
