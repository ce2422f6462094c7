/** What the access log says of a request of OCPI's. */
import { toOcpiError } from '../../errors.ts';
import { measuredAs } from '../../peers/measured.ts';
import type { Ended } from '../chain.ts';
import type { Entry } from '../middleware/access-log.ts';
import type { OcpiKnown } from './request.ts';

export function ocpiEntry({ known: { ids, wire, access }, outcome }: Ended<OcpiKnown>): Entry {
  const error = 'error' in outcome ? toOcpiError(outcome.error) : undefined;
  const status_code = error?.status ?? 1000;
  return {
    fields: { ...ids, version: wire?.version, peer: access?.id, status_code },
    // A status of 3xxx without a cause is the peer's failure.
    isSuccess: error === undefined,
    ...(access && { measuredAs: measuredAs(access) }),
    ...(error && status_code >= 3000 && error.cause !== undefined && { failure: error.cause }),
  };
}
