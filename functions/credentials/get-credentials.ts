// GET /ocpi/{version}/credentials, and in the trees of cpo and emsp: our credentials for this peer.
import { ownCredentials } from '../../lib/credentials/own.ts';
import { configuration } from '../../lib/http/ocpi/endpoint.ts';
import { type Runtime, storageRuntime } from '../../lib/runtime/runtime.ts';

export const runtime = storageRuntime;

/** The token in it is the one that the peer came with, because we keep no other copy of it (CRED-20, CRED-21). */
export const endpoint = (around: Runtime) =>
  configuration(around).to(async ({ wire, ourRole, authorization, access }) => ({
    data: wire.encodeCredentials(ownCredentials(around.config, authorization.token, ourRole, access), ourRole),
  }));
