// POST /ocpi/{version}/credentials, and in the trees of cpo and emsp: a partner registers with its CREDENTIALS_TOKEN_A.
import { receiveRegistration } from '../../lib/credentials/receive.ts';
import { wrongRegistrationState } from '../../lib/errors.ts';
import { configuration, lambda } from '../../lib/http/lambda.ts';
import { type PartnerRuntime, partnerRuntime } from '../../lib/partner-runtime.ts';
import { isRegistered } from '../../lib/peers/peer.ts';
import { processRuntime } from '../../lib/runtime.ts';

export const endpoint = configuration<PartnerRuntime>(
  { hasVersion: true, body: 'required' },
  async (request, runtime) => {
    const { wire, peer, accessToken, ourRole } = request;
    // A fresh TOKEN_A for a registered peer means that it lost its own token: it may register again (CRED-22, CRED-29).
    if (isRegistered(peer) && !accessToken.isForRegistration) {
      throw wrongRegistrationState('You are registered already: use PUT to change your credentials');
    }
    return { data: wire.encodeCredentials(await receiveRegistration(runtime, request), ourRole) };
  },
);

export const handler = lambda(endpoint, partnerRuntime(await processRuntime()));
