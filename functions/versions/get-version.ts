// GET /ocpi/{version}, /ocpi/cpo/{version}, /ocpi/emsp/{version}: the endpoints of a version.
import { configuration, lambda } from '../../lib/http/lambda.ts';
import { moduleEndpoints } from '../../lib/http/urls.ts';
import { processRuntime } from '../../lib/runtime.ts';

export const endpoint = configuration({ hasVersion: true, body: 'none' }, async ({ wire, ourRole }, { config }) => {
  const endpoints = moduleEndpoints(config, wire.version, ourRole);
  return { data: { version: wire.version, endpoints: endpoints.map((each) => wire.encodeModuleEndpoint(each)) } };
});

export const handler = lambda(endpoint, await processRuntime());
