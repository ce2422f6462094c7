// PUT /ocpi/{version}/credentials, and in the trees of cpo and emsp: a partner renews its credentials, or moves to this version.
import { receiveUpdate } from '../../lib/credentials/receive.ts';
import { wrongRegistrationState } from '../../lib/errors.ts';
import { configuration, lambda } from '../../lib/http/lambda.ts';
import { type PartnerRuntime, partnerRuntime } from '../../lib/partner-runtime.ts';
import { isRegistered } from '../../lib/peers/peer.ts';
import { processRuntime } from '../../lib/runtime.ts';

export const endpoint = configuration<PartnerRuntime>(
  { hasVersion: true, body: 'required' },
  async (request, runtime) => {
    const { wire, peer, accessToken, ourRole } = request;
    if (!isRegistered(peer) || accessToken.isForRegistration) {
      throw wrongRegistrationState('You are not registered: use POST to register');
    }
    return { data: wire.encodeCredentials(await receiveUpdate(runtime, request), ourRole) };
  },
);

export const handler = lambda(endpoint, partnerRuntime(await processRuntime()));
