/** What a peer has been told of a Token of ours, from the state of its lane. */
import type { PushState } from './state.ts';

/** `waiting`: its last change is still to be sent. */
export type Told = 'told' | 'waiting' | 'refused';

/**
 * @param name as states name the Token
 * @param stamp its last_updated, as it is stored
 */
export function toldOf(state: PushState | undefined, name: string, stamp: string): Told {
  if (!state) return 'waiting';
  const { changes, full, fullAt, fresh, refused } = state;
  const sent = fresh[name];
  if (sent !== undefined && sent >= stamp) return refused.includes(name) ? 'refused' : 'told';
  if (stamp >= changes.from) return 'waiting';
  if (refused.includes(name)) return 'refused';
  // The walk of changes has only what is later than the beginning of the first full push.
  const hasAll = fullAt !== undefined || (full !== undefined && stamp > full.began);
  return hasAll ? 'told' : 'waiting';
}

/** Whether no worker sends any more what the Token was before this stamp, or has still to send what it is since. */
export const isPast = ({ changes, full, fullAt }: PushState, stamp: string): boolean =>
  changes.from > stamp && fullAt !== undefined && (full === undefined || full.began > stamp);
