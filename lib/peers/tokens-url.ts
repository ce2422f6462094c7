/** Where the Tokens module of a peer is. Small, because functions need it that never ask there. */
import { hasTreePerRole } from '../ocpi/versions.ts';
import type { Peer } from './peer.ts';

/** Which interface of the peer: as SENDER it lists its Tokens and authorizes, as RECEIVER it takes ours (PUSH-01). */
export type Side = 'SENDER' | 'RECEIVER';

/** @returns the URL of an interface, if the peer has announced it. In 2.1.1 an endpoint names no role, but the connection is about one. */
export function tokensUrlOf({ connection, ourRole, version = '2.3.0' }: Peer, side: Side): string | undefined {
  const endpoints = connection?.endpoints.filter(({ identifier }) => identifier === 'tokens') ?? [];
  if (!hasTreePerRole(version)) return endpoints.find(({ role }) => role === side)?.url;
  return (ourRole === 'CPO') === (side === 'SENDER') ? endpoints[0]?.url : undefined;
}
