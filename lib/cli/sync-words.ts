/** Push and pull in words: a line of all that is under way while one watches, a line for each, and all of one. */
import type { LaneView } from '../operator/api/sync.ts';
import { duration } from './import/progress.ts';
import { listing, table } from './terminal.ts';

/** Of what is under way, how many Tokens are done; undefined where nothing is, or nobody knows of how many. */
export interface Way {
  done: number;
  total: number;
}

function wayOf({ push, pull }: LaneView): Way | undefined {
  if (push?.full) return push.full;
  if (push?.many && push.left !== undefined) return { done: push.many.done, total: push.many.done + push.left };
  if (pull?.walk?.total !== undefined) return { done: pull.walk.read, total: pull.walk.total };
  return undefined;
}

/** All that is under way, together. */
export function waysOf(lanes: readonly LaneView[]): Way {
  const ways = lanes.map(wayOf).filter((way) => way !== undefined);
  return {
    done: ways.reduce((sum, { done, total }) => sum + Math.min(done, total), 0),
    total: ways.reduce((sum, { total }) => sum + total, 0),
  };
}

/**
 * @param begun how much was done when one began to watch, and how many seconds ago that was
 * @returns how far each is, and how long it will take
 */
export function watched(lanes: readonly LaneView[], begun: { done: number; seconds: number }): string {
  const { done, total } = waysOf(lanes);
  const words = lanes.map((lane) => `${lane.direction}: ${howFar(lane)}`).join('; ');
  if (total === 0) return words;
  const perSecond = (done - begun.done) / Math.max(1, begun.seconds);
  const pace = perSecond > 0 ? `${Math.ceil(perSecond)} a second, ${duration((total - done) / perSecond)} left; ` : '';
  return `${String(Math.floor((100 * done) / total)).padStart(3)} %  ${pace}${words}`;
}

export function howFar({ state, failing, push, pull }: LaneView): string {
  if (push?.full) return `${push.full.done} of all ${push.full.total > 0 ? `${push.full.total} ` : ''}Tokens sent`;
  if (push?.left) return `${push.left} ${push.left === 1 ? 'change' : 'changes'} to send`;
  if (push) return `all changes until ${push.changesFrom}${push.many ? `, and ${push.many.done} of those since` : ''}`;
  if (pull?.walk) {
    const { kind, read, total } = pull.walk;
    const what = kind === 'full' ? 'all Tokens' : 'changes';
    return `${read} of ${total === undefined ? what : `${total} ${kind === 'full' ? 'Tokens' : 'changes'}`} read`;
  }
  const last = [pull?.changes?.at, pull?.full?.at]
    .filter((at) => at !== undefined)
    .toSorted()
    .at(-1);
  if (last !== undefined) return `all until ${last}`;
  return failing ? 'nothing yet' : state;
}

function nextOf({ failing, pull, pausedSince }: LaneView): string {
  if (pausedSince !== undefined) return 'when you say so';
  if (failing) return failing.nextAt ?? 'when you say so';
  return pull ? ([pull.nextChangesAt, pull.nextFullAt].toSorted()[0] ?? '') : '';
}

/** A line for each lane. */
export function summary(lanes: readonly LaneView[]): string {
  if (lanes.length === 0) return 'Nothing is pushed to anybody, and nothing pulled.';
  const rows = lanes.map((lane) => [
    lane.peer,
    lane.direction,
    lane.state,
    howFar(lane),
    lane.push ? String(lane.push.refused) : '',
    nextOf(lane),
    lane.failing?.why ?? '',
  ]);
  return table([['ID', 'WHAT', 'STATE', 'HOW FAR', 'REFUSED', 'NEXT', 'WHY'], ...rows]);
}

const spellFailing = ({ since, nextAt, times, why }: NonNullable<LaneView['failing']>): string =>
  `since ${since}, ${times === 1 ? 'once' : `${times} times`}: ${why}. Tried again ${nextAt ?? 'when you say so: --now, --full or --retry-refused'}`;

type Pull = NonNullable<LaneView['pull']>;
type Ended = NonNullable<Pull['changes']>;

const spellEnded = ({ at, read, counts, passedOver }: Ended): string => {
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  return `${at}, ${read} read${told.map(([name, count]) => `, ${count} ${name}`).join('')}${spellPassed(passedOver)}`;
};

const spellPassed = (passed: Ended['passedOver']): string =>
  passed
    ? `, ${passed.count} passed over: ${passed.offsets.join(', ')}${passed.count > passed.offsets.length ? ' …' : ''}`
    : '';

const spellMissing = ({ missing, invalidated }: { missing?: number; invalidated?: number }): string =>
  missing ? `, ${missing} missing${invalidated === undefined ? '' : `, ${invalidated} made invalid`}` : '';

const spellStopped = ({ why, ...ended }: Ended & { why?: string | undefined }): string =>
  `${spellEnded(ended)}${why === undefined ? '' : `: ${why}`}`;

const spellOfOne = ({ party, ...ended }: NonNullable<Pull['ofOne']>): string =>
  `${party.country_code} ${party.party_id}, ${spellStopped(ended)}`;

/** All of a lane. */
export function describe(lane: LaneView): string {
  const { peer, direction, state, pausedSince, failing, wishes, succeededAt, push, pull } = lane;
  const facts = listing({
    [direction]: `${peer}, ${state}`,
    'how far': howFar(lane),
    'paused since': pausedSince,
    failing: failing && spellFailing(failing),
    'to come': wishes.join(', ') || undefined,
    'last success': succeededAt,
    ...(push && { 'all pushed': push.fullAt, taken: push.taken, refused: push.refused }),
    ...(pull && {
      'last of all': pull.full && `${spellEnded(pull.full)}${spellMissing(pull.full)}`,
      'last changes': pull.changes && spellEnded(pull.changes),
      'all, stopped': pull.stopped?.full && spellStopped(pull.stopped.full),
      'changes, stopped': pull.stopped?.changes && spellStopped(pull.stopped.changes),
      'of one party': pull.ofOne && spellOfOne(pull.ofOne),
      'next changes': pull.nextChangesAt,
      'next of all': pull.nextFullAt,
    }),
  });
  return [facts, refusedOf(lane), pull?.problems.map(({ at, why }) => `${at}  ${why}`).join('\n')]
    .filter(Boolean)
    .join('\n\n');
}

function refusedOf({ push }: LaneView): string {
  const { refusedTokens = [], refused = 0 } = push ?? {};
  if (refusedTokens.length === 0) return '';
  const rows = refusedTokens.map(({ uid, type, at, tries, why }) => [uid, type, at, String(tries), why]);
  const more = refused > refusedTokens.length ? `\nand ${refused - refusedTokens.length} more` : '';
  return `${table([['REFUSED', 'TYPE', 'AT', 'TRIES', 'WHY'], ...rows])}${more}`;
}
