// GET /ocpi/versions, /ocpi/cpo/versions, /ocpi/emsp/versions: the versions that we serve, and where.
import { configuration, lambda } from '../../lib/http/lambda.ts';
import { versionEntries } from '../../lib/http/urls.ts';
import { processRuntime } from '../../lib/runtime.ts';

export const endpoint = configuration({ hasVersion: false, body: 'none' }, async ({ ourRole }, { config }) => ({
  data: versionEntries(config, ourRole),
}));

export const handler = lambda(endpoint, await processRuntime());
