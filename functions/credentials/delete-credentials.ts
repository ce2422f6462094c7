// DELETE /ocpi/{version}/credentials, and in the trees of cpo and emsp: a peer unregisters.
import { receiveUnregistration } from '../../lib/credentials/receive.ts';
import { audited } from '../../lib/http/ocpi/audit.ts';
import { configuration } from '../../lib/http/ocpi/endpoint.ts';
import { asking } from '../../lib/http/ocpi/handshake.ts';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

export const endpoint = (around: Runtime) =>
  configuration(around).to(async (request) => {
    await audited(around, request, 'credentials/delete', () => receiveUnregistration(around, asking(request)));
    return {};
  });
