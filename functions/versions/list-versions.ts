// GET /ocpi/versions, /ocpi/cpo/versions, /ocpi/emsp/versions: the versions that we serve, and where.
import { versions } from '../../lib/http/ocpi/endpoint.ts';
import { versionEntries } from '../../lib/ocpi/urls.ts';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = (around: Runtime) =>
  versions(around).to(async ({ ourRole }) => ({ data: versionEntries(around.config, ourRole) }));
