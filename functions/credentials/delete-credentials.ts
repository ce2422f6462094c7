// DELETE /ocpi/{version}/credentials, and in the trees of cpo and emsp: a partner unregisters.
import { disconnected } from '../../lib/credentials/connect.ts';
import { CrudError } from '../../lib/crud/crud.ts';
import { wrongRegistrationState } from '../../lib/errors.ts';
import { configuration, lambda } from '../../lib/http/lambda.ts';
import { isRegistered } from '../../lib/peers/peer.ts';
import { processRuntime } from '../../lib/runtime.ts';

export const endpoint = configuration({ hasVersion: true, body: 'none' }, async (request, { backend }) => {
  const { peer, peerRevision, accessToken, credentialsCall } = request;
  if (!isRegistered(peer) || accessToken.isForRegistration) throw wrongRegistrationState('You are not registered');
  try {
    const data = disconnected(peer);
    await backend.credentials.update({ ...credentialsCall, id: peer.id, data, revision: peerRevision });
  } catch (error) {
    if (error instanceof CrudError) throw wrongRegistrationState('Another request has changed this registration');
    throw error;
  }
  return {};
});

export const handler = lambda(endpoint, await processRuntime());
