import { sameParty } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import type { Peer } from '../../peers/peer.ts';
import { whyNoLane } from '../../sync/lanes.ts';
import { type Direction, directions, type SyncRuntime } from '../../sync/runtime.ts';
import { type Wishes, writeWishes } from '../../sync/wishes.ts';
import type { ParsedInputOf } from '../api/operation.ts';
import type { steerSync } from '../api/sync.ts';
import { ProblemError } from '../problem.ts';
import type { Run } from '../run.ts';
import { findPeer } from './common.ts';
import { detailsOf } from './lanes.ts';

type Wanted = ParsedInputOf<typeof steerSync>;

const acts = ['now', 'full', 'pause', 'resume', 'retryRefused'] as const;

const invalid = (field: string, expected: string, value: string) =>
  new ProblemError('invalid', `${field} should be ${expected}`, [{ field, expected, value }]);

/** @throws ProblemError invalid for what makes no sense */
function checkWanted(wanted: Wanted, { settings = {} }: Peer): void {
  const { party, direction } = wanted;
  const named = acts.filter((act) => wanted[act]);
  if (named.length === 0) throw invalid(acts.join(', '), 'given, one of them at least', 'nothing');
  if (wanted.pause && wanted.resume) throw invalid('resume', 'left out with pause', 'true');
  if (wanted.retryRefused && direction === 'pull') throw invalid('direction', 'push with retryRefused', 'pull');
  if (party) checkParty(party, wanted, settings.pullParties ?? []);
}

function checkParty(party: PartyId, { direction, now, full }: Wanted, known: readonly PartyId[]): void {
  if (direction === 'push') throw invalid('direction', 'pull with party', 'push');
  if (!now && !full) throw invalid('party', 'given with now or full', 'alone');
  if (known.some((each) => sameParty(each, party))) return;
  const names = known.map(({ country_code, party_id }) => `${country_code} ${party_id}`).join(', ');
  throw invalid('party', `one of the peer's pullParties (${names || 'none are set'})`, Object.values(party).join(' '));
}

/** In which directions it is meant. @throws ProblemError conflict where there is nothing to steer */
function meant({ config }: Pick<SyncRuntime, 'config'>, peer: Peer, wanted: Wanted): Direction[] {
  const { direction, party, retryRefused, now, full, pause, resume } = wanted;
  const onlyPush = retryRefused && !now && !full && !pause && !resume;
  const named = direction ?? (party ? 'pull' : onlyPush ? 'push' : undefined);
  const asked = named ? [named] : directions;
  const reasons = asked.map((each) => whyNoLane(config, peer, each));
  const there = asked.filter((_, i) => reasons[i] === undefined);
  if (there.length > 0) return there;
  throw new ProblemError(
    'conflict',
    `There is no ${asked.join(' or ')} with ${peer.id}: ${[...new Set(reasons)].join(', ')}`,
  );
}

/** @param at by which the state says that it has been met */
const editFor =
  ({ now, full, pause, resume, retryRefused, party }: Wanted, direction: Direction, at: string) =>
  ({ paused, party: former, ...wishes }: Wishes): Wishes => {
    const pausedSince = pause ? (paused ?? at) : resume ? undefined : paused;
    const only = now || full ? party : former;
    return {
      ...wishes,
      ...(now && { now: at }),
      ...(full && { full: at }),
      ...(retryRefused && direction === 'push' && { retry: at }),
      ...(pausedSince !== undefined && { paused: pausedSince }),
      ...(only && { party: only }),
    };
  };

/** Says what push and pull of a peer are to do. What was asked for stands in a record, so it may be sent again after any failure. */
export const steer: Run<typeof steerSync, SyncRuntime> = async (wanted, runtime, { audit, correlationId }) => {
  const { id } = wanted;
  const { data: peer } = await findPeer(runtime, id);
  checkWanted(wanted, peer);
  const lanes = meant(runtime, peer, wanted).map((direction) => ({ peer: id, direction }));
  const at = runtime.now().toISOString();
  const written = await Promise.all(
    lanes.map(async (lane) => {
      const { before, after } = await writeWishes(runtime.backend, lane, editFor(wanted, lane.direction, at));
      return { direction: lane.direction, before, after };
    }),
  );
  audit({ what: 'peer', peer: id, before: wishesOf(written, 'before'), after: wishesOf(written, 'after') });
  if (!wanted.pause)
    await runtime.queue.send(lanes.map((lane) => ({ ...lane, because: `owner ${at}`, correlationId })));
  return { lanes: await detailsOf(runtime, peer) };
};

const wishesOf = (
  written: readonly { direction: Direction; before: Wishes; after: Wishes }[],
  which: 'before' | 'after',
): object => ({ sync: Object.fromEntries(written.map((lane) => [lane.direction, lane[which]])) });
