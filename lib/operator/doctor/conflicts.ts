/** Whether a party is one peer's alone (TRN-14): the constraint of the storage, looked at from outside. */
import { peersCall } from '../../crud/calls.ts';
import type { Backend } from '../../crud/crud.ts';
import type { Platform } from '../../ocpi/versions.ts';
import { claimsOf } from '../../peers/claims.ts';
import type { Peer } from '../../peers/peer.ts';

/** The most that a storage is asked for at once. */
const claimsAtOnce = 100;

interface Held {
  claim: string;
  by: string;
}

async function holdersOf({ credentials }: Pick<Backend, 'credentials'>, held: readonly Held[]) {
  const holders: (string | undefined)[] = [];
  for (let from = 0; from < held.length; from += claimsAtOnce) {
    const claims = held.slice(from, from + claimsAtOnce).map(({ claim }) => claim);
    holders.push(...(await credentials.claimHolders({ ...peersCall, claims })));
  }
  return holders;
}

/** @returns a sentence for each party that one of these peers speaks for and should not, in words for the owner */
export async function conflictsOf(
  backend: Pick<Backend, 'credentials'>,
  platform: Pick<Platform, 'parties'>,
  peers: readonly Peer[],
): Promise<string[]> {
  const ours = peers.flatMap((peer) =>
    claimsOf(peer, platform).ours.map((claim) => `${claim} is a party of ours, and ${peer.id} speaks for it`),
  );
  const held = peers.flatMap((peer) => claimsOf(peer, platform).claims.map((claim) => ({ claim, by: peer.id })));
  const holders = await holdersOf(backend, held);
  const others = held.flatMap(({ claim, by }, i) => {
    const holder = holders[i];
    if (holder === by) return [];
    return [
      holder ? `${claim} is a party of ${holder} and of ${by}` : `${by} speaks for ${claim} and does not hold it`,
    ];
  });
  return [...ours, ...others];
}

export const conflictAdvice =
  'Find out whose party it is. The other: peers unregister it, or invite it again with the parties that it may have';
