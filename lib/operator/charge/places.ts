/** How many questions may wait for one peer at a time, so that one that hangs has its own cards wait and no others. */

/** Of one process. Beyond it the peer counts as one that cannot be asked, at once: its Tokens are decided as offline (WL-04). */
export const questionsAtOnce = 8;

export interface Places {
  /** @returns undefined if there is no place left */
  within<T>(peer: string, work: () => Promise<T>): Promise<T | undefined>;
}

export function createPlaces(most = questionsAtOnce): Places {
  const taken = new Map<string, number>();
  return {
    async within(peer, work) {
      const now = taken.get(peer) ?? 0;
      if (now >= most) return undefined;
      taken.set(peer, now + 1);
      try {
        return await work();
      } finally {
        const left = (taken.get(peer) ?? 1) - 1;
        if (left > 0) taken.set(peer, left);
        else taken.delete(peer);
      }
    },
  };
}
