// ANY /operator/{path+}, and every operation with a method that it does not have: problem details on 404 and 405.
import { signed } from '../../lib/http/operator/endpoint.ts';
import { ProblemError } from '../../lib/operator/problem.ts';
import type { BareRuntime } from '../../lib/runtime/runtime.ts';

export const endpoint = (around: BareRuntime) =>
  signed(around).to(async ({ routeKey }) => {
    if (routeKey.includes('{path+}')) {
      throw new ProblemError('no-such-operation', 'Its operations are at /operator/openapi');
    }
    throw new ProblemError('wrong-method', 'Operations that read take GET, those that change something POST');
  });
