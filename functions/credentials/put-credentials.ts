// PUT /ocpi/{version}/credentials, and in the trees of cpo and emsp: a peer renews its credentials, or moves to this version.
import { receiveUpdate } from '../../lib/credentials/receive.ts';
import { jsonBody } from '../../lib/http/middleware/json-body.ts';
import { audited } from '../../lib/http/ocpi/audit.ts';
import { configuration } from '../../lib/http/ocpi/endpoint.ts';
import { announcing } from '../../lib/http/ocpi/handshake.ts';
import { handshakeRuntime, type PeerRuntime } from '../../lib/runtime/peer-runtime.ts';

export const runtime = handshakeRuntime;

export const endpoint = (around: PeerRuntime) =>
  configuration(around)
    .use(jsonBody)
    .to(async (request) => {
      const { wire, ourRole } = request;
      const handshake = () => receiveUpdate(around, announcing(request));
      const ours = await audited(around, request, 'credentials/put', handshake);
      return { data: wire.encodeCredentials(ours, ourRole) };
    });
