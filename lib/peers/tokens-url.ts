/** Where the Tokens module of a peer is. Small, because functions need it that never ask there. */
import { hasTreePerRole } from '../ocpi/versions.ts';
import type { Peer } from './peer.ts';

/** Which interface of the peer: as SENDER it lists its Tokens and authorizes, as RECEIVER it takes ours (PUSH-01). */
export type Side = 'SENDER' | 'RECEIVER';

/** The segment of a path by which many servers tell their two interfaces apart. */
const segments: Record<Side, string> = { SENDER: 'emsp', RECEIVER: 'cpo' };

/** Who is both in 2.1.1 may announce both interfaces to everybody, and only the paths say which is which. */
const ofSide = (urls: readonly string[], side: Side): string | undefined =>
  urls.find((url) => new URL(url).pathname.toLowerCase().split('/').includes(segments[side])) ?? urls[0];

/** @returns the URL of an interface, if the peer has announced it. In 2.1.1 an endpoint names no role, but the connection is about one. */
export function tokensUrlOf({ connection, ourRole, version = '2.3.0' }: Peer, side: Side): string | undefined {
  const endpoints = connection?.endpoints.filter(({ identifier }) => identifier === 'tokens') ?? [];
  if (!hasTreePerRole(version)) return endpoints.find(({ role }) => role === side)?.url;
  if ((ourRole === 'CPO') !== (side === 'SENDER')) return undefined;
  return ofSide(
    endpoints.map(({ url }) => url),
    side,
  );
}
