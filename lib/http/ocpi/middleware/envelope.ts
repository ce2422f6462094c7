/** What an endpoint returns or throws becomes OCPI's envelope (ENV-01, TRN-12). */
import { toOcpiError } from '../../../errors.ts';
import type { BareRuntime } from '../../../runtime/runtime.ts';
import { v2_1_1 } from '../../../wire/v2_1_1.ts';
import type { Shell } from '../../chain.ts';
import type { OcpiKnown } from '../request.ts';
import { routingHeaders } from './routing.ts';

function headersOf({ ids, routing }: Partial<OcpiKnown>, own: Record<string, string> | undefined) {
  return {
    'Content-Type': 'application/json',
    ...(ids && { 'X-Request-ID': ids.requestId, 'X-Correlation-ID': ids.correlationId }),
    ...(routing && routingHeaders(routing)),
    ...own,
  };
}

export const envelope =
  ({ now }: BareRuntime): Shell<OcpiKnown>['envelope'] =>
  ({ known, outcome }) => {
    // Where no version is known, 2.1.1's DateTime is one that all can read.
    const timestamp = (known.wire ?? v2_1_1).encodeDateTime(now().toISOString());
    if ('error' in outcome) {
      const { http, status, message, headers } = toOcpiError(outcome.error);
      return {
        statusCode: http,
        headers: headersOf(known, headers),
        body: JSON.stringify({ status_code: status, status_message: message, timestamp }),
      };
    }
    const { http = 200, data, text, headers } = outcome.reply;
    return {
      statusCode: http,
      headers: headersOf(known, headers),
      body: text ?? JSON.stringify({ data, status_code: 1000, status_message: 'Success', timestamp }),
    };
  };
