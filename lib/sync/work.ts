/** What push and pull each have to say for themselves, so that one slice can run either. */
import type { Peer } from '../peers/peer.ts';
import type { SyncRuntime } from './runtime.ts';
import type { Wishes } from './wishes.ts';

/** What a page is worked off with. */
export interface Ground {
  runtime: SyncRuntime;
  /** As it is now. */
  peer: Peer;
  wishes: Wishes;
  /** When no more work may be begun. */
  deadline: Date;
}

export interface Step<State> {
  state: State;
  /** Whether there is more to do now. */
  next: 'more' | 'rest';
  /** The peer did not do its part: a PeerError mostly. What stands in `state` counts all the same. */
  failure?: unknown;
}

export interface Work<State> {
  /** Whom and what the places are about; undefined if there is nothing to do with this peer in this direction. */
  scopeOf(ground: Ground): string | undefined;
  /** The state of a lane that has none, or whose scope has changed. */
  begin(ground: Ground, scope: string, former: State | undefined): State;
  /** One page, of a few seconds at most. */
  step(ground: Ground, state: State): Promise<Step<State>>;
}
