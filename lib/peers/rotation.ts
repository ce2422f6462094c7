/** When tokens are exchanged with a peer by schedule: where its settings allow it, each peer at a time of its own, and rarely where it fails. */
import { createHash } from 'node:crypto';
import type { Peer, Rotation } from './peer.ts';

const dayMs = 86_400_000;

/** A peer that cannot renew is asked daily at first, and weekly at last: each try leaves it a token more that works. */
const longestPauseDays = 7;

/** Peers that were connected together are spread over the last tenth of their time, each always at the same place. */
const spread = 0.1;

/** @returns from 0 to 1 */
const placeOf = ({ id }: Peer): number => createHash('sha256').update(id).digest().readUInt32BE() / 2 ** 32;

/** @returns undefined for a peer with which none are exchanged by schedule */
export function rotationDueAt(peer: Peer): Date | undefined {
  const { rotateEveryDays: days } = peer.settings ?? {};
  if (days === undefined || !peer.connection) return undefined;
  const usual = Date.parse(peer.connection.exchangedAt) + days * dayMs * (1 - spread * placeOf(peer));
  return new Date(Math.max(usual, Date.parse(peer.rotation?.nextAt ?? '') || 0));
}

export const isRotationDue = (peer: Peer, now: Date): boolean => (rotationDueAt(peer) ?? Number.NaN) <= now;

/** What is noted before a try, so that one that ends in the middle is not repeated at once. */
export function beginRotation({ rotation }: Peer, now: Date): Rotation {
  const times = (rotation?.times ?? 0) + 1;
  const pauseDays = Math.min(longestPauseDays, 2 ** (times - 1));
  return {
    since: rotation?.since ?? now.toISOString(),
    triedAt: now.toISOString(),
    nextAt: new Date(now.getTime() + pauseDays * dayMs).toISOString(),
    times,
  };
}

/** Longer than a try takes. */
const patienceMs = 15 * 60_000;

/** @returns why the last try has not succeeded; undefined while it may be under way */
export function rotationFault({ rotation }: Peer, now: Date): string | undefined {
  if (!rotation) return undefined;
  const isOver = now.getTime() - Date.parse(rotation.triedAt) > patienceMs;
  return rotation.why ?? (isOver ? 'it came to no end' : undefined);
}
