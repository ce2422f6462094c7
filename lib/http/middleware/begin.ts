/** What the gateway already took apart. It decodes the path before it routes, so nothing is decoded again. */
import type { BareRuntime } from '../../runtime/runtime.ts';
import type { Middleware } from '../chain.ts';
import type { Begun } from '../request.ts';

export const begin = ({ now }: BareRuntime): Middleware<object, Begun> => ({
  before: (_known, { routeKey, pathParameters, queryStringParameters }) => ({
    receivedAt: now(),
    routeKey,
    path: pathParameters?.path ?? '',
    query: queryStringParameters ?? {},
  }),
});
