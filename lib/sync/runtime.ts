/** What syncing has around it, and the messages that wake it. */
import type { PeerRuntime } from '../runtime/peer-runtime.ts';

export const directions = ['push', 'pull'] as const;
export type Direction = (typeof directions)[number];

/** A peer in one direction: what has a state, a lock, and a group in the queue of its own. */
export interface Lane {
  peer: string;
  direction: Direction;
}

/** Says that there is something to do, and not what: that stands in the state. */
export interface Wake extends Lane {
  /** Wakes of the same are the same, and of those that come within minutes only the first counts. */
  because: string;
  /** Of what caused it: the slice that works for it goes on under this id. */
  correlationId?: string;
}

/** First in, first out for each lane; one of a lane at a time. */
export interface WakeQueue {
  send(wakes: readonly Wake[]): Promise<void>;
}

export interface SyncRuntime extends PeerRuntime {
  queue: WakeQueue;
  sleep: (ms: number) => Promise<void>;
  /** From 0 to 1. */
  random: () => number;
}

export const laneName = ({ peer, direction }: Lane): string => `${peer}/${direction}`;

/** @returns undefined if it is no lane's name */
export function laneNamed(name: string): Lane | undefined {
  const at = name.lastIndexOf('/');
  const direction = directions.find((each) => each === name.slice(at + 1));
  return direction && { peer: name.slice(0, at), direction };
}
