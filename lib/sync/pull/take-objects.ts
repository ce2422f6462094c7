/** Takes the objects of a page, each by the rules of a push. Whatever is wrong with one keeps no other from being taken. */
import { peersCall, receivedTokensCall } from '../../crud/calls.ts';
import { inParallel } from '../../crud/in-parallel.ts';
import { quote } from '../../errors.ts';
import type { Token } from '../../ocpi/token.ts';
import { isObject, sameParty, tidy } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import { accessOf } from '../../peers/access.ts';
import { partyKey, partyName } from '../../peers/claims.ts';
import type { Peer } from '../../peers/peer.ts';
import { ownsTokensOf } from '../../peers/reach.ts';
import { type Known, pullToken } from '../../tokens/received/pulled.ts';
import { type ReceivedAddress, readReceived } from '../../tokens/received/read-received.ts';
import type { Wire } from '../../wire/wire.ts';
import type { PullCounts, PullState } from '../state.ts';
import type { Ground } from '../work.ts';
import { nameOf, nameOfUid } from './names.ts';
import { issuerIn, ownerByConnection } from './parties.ts';

const tokensAtOnce = 16;
/** Between two rounds we look at the clock. */
const perRound = 256;
const longestMs = 5_000;
/** More in a row tell nobody more. */
export const mostProblems = 20;

export const noCounts: PullCounts = {
  created: 0,
  updated: 0,
  unchanged: 0,
  late: 0,
  duplicate: 0,
  foreign: 0,
  invalid: 0,
};

export interface Objects {
  objects: readonly unknown[];
  /** The first that has not been taken yet. */
  start: number;
  /** Of the first object in the list, by which an object is named in words. */
  offset: number;
  /** When they were asked for; a canonical DateTime. */
  askedAt: string;
  /** Those that are asked one by one. */
  parties: readonly PartyId[];
}

export interface Taken {
  /** The first that has not been taken, for want of time. */
  end: number;
  counts: PullCounts;
  problems: PullState['problems'];
  /** What of the list has been named. */
  names: Buffer[];
  /** The latest last_updated of the Tokens. */
  newest?: string;
  /** Which of `parties` Tokens have been seen of. */
  owners: Set<number>;
}

type Judged = { token: Token; name: Buffer } | { fault: 'foreign' | 'invalid'; why: string; name?: Buffer };

/** @throws Error of the storage */
export async function takeObjects({ runtime, peer, deadline }: Ground, wire: Wire, page: Objects): Promise<Taken> {
  const { objects, start, offset, askedAt, parties } = page;
  const endAt = Math.min(runtime.now().getTime() + longestMs, deadline.getTime());
  const judge = createJudge(peer, wire, mayOwn(runtime, peer));
  const taken: Taken = { end: start, counts: { ...noCounts }, problems: [], names: [], owners: new Set() };

  async function take({ token, known }: { token: Token; known: Known | undefined }): Promise<void> {
    const call = { ...receivedTokensCall, ...addressOf(token) };
    taken.counts[await pullToken(runtime, wire, call, token, askedAt, known)] += 1;
  }

  function note(judged: Judged, index: number): void {
    if (judged.name) taken.names.push(judged.name);
    if ('token' in judged) {
      const { last_updated } = judged.token;
      if (last_updated > (taken.newest ?? '')) taken.newest = last_updated;
      const owner = parties.findIndex((party) => sameParty(party, judged.token));
      if (owner >= 0) taken.owners.add(owner);
      return;
    }
    taken.counts[judged.fault] += 1;
    taken.problems.unshift({ at: askedAt, why: `Object ${offset + index}: ${judged.why}` });
    taken.problems.splice(mostProblems);
  }

  do {
    const round = objects.slice(taken.end, taken.end + perRound);
    const judged = await inParallel(round, tokensAtOnce, judge);
    for (const [index, each] of judged.entries()) note(each, taken.end + index);
    const good = judged.filter((each) => 'token' in each);
    const newest = newestOfEach(good);
    taken.counts.duplicate += good.length - newest.length;
    const read = await readReceived(
      runtime.backend,
      newest.map(({ token }) => addressOf(token)),
    );
    const known = newest.map(({ token }, index) => ({ token, known: read && { stored: read[index] } }));
    await inParallel(known, tokensAtOnce, take);
    taken.end += round.length;
  } while (taken.end < objects.length && runtime.now().getTime() < endAt);
  return taken;
}

const addressOf = ({ country_code, party_id, uid: id, type: token_type }: Token): ReceivedAddress => ({
  country_code,
  party_id,
  id,
  token_type,
});

type Good = Extract<Judged, { token: Token }>;

/** Side by side, two of the same Token would race. */
function newestOfEach(good: readonly Good[]): Good[] {
  const newest = new Map<string, Good>();
  for (const each of good) {
    const key = each.name.toString('latin1');
    const other = newest.get(key);
    if (!other || each.token.last_updated > other.token.last_updated) newest.set(key, each);
  }
  return [...newest.values()];
}

/** Asked once for each party of a page (COO-06, COO-07). */
function mayOwn({ backend }: Ground['runtime'], peer: Peer): (party: PartyId) => Promise<boolean> {
  const access = accessOf(peer);
  const known = new Map<string, Promise<boolean>>();
  return (party) => {
    const key = partyKey(party);
    const answer = known.get(key) ?? ownsTokensOf(backend, peersCall, access, party);
    known.set(key, answer);
    return answer;
  };
}

/** Where OCPI-to exists a Token names its owner itself, and a hub whose parties are all listed has no role of its own to name. */
const notLookedAt: PartyId = { country_code: '', party_id: '' };

function createJudge(peer: Peer, wire: Wire, isOwner: (party: PartyId) => Promise<boolean>) {
  return async (object: unknown): Promise<Judged> => {
    const owner = wire.hasRoutingHeaders ? notLookedAt : ownerByConnection(peer, object);
    if (!owner) return { fault: 'foreign', why: `no owner is set for the issuer ${quote(tidy(issuerIn(object), 64))}` };
    const decoded = decodeToken(wire, object, owner);
    if ('fault' in decoded) return decoded;
    const { token } = decoded;
    if (!(await isOwner(token))) return { fault: 'foreign', why: `${partyName(token)} is no party of this connection` };
    return { token, name: nameOf(token, token.type, token.uid) };
  };
}

function decodeToken(
  wire: Wire,
  object: unknown,
  owner: PartyId,
): { token: Token } | Extract<Judged, { fault: string }> {
  try {
    return { token: wire.decodeToken(object, owner) };
  } catch (error) {
    // Behind it stands what the member was, and that may be a uid.
    const [why = ''] = (error as Error).message.split(', but ');
    const uid = isObject(object) && typeof object.uid === 'string' ? object.uid : undefined;
    return { fault: 'invalid', why, ...(uid !== undefined && { name: nameOfUid(uid) }) };
  }
}
