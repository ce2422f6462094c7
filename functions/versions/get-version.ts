// GET /ocpi/{version}, /ocpi/cpo/{version}, /ocpi/emsp/{version}: the endpoints of a version.
import { configuration } from '../../lib/http/ocpi/endpoint.ts';
import { moduleEndpoints } from '../../lib/ocpi/urls.ts';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = (around: Runtime) =>
  configuration(around).to(async ({ wire, ourRole }) => {
    const endpoints = moduleEndpoints(around.config, wire.version, ourRole);
    return { data: { version: wire.version, endpoints: endpoints.map((each) => wire.encodeModuleEndpoint(each)) } };
  });
