/** What a full walk did not name: found behind its last page, and reported or made invalid, as the settings say (TOK-LIST-05). */
import { peersCall, receivedTokensCall } from '../../crud/calls.ts';
import type { StoredToken } from '../../crud/crud.ts';
import { inParallel } from '../../crud/in-parallel.ts';
import { accessOf } from '../../peers/access.ts';
import { ownsTokensOf } from '../../peers/reach.ts';
import { wireOfPeer } from '../../peers/tokens-line.ts';
import { invalidateReceived } from '../../tokens/received/invalidate.ts';
import type { PullState } from '../state.ts';
import type { Ground } from '../work.ts';
import { type Names, nameOf, nameOfUid, readNames } from './names.ts';
import { partiesCompared } from './parties.ts';
import { before, endWalk, overlapMs, type Walking } from './walk.ts';

const pageSize = 1_000;
/** In one step, which reads all names again. */
const mostPages = 20;
const longestMs = 5_000;
const writesAtOnce = 16;

/** @param names what the list names; @returns whether a Token of ours charges that the list does not know */
export function isMissing(
  { data, arrived_at = '' }: StoredToken,
  names: Names,
  type: string,
  startedAt: string,
): boolean {
  // Nor what came in shortly before: it may be younger than the page that it would be on, and so may its clock.
  const isOld = arrived_at < before(startedAt, overlapMs);
  return data.valid && isOld && !names.has(nameOf(data, type, data.uid)) && !names.has(nameOfUid(data.uid));
}

/** Some pages of our copy. */
export async function compare(ground: Ground, state: Walking, collection: string): Promise<PullState> {
  const { runtime, deadline } = ground;
  const names = await readNames(runtime.backend.records, collection);
  const endAt = Math.min(runtime.now().getTime() + longestMs, deadline.getTime());
  let compared: PullState = state;
  for (let page = 0; page < mostPages && compared.walk?.comparing; page += 1) {
    compared = await comparePage(ground, { ...compared, walk: compared.walk }, names);
    if (runtime.now().getTime() >= endAt) break;
  }
  return compared;
}

async function comparePage(ground: Ground, state: Walking, names: Names): Promise<PullState> {
  const { runtime, peer } = ground;
  const { party: index, after, missing } = state.walk.comparing ?? { party: 0, missing: 0 };
  const party = partiesCompared(peer)[index];
  const withPlace = (comparing: NonNullable<Walking['walk']['comparing']>): Walking => ({
    ...state,
    begun: 0,
    walk: { ...state.walk, comparing },
  });
  if (!party) return endWalk(withPlace({ party: index, missing }), runtime.now().toISOString());
  // Another peer's by now: its Tokens are not this one's to judge.
  const isOurs = await ownsTokensOf(runtime.backend, peersCall, accessOf(peer), party);
  if (!isOurs) return withPlace({ party: index + 1, missing });

  const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: pageSize };
  const { country_code, party_id } = party;
  const call = { ...receivedTokensCall, country_code, party_id, filters, ...(after !== undefined && { after }) };
  const page = await runtime.backend.tokens.list(call);
  const wire = wireOfPeer(peer);
  const unnamed = page.items.filter((stored) =>
    isMissing(stored, names, wire.encodeTokenType(stored.data.type), state.walk.startedAt),
  );
  const found = missing + (await dealWith(ground, unnamed));
  const next = page.isLast ? undefined : page.next;
  if (next === undefined) return withPlace({ party: index + 1, missing: found });
  return withPlace({ party: index, after: next, missing: found });
}

/** @returns how many there were */
async function dealWith({ runtime, peer }: Ground, unnamed: readonly StoredToken[]): Promise<number> {
  if (peer.settings?.pullMissing !== 'invalidate') return unnamed.length;
  const done = await inParallel(unnamed, writesAtOnce, (stored) => invalidateReceived(runtime.backend, stored));
  return done.filter(Boolean).length;
}
