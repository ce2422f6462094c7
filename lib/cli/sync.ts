/** `peers sync`: how far push and pull are, and what they are to do. */
import { setTimeout as delay } from 'node:timers/promises';
import { type LaneView, showSync, steerSync } from '../operator/api/sync.ts';
import { Failure } from './failure.ts';
import { bar, createLine } from './import/progress.ts';
import { parseParty } from './options.ts';
import type { Session } from './session.ts';
import { describe, summary, watched, waysOf } from './sync-words.ts';

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

/** Whether time alone will bring it on, and soon. */
const isBusy = ({ state, pausedSince, failing, isWorking, wishes, push }: LaneView): boolean =>
  pausedSince === undefined &&
  (isWorking || (!failing && (state !== 'at rest' || wishes.length > 0 || (push?.left ?? 0) > 0)));

/** Draws a bar meanwhile. */
async function untilDone({ terminal }: Session, read: () => Promise<LaneView[]>): Promise<LaneView[]> {
  let lanes = await read();
  const at = () => terminal.now().getTime();
  const begun = { at: at(), ...waysOf(lanes) };
  const share = () => {
    const { done, total } = waysOf(lanes);
    return total > 0 ? done / total : undefined;
  };
  const line = createLine(
    terminal,
    () => watched(lanes, { done: begun.done, seconds: (at() - begun.at) / 1_000 }),
    () => bar(share()),
  );
  while (lanes.some(isBusy)) {
    line.update(0);
    await delay(lookEveryMs);
    lanes = await read();
  }
  line.clear();
  return lanes;
}
