/** `peers sync`: how far push and pull are, and what they are to do. */
import { setTimeout as delay } from 'node:timers/promises';
import { type LaneView, showSync, steerSync } from '../operator/api/sync.ts';
import { Failure } from './failure.ts';
import { bar, createLine } from './import/progress.ts';
import { parseParty } from './options.ts';
import type { Session } from './session.ts';
import { listing, table } from './terminal.ts';

interface SyncOptions {
  now?: true;
  full?: true;
  pause?: true;
  resume?: true;
  retryRefused?: true;
  party?: string[];
  push?: true;
  pull?: true;
  watch?: true;
}

const lookEveryMs = 1_000;

export async function sync(session: Session, id: string | undefined, options: SyncOptions): Promise<void> {
  const { watch, push, pull, ...acts } = options;
  if (id === undefined) {
    if (Object.keys(options).length > 0) throw new Failure('usage', 'Which peer? peers sync ID …');
    const lanes = await readAll(session);
    return session.answer({ lanes }, summary(lanes));
  }
  const direction = push ? ({ direction: 'push' } as const) : pull ? ({ direction: 'pull' } as const) : {};
  const isMeant = (lane: LaneView) => direction.direction === undefined || lane.direction === direction.direction;
  const read = async () => (await session.call(showSync, { id })).lanes.filter(isMeant);
  const { party, ...flags } = acts;
  const steering = { ...flags, ...(party && { party: parseParty(party) }), ...direction };
  const steered = Object.keys(acts).length > 0 && (await session.call(steerSync, { id, ...steering })).lanes;
  const lanes = watch ? await untilDone(session, read) : steered ? steered.filter(isMeant) : await read();
  session.answer(
    { lanes },
    lanes.length > 0 ? lanes.map(describe).join('\n\n') : `There is neither push nor pull with ${id}.`,
  );
}

async function readAll(session: Session): Promise<LaneView[]> {
  const lanes: LaneView[] = [];
  let after: string | undefined;
  do {
    const page = await session.call(showSync, after === undefined ? {} : { after });
    lanes.push(...page.lanes);
    after = page.next;
  } while (after !== undefined);
  return lanes;
}

/** Whether time alone will bring it on. */
const isBusy = ({ pausedSince, failing, isWorking, wishes, push, pull }: LaneView): boolean =>
  pausedSince === undefined &&
  (isWorking || (!failing && (wishes.length > 0 || push?.full !== undefined || pull?.walk !== undefined)));

async function untilDone({ terminal }: Session, read: () => Promise<LaneView[]>): Promise<LaneView[]> {
  let lanes = await read();
  const line = createLine(
    terminal,
    () => lanes.map((lane) => `${lane.direction}: ${howFar(lane)}`).join('; '),
    () => bar(shareOf(lanes)),
  );
  while (lanes.some(isBusy)) {
    line.update(0);
    await delay(lookEveryMs);
    lanes = await read();
  }
  line.clear();
  return lanes;
}

/** What part of all that is under way is done, if that is known. */
function shareOf(lanes: readonly LaneView[]): number | undefined {
  const parts = lanes.flatMap(({ push, pull }) => [
    ...(push?.full ? [push.full] : []),
    ...(pull?.walk?.total === undefined ? [] : [{ done: pull.walk.read, total: pull.walk.total }]),
  ]);
  const total = parts.reduce((sum, part) => sum + part.total, 0);
  const done = parts.reduce((sum, part) => sum + Math.min(part.done, part.total), 0);
  return total > 0 ? done / total : undefined;
}

function howFar({ push, pull, state }: LaneView): string {
  if (push?.full) return `${push.full.done} of ${push.full.total}, all since ${push.full.since}`;
  if (push) return push.left ? `${push.left} changes left` : `all changes until ${push.changesFrom}`;
  if (pull?.walk) {
    const { kind, read, total, pages } = pull.walk;
    return `${read}${total === undefined ? '' : ` of ${total}`} read, ${pages} pages, ${kind === 'full' ? 'all' : 'changes'}`;
  }
  const last = pull?.changes?.at ?? pull?.full?.at;
  return last === undefined ? state : `all until ${last}`;
}

function nextOf({ failing, pull, pausedSince }: LaneView): string {
  if (pausedSince !== undefined) return '';
  if (failing) return failing.nextAt;
  return pull ? ([pull.nextChangesAt, pull.nextFullAt].toSorted()[0] ?? '') : '';
}

/** A line for each lane. */
function summary(lanes: readonly LaneView[]): string {
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
  `since ${since}, ${times} times: ${why}. Tried again ${nextAt}`;

const spellEnded = ({ at, read, counts }: { at: string; read: number; counts: object }): string => {
  const told = Object.entries(counts).filter(([, count]) => count > 0);
  return `${at}, ${read} read${told.map(([name, count]) => `, ${count} ${name}`).join('')}`;
};

const spellMissing = ({ missing, invalidated }: { missing?: number; invalidated?: number }): string =>
  missing ? `, ${missing} missing${invalidated === undefined ? '' : `, ${invalidated} made invalid`}` : '';

const spellStopped = ({ why, ...ended }: Parameters<typeof spellEnded>[0] & { why?: string }): string =>
  `${spellEnded(ended)}${why === undefined ? '' : `: ${why}`}`;

const spellOfOne = ({ party, ...ended }: NonNullable<NonNullable<LaneView['pull']>['ofOne']>): string =>
  `${party.country_code} ${party.party_id}, ${spellStopped(ended)}`;

/** All of a lane. */
function describe(lane: LaneView): string {
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
