/** What the doctor says of push and pull: who falls behind, who refuses, who is paused. */
import type { Peer } from '../../peers/peer.ts';
import { overlapMs } from '../../sync/pull/walk.ts';
import type { PullState, PushState } from '../../sync/state.ts';
import { countLeft, type Lane, type LanesRuntime, readLanes, viewOfLane } from '../peers/lanes.ts';
import { type Finding, fail, ok, skip, warn } from './finding.ts';

const minuteMs = 60_000;
/** Who is down for longer will not be back by himself. */
const longFailureMs = 60 * minuteMs;
/** A change is pushed in seconds, and within a minute where nobody was told of it. */
const pushLagMs = 2 * minuteMs;
/** Of whose clock is later the deltas repeat themselves for longer than they do anyway. */
const clockLagMs = minuteMs;
const fewRefused = 5;

interface Complaint {
  isGrave: boolean;
  text: string;
  advice: string;
}

const grave = (text: string, advice: string): Complaint => ({ isGrave: true, text, advice });
const mild = (text: string, advice: string): Complaint => ({ isGrave: false, text, advice });

/** @param left how many changes are to be pushed, where they were counted, which is where one peer is examined */
function complaintsOf(lane: Lane, now: Date, left?: number): Complaint[] {
  const { pausedSince, failing, push, pull, isWorking } = viewOfLane(lane, now);
  const id = lane.peer.id;
  const what = `${id}: ${lane.direction}`;
  const ago = (instant: string | undefined) => (instant === undefined ? 0 : now.getTime() - Date.parse(instant));
  if (pausedSince !== undefined) return [mild(`${what} is paused since ${pausedSince}`, `peers sync ${id} --resume`)];
  if (failing) {
    const text = `${what} fails since ${failing.since}: ${failing.why}`;
    if (failing.waitsForOperator) {
      return [
        grave(text, `peers sync ${id} shows what they refuse; once they take it, peers sync ${id} --retry-refused`),
      ];
    }
    const again = `it is tried again ${failing.nextAt}`;
    const advice = left === undefined ? `doctor ${id}; ${again}` : `${again}, or by peers sync ${id} --now`;
    return [ago(failing.since) > longFailureMs ? grave(text, advice) : mild(text, advice)];
  }
  const complaints: Complaint[] = [];
  if (!lane.state && ago(lane.peer.connection?.exchangedAt) > pushLagMs) {
    complaints.push(mild(`${what} has not begun`, `peers sync ${id} --now`));
  }
  if (push && push.refused > fewRefused) {
    complaints.push(
      mild(
        `${what}: they refuse ${push.refused} Tokens`,
        `peers sync ${id} says why; then peers sync ${id} --retry-refused`,
      ),
    );
  }
  // What goes on for hours is not late as long as it goes on, and then changes are looked for all the time.
  const changes = push && (lane.state as PushState).changes;
  if (left !== undefined && left > 0 && !isWorking && ago(changes?.from) > pushLagMs) {
    const changesLeft = left === 1 ? 'a change is' : `${left} changes are`;
    complaints.push(grave(`${what}: ${changesLeft} not sent`, `peers sync ${id} --push --now`));
  }
  if (pull) complaints.push(...complaintsOfPull(lane as Lane<PullState>, ago(pull.nextChangesAt), now));
  return complaints;
}

function complaintsOfPull({ peer, state }: Lane<PullState>, lateMs: number, now: Date): Complaint[] {
  const { pullEveryMinutes = 60 } = peer.settings ?? {};
  const late = lateMs > pullEveryMinutes * minuteMs;
  const last = [state?.full?.at, state?.changes?.at]
    .filter((at) => at !== undefined)
    .toSorted()
    .at(-1);
  const behindMs =
    state?.from !== undefined && last !== undefined ? Date.parse(last) - overlapMs - Date.parse(state.from) : 0;
  const id = peer.id;
  const stops = Object.values(state?.stopped ?? {}).map(({ why }) =>
    mild(`${id}: their list is not read to its end: ${why}`, `peers sync ${id} says more; tell them`),
  );
  const withheld = state?.full?.withheld;
  const untaken = [state?.full, state?.changes].find(hasMuchUntaken);
  return [
    ...stops,
    ...(untaken ? [untakenComplaint(peer, untaken)] : []),
    ...(state?.unread ? [unreadComplaint(id, state.unread)] : []),
    ...(withheld === undefined ? [] : [mild(`${id}: ${withheld}`, `peers settings ${id} --pull-missing …`)]),
    ...(late && !isLeased(state, now)
      ? [grave(`${peer.id}: pull is late, the last began ${last}`, `peers sync ${peer.id} --pull --now`)]
      : []),
    ...(behindMs > clockLagMs
      ? [
          mild(
            `${peer.id}: what they stamp their answers with is about ${Math.round(behindMs / minuteMs)} minutes behind our clock`,
            'Nothing is lost, but each pull of changes repeats those since: tell them',
          ),
        ]
      : []),
  ];
}

type Walked = NonNullable<PullState['changes']>;

const untakenOf = ({ counts }: Walked): number => counts.foreign + counts.invalid;

/** A few bad objects are the partner's. That all are mostly is a setting of ours. */
const hasMuchUntaken = (walked: Walked | undefined): walked is Walked =>
  walked !== undefined && untakenOf(walked) > 0 && untakenOf(walked) >= Math.min(walked.read, fewRefused + 1);

function untakenComplaint({ id, settings }: Peer, walked: Walked): Complaint {
  const owners = `; whose they are is set by peers settings ${id} --hub-party … and --owner-by-issuer …`;
  return mild(
    `${id}: of the ${walked.read} Tokens in their last list ${untakenOf(walked)} were not taken`,
    `peers sync ${id} says why${settings?.isHub ? owners : ''}`,
  );
}

function unreadComplaint(id: string, { count, since }: NonNullable<PullState['unread']>): Complaint {
  const objects = count === 1 ? 'an object of their list was' : `${count} objects of their list were`;
  return mild(
    `${id}: ${objects} passed over since ${since}, and may be a card that they have blocked`,
    `peers sync ${id} says where and why: tell them, and once it is mended peers sync ${id} --pull --full`,
  );
}

const isLeased = (state: PullState | undefined, now: Date): boolean => (state?.lease?.until ?? '') > now.toISOString();

function findingOf(complaints: readonly Complaint[], lanes: number): Finding {
  const [first, ...others] = complaints.toSorted((a, b) => Number(b.isGrave) - Number(a.isGrave));
  if (lanes === 0) return skip('neither is there anything to push nor to pull');
  if (!first) return ok(`${lanes} at work or at rest`);
  const message = `${first.text}${others.length > 0 ? `; and ${others.length} more: peers sync` : ''}`;
  return first.isGrave ? fail(message, first.advice) : warn(message, first.advice);
}

/** Of all peers, from what stands in the records alone. */
export async function checkAllSync(runtime: LanesRuntime, peers: readonly Peer[]): Promise<Finding> {
  const lanes: Lane[] = [];
  // One after the other, because there may be hundreds.
  for (const peer of peers) lanes.push(...(await readLanes(runtime, peer)));
  return findingOf(
    lanes.flatMap((lane) => complaintsOf(lane, runtime.now())),
    lanes.length,
  );
}

/** Of one peer, the changes counted that are left. */
export async function checkSync(runtime: LanesRuntime, peer: Peer): Promise<Finding> {
  const lanes = await readLanes(runtime, peer);
  const complaints = await Promise.all(
    lanes.map(async (lane) => {
      const left = lane.direction === 'push' ? await countLeft(runtime, lane as Lane<PushState>) : 0;
      return complaintsOf(lane, runtime.now(), left);
    }),
  );
  return findingOf(complaints.flat(), lanes.length);
}
