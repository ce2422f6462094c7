// GET /ocpi/{version}/credentials, and in the trees of cpo and emsp: our credentials for this partner.
import { ownCredentials } from '../../lib/credentials/own.ts';
import { configuration, lambda } from '../../lib/http/lambda.ts';
import { processRuntime } from '../../lib/runtime.ts';

/** The token in it is the one that the partner came with, because we keep no other copy of it (CRED-20, CRED-21). */
export const endpoint = configuration(
  { hasVersion: true, body: 'none' },
  async ({ wire, ourRole, authorization }, { config }) => ({
    data: wire.encodeCredentials(ownCredentials(config, authorization.token, ourRole), ourRole),
  }),
);

export const handler = lambda(endpoint, await processRuntime());
