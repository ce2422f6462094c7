/** All that is asked for one driver: within his patience, and with a note of who said what. */
import type { StoredToken } from '../../crud/crud.ts';
import type { LocationReferences, Token } from '../../ocpi/token.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import type { Peer } from '../../peers/peer.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import { answerNotKept } from '../../telemetry/events.ts';
import type { mayCharge } from '../api/may-charge.ts';
import type { OutputOf } from '../api/operation.ts';
import type { Asked } from '../run.ts';
import { askPeer, type Outcome } from './ask.ts';
import type { Places } from './places.ts';
import { refresh } from './refresh.ts';
import { mayRemember, recall, remember } from './remembered.ts';

type Entry = OutputOf<typeof mayCharge>['asked'][number];

export interface Target {
  peer: Peer;
  uid: string;
  type?: string | undefined;
  /** Ours of the Token, if it is known. */
  copy?: StoredToken;
}

export interface Told extends Outcome {
  /** The Token as our copy holds it since the answer. */
  refreshed?: Token;
  remembered?: true;
}

export interface Inquiry {
  /** In the order in which they answered. */
  asked: Entry[];
  /** @returns until when one of so many that are still to be asked may take, milliseconds since the epoch */
  share(stillToAsk: number): number;
  /** Never rejects. */
  ask(target: Target, endsAt: number): Promise<Told>;
  /** Side by side; ends with the first that allows, else when all have answered. */
  askTogether(targets: readonly Target[], endsAt: number): Promise<{ peer: Peer; told: Told }[]>;
}

interface Circumstances extends Pick<Asked, 'correlationId' | 'audit'> {
  from: PartyId;
  location: LocationReferences | undefined;
  endsAt: number;
}

const words = {
  unknown: 'unknown',
  'needs-location': 'needs-location',
  refuses: 'refused',
  silent: 'unreachable',
} as const;

const saidIn = ({ said, answer }: Told): Entry['said'] =>
  said === 'allows' || said === 'denies' ? (answer?.allowed ?? 'NOT_ALLOWED') : words[said];

export function createInquiry(
  runtime: PeerRuntime,
  places: Places,
  { from, location, correlationId, audit, endsAt: end }: Circumstances,
): Inquiry {
  const { backend, log, now } = runtime;
  const asked: Entry[] = [];

  /** What is kept of an answer is worth less than the answer, which goes out whatever becomes of that. */
  async function kept<T>(peer: Peer, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      answerNotKept(log, { peer: peer.id, correlationId }, error);
      return undefined;
    }
  }

  async function answerOf({ peer, uid, type, copy }: Target, endsAt: number): Promise<Told> {
    const seconds = peer.settings?.remembersAnswerSeconds;
    const about = { peer: peer.id, uid, type, location, from };
    if (seconds !== undefined && mayRemember(copy)) {
      const answer = await kept(peer, () => recall(backend, about, copy, now()));
      if (answer) return { said: answer.allowed === 'ALLOWED' ? 'allows' : 'denies', answer, remembered: true };
    }
    const owner = copy?.data;
    const outcome = await askPeer(runtime, places, peer, { uid, type, location, from, owner, correlationId }, endsAt);
    const { answer } = outcome;
    if (!answer) return outcome;
    const { token } = answer;
    if (seconds !== undefined && mayRemember(copy, token?.whitelist ?? copy?.data.whitelist)) {
      await kept(peer, () => remember(backend, about, answer, { now: now(), seconds }));
    }
    const refreshed = copy && token && (await kept(peer, () => refresh(runtime, peer, copy, token)));
    if (!refreshed) return outcome;
    audit({ what: 'received Tokens', peer: peer.id, after: { count: 1 } });
    return { ...outcome, refreshed };
  }

  async function ask(target: Target, endsAt: number): Promise<Told> {
    const begun = now().getTime();
    const told = await answerOf(target, endsAt);
    asked.push({
      peer: target.peer.id,
      said: saidIn(told),
      ...(told.why !== undefined && { why: told.why }),
      ms: now().getTime() - begun,
      ...(told.remembered && { remembered: true }),
    });
    return told;
  }

  return {
    asked,
    share: (stillToAsk) => now().getTime() + (end - now().getTime()) / stillToAsk,
    ask,
    async askTogether(targets, endsAt) {
      const answered: { peer: Peer; told: Told }[] = [];
      const all = targets.map(async (target) => {
        const told = await ask(target, endsAt);
        answered.push({ peer: target.peer, told });
        return told.said;
      });
      await Promise.any(all.map(async (each) => ((await each) === 'allows' ? undefined : Promise.reject(each)))).catch(
        () => undefined,
      );
      return answered;
    },
  };
}
