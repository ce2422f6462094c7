/** Says each minute how push and pull are with every peer; those without metrics of their own are one together. */
import type { KnownPeer } from '../crud/crud.ts';
import { isMeasured, measuredAs } from '../peers/measured.ts';
import type { Peer } from '../peers/peer.ts';
import { peersMeasured } from '../telemetry/events.ts';
import { isFailing, lagOf, refusedIn, type Seen, tokensEnding } from './lag.ts';
import type { Direction, SyncRuntime } from './runtime.ts';

const nameOf = (peer: Peer): string => measuredAs({ id: peer.id, isMeasured: isMeasured(peer) });

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

/** A zero says nothing, but of a lag: there it says that somebody looked. */
const unlessZero = <Name extends string>(name: Name, value: number) =>
  value > 0 ? ({ [name]: value } as Partial<Record<Name, number>>) : {};

function ofDirection(direction: Direction, seen: readonly Seen[], now: Date) {
  const lanes = seen.filter((each) => each.direction === direction);
  const name = direction === 'push' ? 'Push' : 'Pull';
  return {
    ...(lanes.length > 0 && { [`${name}Lag` as const]: Math.max(...lanes.map((lane) => lagOf(lane, now))) }),
    ...unlessZero(`${name}Failing`, lanes.filter(isFailing).length),
    ...unlessZero(`${name}Refused`, sum(lanes.map(refusedIn))),
  };
}

/** @param seen all lanes of these peers */
export function measureLanes(
  { log, now: clock, config }: Pick<SyncRuntime, 'log' | 'now' | 'config'>,
  peers: readonly KnownPeer[],
  seen: readonly Seen[],
): void {
  const now = clock();
  const lanesOf = Map.groupBy(seen, ({ peer }) => nameOf(peer));
  for (const [peer, known] of Map.groupBy(peers, ({ data }) => nameOf(data))) {
    const lanes = lanesOf.get(peer) ?? [];
    peersMeasured(log, peer, {
      ...ofDirection('push', lanes, now),
      ...ofDirection('pull', lanes, now),
      ...unlessZero('TokensEnding', sum(known.map((each) => tokensEnding(each, now, config.rotationGraceHours)))),
    });
  }
}
