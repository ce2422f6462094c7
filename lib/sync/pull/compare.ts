/**
 * What a full walk did not name: found behind its last page (TOK-LIST-05). It is counted first. Where the settings ask for it and the
 * count is no cause for doubt, our copy is gone through once more, and what is missing is made invalid.
 */
import { peersCall, receivedTokensCall } from '../../crud/calls.ts';
import type { StoredToken } from '../../crud/crud.ts';
import { inParallel } from '../../crud/in-parallel.ts';
import { accessOf } from '../../peers/access.ts';
import { ownsTokensOf } from '../../peers/reach.ts';
import type { PeerSettings } from '../../peers/settings.ts';
import { wireOfPeer } from '../../peers/tokens-line.ts';
import { invalidateReceived } from '../../tokens/received/invalidate.ts';
import type { Comparing, Missing, PullState } from '../state.ts';
import type { Ground } from '../work.ts';
import { type Names, nameOf, nameOfUid, readNames } from './names.ts';
import { partiesCompared } from './parties.ts';
import { before, endWalk, overlapMs, type Walking, withProblem } from './walk.ts';

const pageSize = 1_000;
/** In one step. */
const mostPages = 20;
const longestMs = 5_000;
const writesAtOnce = 16;

/** Few that are missing are no cause for doubt. */
const few = 10;

/** Of so many valid Tokens of ours, how many are made invalid at most without the operator's word, which is `invalidate-all`. */
export const mostInvalidated = (held: number): number => Math.floor(Math.min(held / 2, Math.max(few, held / 10)));

/** What a walk knows of its list. */
export type Named = Pick<Walking['walk'], 'startedAt' | 'newest'>;

/**
 * Whether the list would name a Token if there were one: none that came in shortly before the walk, which may be younger than the
 * page that it would be on, and so may its clock. Nor one that is stamped later than all that the list names: there are servers whose
 * lists end at a date, and at times it is that of their own start.
 */
export function isExpected({ data, arrived_at = '' }: StoredToken, { startedAt, newest = '' }: Named): boolean {
  return arrived_at < before(startedAt, overlapMs) && data.last_updated <= newest;
}

/** @param type as the version of the connection has it */
const isNamed = ({ data }: StoredToken, names: Names, type: string): boolean =>
  names.has(nameOf(data, type, data.uid)) || names.has(nameOfUid(data.uid));

/** Some pages of our copy. */
export async function compare(ground: Ground, state: Walking): Promise<PullState> {
  const { runtime, peer, deadline, once } = ground;
  const { startedAt } = state.walk;
  const names = await once(`names ${startedAt}`, () =>
    readNames(runtime.backend.records, { peer: peer.id, startedAt }),
  );
  const endAt = Math.min(runtime.now().getTime() + longestMs, deadline.getTime());
  let compared: PullState = state;
  for (let page = 0; page < mostPages && compared.walk?.comparing; page += 1) {
    compared = await comparePage(ground, { ...compared, walk: compared.walk }, compared.walk.comparing, names);
    if (runtime.now().getTime() >= endAt) break;
  }
  return compared;
}

async function comparePage(ground: Ground, state: Walking, comparing: Comparing, names: Names): Promise<PullState> {
  const { runtime, peer } = ground;
  const { after, ...counted } = comparing;
  const goOn = (next: Comparing): Walking => ({ ...state, begun: 0, walk: { ...state.walk, comparing: next } });
  const party = partiesCompared(peer)[comparing.party];
  if (!party) return decide(ground, state, comparing, goOn);
  const behind = { ...counted, party: comparing.party + 1 };
  // Another peer's by now: its Tokens are not this one's to judge.
  if (!(await ownsTokensOf(runtime.backend, peersCall, accessOf(peer), party))) return goOn(behind);

  const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: pageSize };
  const { country_code, party_id } = party;
  const call = { ...receivedTokensCall, country_code, party_id, filters, ...(after !== undefined && { after }) };
  const page = await runtime.backend.tokens.list(call);
  const wire = wireOfPeer(peer);
  const held = page.items.filter(({ data }) => data.valid);
  const missing = held.filter(
    (stored) => isExpected(stored, state.walk) && !isNamed(stored, names, wire.encodeTokenType(stored.data.type)),
  );
  const found =
    comparing.invalidated === undefined
      ? { held: comparing.held + held.length, missing: comparing.missing + missing.length }
      : { invalidated: comparing.invalidated + (await invalidate(ground, missing)) };
  const next = page.isLast ? undefined : page.next;
  return goOn(next === undefined ? { ...behind, ...found } : { ...counted, ...found, after: next });
}

/** @returns how many have not changed meanwhile */
async function invalidate({ runtime }: Ground, missing: readonly StoredToken[]): Promise<number> {
  const done = await inParallel(missing, writesAtOnce, (stored) => invalidateReceived(runtime.backend, stored));
  return done.filter(Boolean).length;
}

/** Our copy has been gone through: once more, or that is all. */
function decide(
  { runtime, peer }: Ground,
  state: Walking,
  { held, missing, invalidated }: Comparing,
  goOn: (next: Comparing) => Walking,
): PullState {
  const now = runtime.now().toISOString();
  const end = (of: Walking, outcome: Missing) => endWalk(of, peer, now, { missing: { missing, ...outcome } });
  if (invalidated !== undefined) return end(state, { invalidated });
  const { pullMissing } = peer.settings ?? {};
  if (missing === 0 || pullMissing === undefined || pullMissing === 'report') return end(state, {});
  const withheld = whyWithheld(pullMissing, held, missing);
  if (withheld === undefined) return goOn({ party: 0, held, missing, invalidated: 0 });
  return end(withProblem(state, now, withheld), { withheld });
}

function whyWithheld(pullMissing: PeerSettings['pullMissing'], held: number, missing: number): string | undefined {
  if (pullMissing === 'invalidate-all' || missing <= mostInvalidated(held)) return undefined;
  return `${missing} of ${held} Tokens are missing in the list, too many to be made invalid: if that is right, set pullMissing to invalidate-all and pull all again`;
}
