/** A partner that is sent Tokens, and takes them, refuses them, fails, hangs and lies as its mood is. */
import type { PeerAnswer, PeerRequest } from '../../../lib/client/ask-peer.ts';
import { PeerError } from '../../../lib/client/peer-error.ts';
import { taken } from '../builders.ts';
import type { World } from '../world.ts';

export const moods = [
  'healthy',
  'slow',
  'down',
  'denying',
  'limiting',
  'hanging',
  'refusing',
  'lying',
  'shaky',
] as const;
export type Mood = (typeof moods)[number];

export interface Send {
  uid: string;
  /** Which state of the Token, by its date as it is stored. */
  stamp: string;
  owner: string;
  issuer: string;
  valid: boolean;
  at: number;
  outcome: 'open' | 'taken' | 'refused' | 'failed';
  endedAt?: number;
}

export interface Partner {
  id: string;
  mood: Mood;
  /** By uid. */
  held: Map<string, Pick<Send, 'stamp' | 'valid'>>;
  sends: Send[];
  /** Refused for good by a rule of the partner, and for a while. */
  never: Set<string>;
  notNow: Set<string>;
  /** At which it fails. */
  fatal: Set<string>;
  mostAtOnce: number;
  ask(request: PeerRequest): Promise<PeerAnswer>;
}

/** What a Token is sent as, with its date as it is stored in a field that nobody needs. */
interface Body {
  uid: string;
  visual_number: string;
  issuer: string;
  valid: boolean;
}

export function createPartner(world: World, id: string): Partner {
  let atOnce = 0;
  const partner: Partner = {
    id,
    mood: 'healthy',
    held: new Map(),
    sends: [],
    never: new Set(),
    notNow: new Set(),
    fatal: new Set(),
    mostAtOnce: 0,

    async ask({ url, body, timeoutMs }) {
      const { uid, visual_number: stamp, issuer, valid } = body as Body;
      const owner = new URL(url).pathname.split('/').slice(-3, -1).join('-');
      const send: Send = { uid, stamp, owner, issuer, valid, at: world.now(), outcome: 'open' };
      partner.sends.push(send);
      atOnce += 1;
      partner.mostAtOnce = Math.max(partner.mostAtOnce, atOnce);
      try {
        return await answer(send, timeoutMs);
      } catch (error) {
        const { http, status_code } = error as PeerError;
        send.outcome = http === 200 && status_code === 2001 ? 'refused' : 'failed';
        throw error;
      } finally {
        send.endedAt = world.now();
        atOnce -= 1;
      }
    },
  };

  async function answer(send: Send, timeoutMs: number): Promise<PeerAnswer> {
    const mood = partner.mood === 'shaky' ? world.oneOf(moods) : partner.mood;
    await world.sleep(mood === 'slow' ? world.between(500, 4_000) : world.between(20, 200));
    if (mood === 'down' || partner.fatal.has(send.uid)) throw unreachable(503);
    if (mood === 'denying') throw new PeerError('refused', 'no such token', { http: 401, status_code: 2002 });
    if (mood === 'limiting') throw unreachable(429, String(world.between(1, 120)));
    if (mood === 'hanging') {
      await world.sleep(timeoutMs - 200);
      if (world.chance(0.3)) take(send);
      throw unreachable(undefined);
    }
    if (mood === 'refusing' || partner.never.has(send.uid) || partner.notNow.has(send.uid)) {
      throw new PeerError('refused', 'not this one', { http: 200, status_code: 2001 });
    }
    take(send);
    await world.sleep(world.between(0, 20));
    if (mood === 'lying') throw new PeerError('broken', 'no JSON', { http: 200 });
    send.outcome = 'taken';
    return taken;
  }

  const take = ({ uid, stamp, valid }: Send): void => void partner.held.set(uid, { stamp, valid });

  return partner;
}

const unreachable = (http: number | undefined, retryAfter?: string): PeerError =>
  new PeerError('unreachable', 'no answer', { http, retryAfter });
