/** What the gateway already took apart. It decodes the path before it routes, so nothing is decoded again. */
import type { BareRuntime } from '../../runtime.ts';
import type { Middleware } from '../request.ts';

export const begin = ({ now }: BareRuntime): Middleware => ({
  before: ({ event, context }) => {
    context.ocpi = {
      receivedAt: now(),
      routeKey: event.routeKey,
      path: event.pathParameters?.path ?? '',
      query: event.queryStringParameters ?? {},
    };
  },
});
