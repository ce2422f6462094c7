/** The line to a peer while the doctor tries it: our token for it, its clock, and what is left of the time. */
import type { PeerAnswer, PeerRequest } from '../../client/ask-peer.ts';
import { PeerError } from '../../client/peer-error.ts';
import { askPeer } from '../../credentials/peer-access.ts';
import { accessTo } from '../../credentials/renew.ts';
import type { VersionNumber } from '../../ocpi/versions.ts';
import { type Connection, isRegistered, type Peer } from '../../peers/peer.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import { wires } from '../../wire/registry.ts';
import type { ClockReading } from './clock.ts';
import { Unchecked } from './finding.ts';

export interface Line {
  peer: Peer;
  connection: Connection;
  /** A secret. */
  token: string;
  version: VersionNumber;
  /** Asks something of the versions or the credentials module. */
  configuration: (module_id: 'versions' | 'credentials', url: string) => Promise<PeerAnswer>;
  /** Asks something of the Tokens module. */
  ask: (request: PeerRequest) => Promise<PeerAnswer>;
}

export interface Asking {
  correlationId: string;
  /** Milliseconds since the epoch. */
  deadline: number;
}

/** @param clocks is told what the peer's clock showed. @throws Unchecked without a handshake; Error of the vault */
export async function openLine(
  runtime: PeerRuntime,
  peer: Peer,
  { correlationId, deadline }: Asking,
  clocks: ClockReading[],
): Promise<Line> {
  if (!isRegistered(peer)) throw new Unchecked('not checked, because there is no handshake, and so no token of theirs');
  const { connection, ...access } = await accessTo(runtime, peer);
  const version = peer.version ?? '2.3.0';
  const timed = timing(runtime, clocks);
  const left = () => Math.max(1, deadline - runtime.now().getTime());
  return {
    peer,
    connection,
    token: access.token,
    version,
    configuration(module_id, url) {
      const reach = { ...access, seenEncoding: connection.authorizationEncoding, correlationId, deadline };
      return timed(() => askPeer(runtime, reach, { module_id, method: 'GET', url, wire: wires[version] }));
    },
    ask: (request) =>
      timed(() => runtime.client.ask({ ...request, correlationId, timeoutMs: Math.min(request.timeoutMs, left()) })),
  };
}

/** @returns what asks, and notes the clock; who cannot be reached is asked no more, because each time takes as long as it may */
function timing({ now }: Pick<PeerRuntime, 'now'>, clocks: ClockReading[]) {
  let isUnreachable = false;
  return async (ask: () => Promise<PeerAnswer>): Promise<PeerAnswer> => {
    if (isUnreachable) throw new Unchecked('not checked, because they cannot be reached');
    const askedAt = now().getTime();
    try {
      const answer = await ask();
      clocks.push({ shown: answer.headers.date ?? answer.timestamp, askedAt, answeredAt: now().getTime() });
      return answer;
    } catch (error) {
      isUnreachable = error instanceof PeerError && error.kind === 'unreachable' && error.http === undefined;
      throw error;
    }
  };
}
