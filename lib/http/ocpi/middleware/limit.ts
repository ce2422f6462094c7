/** A peer that sends more than it may is told to wait, before anything is done for it; nobody else notices. */
import { tooManyRequests } from '../../../errors.ts';
import { type AllowanceOf, type Share, secondsLeft, shareAt, takeLot } from '../../../peers/allowance.ts';
import type { Runtime } from '../../../runtime/runtime.ts';
import { allowanceNotTaken, allowanceSpent } from '../../../telemetry/events.ts';
import { atMost } from '../../at-most.ts';
import type { Middleware } from '../../chain.ts';
import type { Begun } from '../../request.ts';
import type { Authenticated, Calling } from '../request.ts';

/** What an answer waits for the storage at most, because a function that has answered is frozen. */
const patienceMs = 250;

interface Limited {
  /** Resolves when a lot has been taken beside the request, or will not be waited for any longer. */
  lotTaken: Promise<void> | undefined;
}

type Needs = Begun & Authenticated & Partial<Calling>;

/** Each method of a module is a kind of its own: `EMSP POST` is a question about a card. */
const kindOf = ({ routeKey, call }: Needs): string =>
  `${call?.role ?? 'configuration'} ${routeKey.slice(0, routeKey.indexOf(' '))}`;

/** @throws 429 with Retry-After once the allowance of the window is spent */
export function limit({ backend, now, log }: Runtime): Middleware<Needs, Limited> {
  const shares = new Map<string, Share>();

  /** A storage that does not answer lets everybody pass, for the rest of the window. */
  async function take(allowance: AllowanceOf, share: Share): Promise<void> {
    share.isTaking = true;
    try {
      const lot = await takeLot(backend.records, allowance, share);
      share.left += lot;
      share.had += lot;
      if (lot > 0) return;
      share.isSpent = true;
      allowanceSpent(log, allowance.peer, allowance.kind);
    } catch (error) {
      share.left = Number.POSITIVE_INFINITY;
      allowanceNotTaken(log, allowance.peer, error);
    } finally {
      delete share.isTaking;
    }
  }

  return {
    before: (known) => {
      const { id: peer, incomingPerSecond: perSecond } = known.access;
      const allowance = { peer, kind: kindOf(known), perSecond };
      const name = `${peer} ${allowance.kind}`;
      const share = shareAt(now(), shares.get(name), allowance);
      shares.set(name, share);
      if (share.isSpent) throw tooManyRequests(secondsLeft(now(), share));

      share.left -= 1;
      const isLast = share.left <= 0 && !share.isTaking;
      return { lotTaken: isLast ? atMost(patienceMs, take(allowance, share)) : undefined };
    },
    after: ({ lotTaken }) => lotTaken,
  };
}
