/** The only writer of responses: what an endpoint returns or throws becomes OCPI's envelope (ENV-01, TRN-12). */
import type { APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { toOcpiError } from '../../errors.ts';
import type { BareRuntime } from '../../runtime.ts';
import { v2_1_1 } from '../../wire/v2_1_1.ts';
import type { Middleware, OcpiContext, Reply } from '../request.ts';
import { routingHeaders } from './routing.ts';

interface Outcome {
  data?: unknown;
  status_code: number;
  status_message: string;
}

export function envelope({ now }: BareRuntime): Middleware {
  /** Where no version is known, 2.1.1's DateTime is one that all can read. */
  function respond(
    { ocpi: { ids, routing, wire = v2_1_1 } }: OcpiContext,
    http: number,
    outcome: Outcome,
    headers?: Record<string, string>,
  ): APIGatewayProxyStructuredResultV2 {
    return {
      statusCode: http,
      headers: {
        'Content-Type': 'application/json',
        ...(ids && { 'X-Request-ID': ids.requestId, 'X-Correlation-ID': ids.correlationId }),
        ...(routing && routingHeaders(routing)),
        ...headers,
      },
      body: JSON.stringify({ ...outcome, timestamp: wire.encodeDateTime(now().toISOString()) }),
    };
  }

  return {
    after: (request) => {
      const { http = 200, data, headers } = request.response as Reply;
      request.response = respond(
        request.context,
        http,
        { data, status_code: 1000, status_message: 'Success' },
        headers,
      );
    },
    onError: (request) => {
      const { http, status, message } = toOcpiError(request.error);
      request.response = respond(request.context, http, { status_code: status, status_message: message });
    },
  };
}
