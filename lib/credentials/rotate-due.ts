/** Exchanges tokens with the peers for which it is time, one after the other. What fails costs nobody a connection, and is tried again later. */
import { peersCall } from '../crud/calls.ts';
import { retryOnConflict } from '../crud/retry.ts';
import type { Peer, Rotation } from '../peers/peer.ts';
import { beginRotation, isRotationDue, rotationDueAt } from '../peers/rotation.ts';
import { changePeer, readPeer, updatePeer } from '../peers/store.ts';
import type { PeerRuntime } from '../runtime/peer-runtime.ts';
import { rotated, rotationFailed } from '../telemetry/events.ts';
import { renew } from './renew.ts';

/**
 * @param mayGoOn asked before each; who is not reached is due the next time
 * @returns with how many peers tokens were exchanged
 * @throws Error of the storage
 */
export async function rotateDue(runtime: PeerRuntime, mayGoOn: () => boolean = () => true): Promise<number> {
  const { backend, now, log } = runtime;
  const peers = (await backend.credentials.list(peersCall)).map(({ data }) => data);
  const due = peers.filter((peer) => isRotationDue(peer, now())).toSorted((a, b) => dueMs(a) - dueMs(b));
  let count = 0;
  for (const { id } of due) {
    if (!mayGoOn()) break;
    const rotation = await takeOn(runtime, id);
    if (!rotation) continue;
    try {
      await renew(runtime, id);
      count += 1;
      rotated(log, id);
    } catch (error) {
      const { times, nextAt } = rotation;
      rotationFailed(log, { peer: id, times, nextAt }, error);
      await noteFault(runtime, id, rotation, error);
    }
  }
  return count;
}

const dueMs = (peer: Peer): number => rotationDueAt(peer)?.getTime() ?? 0;

/** @returns undefined if another is at it, or somebody has exchanged tokens in the meantime */
const takeOn = (runtime: PeerRuntime, id: string): Promise<Rotation | undefined> =>
  retryOnConflict(async () => {
    const known = await readPeer(runtime, id);
    if (!isRotationDue(known.data, runtime.now())) return undefined;
    const rotation = beginRotation(known.data, runtime.now());
    await updatePeer(runtime, known, { ...known.data, rotation });
    return rotation;
  });

const longestReason = 500;

async function noteFault(runtime: PeerRuntime, id: string, rotation: Rotation, error: unknown): Promise<void> {
  const why = (error instanceof Error ? error.message : String(error)).slice(0, longestReason);
  await changePeer(runtime, id, (peer) => ({ ...peer, rotation: { ...rotation, why } }));
}
