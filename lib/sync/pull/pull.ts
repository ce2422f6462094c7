/** Reads the Tokens of a peer in its list: in full at first, then what has changed, and now and then in full again (TOK-FLOW-04). */
import { sameParty } from '../../ocpi/values.ts';
import { partyKey } from '../../peers/claims.ts';
import { tokensUrlOf } from '../../peers/tokens-url.ts';
import { pullEnded } from '../../telemetry/events.ts';
import { whyNoLane } from '../lanes.ts';
import type { PullState, PullWalk } from '../state.ts';
import { isUnmet } from '../wishes.ts';
import type { Ground, Step, Work } from '../work.ts';
import { compare } from './compare.ts';
import { kindDue, pullDueAt } from './due.ts';
import { forgetNames, removeNames } from './names.ts';
import { partiesAsked } from './parties.ts';
import { passOver, readPage, withSmallerPage } from './read-page.ts';
import { shortHash } from './seen.ts';
import { beginWalk, type Walking, withLitter } from './walk.ts';

/** So much of a slice. The rest goes when the peer is back. */
const forgetsForMs = 20_000;

/** After so many starts at one place that came to no end, it is not tried again as it is. */
const mostStarts = 3;

function scopeOf({ runtime, peer }: Pick<Ground, 'runtime' | 'peer'>): string | undefined {
  const { settings = {}, version, roles } = peer;
  const url = tokensUrlOf(peer, 'SENDER');
  if (whyNoLane(runtime.config, peer, 'pull') !== undefined) return undefined;
  const { isHub, hubParties = [], ownersByIssuer = [] } = settings;
  const parties = roles.map((party) => `${party.role} ${partyKey(party)}`).sort();
  return shortHash(
    JSON.stringify([
      url,
      version,
      isHub ?? false,
      parties,
      partiesAsked(peer).map(partyKey),
      // A storage may give back the members of an object in any order.
      hubParties.map(partyKey),
      ownersByIssuer.map((each) => [each.issuer, partyKey(each)]),
    ]),
  );
}

/** What the operator wants has begun. */
function metBy({ wishes: { now, full } }: Ground, { met }: PullState, withFull: boolean): PullState['met'] {
  return { ...met, ...(now !== undefined && { now }), ...(withFull && full !== undefined && { full }) };
}

/** @returns undefined if there is nothing to read now */
function walking(ground: Ground, state: PullState): Walking | undefined {
  const { runtime, peer, wishes } = ground;
  const { walk, met } = state;
  if (walk && !isUnmet(wishes.full, met.full)) return { ...state, walk, met: metBy(ground, state, false) };
  const now = runtime.now();
  const kind = kindDue(state, peer, wishes, now);
  const begun = { ...state, met: metBy(ground, state, kind === 'full') };
  return kind && beginWalk(begun, kind, now.toISOString(), onlyParty(ground, state));
}

/** Where the party that the operator wants alone stands among those that are asked one by one. */
function onlyParty({ peer, wishes: { now, full, party } }: Ground, { met }: PullState): number | undefined {
  if (!party || !(isUnmet(now, met.now) || isUnmet(full, met.full))) return undefined;
  const index = partiesAsked(peer).findIndex((each) => sameParty(each, party));
  return index < 0 ? undefined : index;
}

async function step(ground: Ground, before: PullState): Promise<Step<PullState>> {
  const state = walking(ground, before);
  if (!state) return tidy(ground, before);
  // It is known before it is gone on, or a walk that dies at its first page would begin again and again.
  if (before.walk?.startedAt !== state.walk.startedAt) return { state: { ...state, begun: 0 }, next: 'more' };
  const done = await goOn(ground, state);
  if (!done.state.walk) tell(ground, state.walk, done.state);
  return done;
}

async function goOn(ground: Ground, state: Walking): Promise<Step<PullState>> {
  if (state.walk.comparing) return { state: await compare(ground, state), next: 'more' };
  if (state.begun < mostStarts) return readPage(ground, { ...state, begun: 0 });
  return { state: withSmallerPage(state, ground, 4) ?? (await passOver(ground, state)), next: 'more' };
}

function tell({ runtime, peer }: Ground, { kind, pages, startedAt, isOfOne }: PullWalk, ended: PullState): void {
  const { ofOne, stopped, full, changes } = ended;
  const walks = isOfOne ? [ofOne] : [stopped?.[kind], kind === 'full' ? full : changes];
  const { counts, ...walked } = walks.find((each) => each?.at === startedAt) ?? {};
  pullEnded(runtime.log, { peer: peer.id, kind, pages, ...walked, ...counts });
}

async function tidy({ runtime, peer }: Ground, state: PullState): Promise<Step<PullState>> {
  const [startedAt, ...others] = state.litter;
  if (startedAt === undefined) return { state: { ...state, begun: 0 }, next: 'rest' };
  const isGone = await removeNames(runtime.backend.records, { peer: peer.id, startedAt });
  return { state: { ...state, begun: 0, ...(isGone && { litter: others }) }, next: 'more' };
}

export const pull: Work<PullState> = {
  scopeOf,

  begin: (_subject, scope, former) => ({
    scope,
    begun: 0,
    met: former?.met ?? {},
    problems: [],
    // A worker that died after its state had been removed may have left something.
    litter: former ? withLitter(former, former.walk) : [''],
  }),

  dueAt: ({ peer, wishes }, state) => pullDueAt(state, peer, wishes),

  async forget({ backend }, peer) {
    await forgetNames(backend.records, peer, forgetsForMs);
  },

  step,
};
