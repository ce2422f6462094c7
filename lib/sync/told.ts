/** What a peer has been told of a Token of ours, from the state of its lane. */
import type { PushState } from './state.ts';

/** `waiting`: its last change is still to be sent. */
export type Told = 'told' | 'waiting' | 'refused';

/**
 * Whether a change may be still to be sent. All that was stamped before the last walk began has been sent by it, or by one before it, or
 * is among the many, of which only their end tells.
 */
export function isToCome({ changes, many, later, fresh }: PushState, name: string, stamp: string): boolean {
  const waiting = [many, later].filter((each) => each !== undefined);
  if (stamp < changes.from && !waiting.some(({ from, began }) => from <= stamp && stamp < began)) return false;
  return ![fresh, ...waiting.map(({ told }) => told)].some((sent) => (sent[name] ?? '') >= stamp);
}

/**
 * @param name as states name the Token
 * @param stamp its last_updated, as it is stored
 */
export function toldOf(state: PushState | undefined, name: string, stamp: string): Told {
  if (!state) return 'waiting';
  if (isToCome(state, name, stamp)) return 'waiting';
  const { full, fullAt, fresh, refused } = state;
  if (refused.includes(name)) return 'refused';
  if ((fresh[name] ?? '') >= stamp) return 'told';
  // The walk of changes has only what is later than the beginning of the first full push.
  const hasAll = fullAt !== undefined || (full !== undefined && stamp > full.began);
  return hasAll ? 'told' : 'waiting';
}

/** Whether no worker sends any more what the Token was before this stamp, or has still to send what it is since. */
export const isPast = ({ changes, many, full, fullAt }: PushState, stamp: string): boolean =>
  (many ?? changes).from > stamp && fullAt !== undefined && (full === undefined || full.began > stamp);
