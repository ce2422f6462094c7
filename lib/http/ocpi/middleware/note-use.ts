/** Notes the first use of a peer's new token, which ends the old one (CRED-30), and that the peer is alive, now and then. */
import { newestToken } from '../../../peers/peer.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import { useNotRecorded } from '../../../telemetry/events.ts';
import { atMost } from '../../at-most.ts';
import type { Middleware } from '../../chain.ts';
import type { Authenticated } from '../request.ts';

/** How often a function notes that a peer is alive. */
const contactIntervalMs = 10 * 60_000;
/** How soon it tries again what has failed: not with the next request, which would wait for it too. */
const retryIntervalMs = 60_000;
/** What an answer waits for the note at most, because a function that has answered is frozen; a driver waits for the answer. */
const patienceMs = 250;

interface UseNoted {
  /** Resolves when the use is on record, or will not be waited for any longer. */
  useNoted: Promise<void> | undefined;
}

export function noteUse({ backend, now, log }: Runtime): Middleware<Authenticated, UseNoted> {
  const next = new Map<string, { sha256: string; at: number }>();

  const isDue = (id: string, sha256: string): boolean => {
    const last = next.get(id);
    return last?.sha256 !== sha256 || last.at <= now().getTime();
  };

  async function note({ access, accessToken: { sha256 }, credentialsCall }: Authenticated): Promise<void> {
    const { id } = access;
    const at = now();
    const postpone = (ms: number) => next.set(id, { sha256, at: at.getTime() + ms });
    // Before it is known how this goes: what hangs hangs for every request meanwhile.
    postpone(retryIntervalMs);
    try {
      const isNewest = newestToken(access)?.sha256 === sha256;
      await backend.credentials.recordUse({
        ...credentialsCall,
        id,
        at: at.toISOString(),
        ...(isNewest && { sha256 }),
      });
      postpone(contactIntervalMs);
    } catch (error) {
      useNotRecorded(log, id, error);
    }
  }

  return {
    before: (known) => {
      const { access, accessToken } = known;
      const counts = !accessToken.isForRegistration && !accessToken.isPending;
      return { useNoted: counts && isDue(access.id, accessToken.sha256) ? atMost(patienceMs, note(known)) : undefined };
    },
    after: ({ useNoted }) => useNoted,
  };
}
