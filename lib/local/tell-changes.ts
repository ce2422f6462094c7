/** Stands in for the streams of the tables: what has been written wakes whom it concerns. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { CredentialsCrud } from '../crud/crud.ts';
import { changedBy } from '../sync/changed.ts';
import type { SyncRuntime } from '../sync/runtime.ts';
import { type Changed, wakeChanged, wakePeers } from '../sync/wake.ts';
import { wakeFailed } from '../telemetry/events.ts';
import type { Told } from '../tokens/own/write.ts';

/** What is told within this time after the first goes together, as it does deployed. A machine that is all of AWS by itself takes longer. */
const togetherMs = 2_000;
/** What became invalid waits no longer than this. */
const urgentMs = 500;

export interface Telling {
  /** Resolves at once: as with a stream, no writer waits for it. */
  told: Told;
  /** The same of peers, by their ids. */
  peersTold(ids: readonly string[]): void;
  /** What has been told until now still wakes. */
  end(): Promise<void>;
}

export function tellChanges(runtime: SyncRuntime): Telling {
  let changed: Changed[] = [];
  let peers: string[] = [];
  let underWay: Promise<void> | undefined;
  let hurry = () => {};
  const ending = new AbortController();

  async function work(): Promise<void> {
    while (changed.length > 0 || peers.length > 0) {
      const [ofTokens, ofPeers] = [changed, peers];
      [changed, peers] = [[], []];
      await wakeAll(ofTokens, ofPeers).catch((error) => wakeFailed(runtime.log, error));
      await pause(urgentMs);
      if (!changed.some(({ becameInvalid }) => becameInvalid)) {
        const isUrgent = new Promise<void>((resolve) => {
          hurry = resolve;
        });
        await Promise.race([pause(togetherMs - urgentMs), isUrgent]);
      }
    }
    underWay = undefined;
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: ending.signal }).catch(() => undefined);

  async function wakeAll(ofTokens: readonly Changed[], ofPeers: readonly string[]): Promise<void> {
    if (ofTokens.length > 0) await wakeChanged(runtime, ofTokens);
    if (ofPeers.length > 0) await wakePeers(runtime, ofPeers);
  }

  return {
    async told(written) {
      changed.push(
        ...written.map(({ before, after }) => changedBy(before, after)).filter((each) => each !== undefined),
      );
      if (changed.some(({ becameInvalid }) => becameInvalid)) hurry();
      if (changed.length > 0) underWay ??= work();
    },
    peersTold(ids) {
      peers.push(...ids);
      underWay ??= work();
    },
    async end() {
      ending.abort();
      await underWay;
    },
  };
}

/** Tells of each peer that is stored. */
export const tellingOf = (
  credentials: CredentialsCrud,
  { peersTold }: Pick<Telling, 'peersTold'>,
): CredentialsCrud => ({
  ...credentials,
  async create(call) {
    await credentials.create(call);
    peersTold([call.data.id]);
  },
  async update(call) {
    await credentials.update(call);
    peersTold([call.id]);
  },
});
