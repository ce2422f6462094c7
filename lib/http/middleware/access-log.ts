/** One line a request, and the cause of a failure of ours. It names the route and never the path: a uid is personal data. */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { toOcpiError } from '../../errors.ts';
import type { BareRuntime } from '../../runtime.ts';
import type { Middleware } from '../request.ts';

type Finished = Parameters<NonNullable<Middleware['after']>>[0];

export function accessLog({ now, log }: BareRuntime): Middleware {
  const about = ({ context: { ocpi }, response }: Finished, status_code: number) => ({
    ...ocpi.ids,
    route: ocpi.routeKey,
    version: ocpi.wire?.version,
    peer: ocpi.peer?.id,
    http: (response as APIGatewayProxyStructuredResultV2 | undefined)?.statusCode,
    status_code,
    ms: now().getTime() - (ocpi.receivedAt?.getTime() ?? 0),
  });

  return {
    after: (request) => log.info('request', about(request, 1000)),
    onError: (request) => {
      const { status, cause } = toOcpiError(request.error);
      if (status >= 3000 && cause) log.error('request failed', { ...about(request, status), error: cause });
      else log.info('request', about(request, status));
    },
  };
}
