/** What of a request the handshake needs to know. */
import type { Announcing, Asking } from '../../credentials/receive.ts';
import type { WithBody } from '../request.ts';
import type { ConfigurationRequest } from './endpoint.ts';

export const asking = ({ access, accessToken, credentialsCall }: ConfigurationRequest): Asking => ({
  peerId: access.id,
  accessToken,
  call: credentialsCall,
});

export function announcing(request: ConfigurationRequest & WithBody): Announcing {
  const { receivedAt, ids, authorization, wire, ourRole, body } = request;
  const { correlationId } = ids;
  return { ...asking(request), receivedAt, correlationId, encoding: authorization.encoding, wire, ourRole, body };
}
