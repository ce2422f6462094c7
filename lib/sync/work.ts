/** What push and pull each have to say for themselves, so that one slice can run either. */
import type { Peer } from '../peers/peer.ts';
import type { TokensLine } from '../peers/tokens-line.ts';
import type { SyncRuntime } from './runtime.ts';
import type { Wishes } from './wishes.ts';

/** What a page is worked off with. */
export interface Ground {
  runtime: SyncRuntime;
  /** As it was when the slice began. */
  peer: Peer;
  /** As they are now. */
  wishes: Wishes;
  /** When no more work may be begun. */
  deadline: Date;
  /** The interface of the peer that the direction is about. @throws NoLine */
  line: () => Promise<TokensLine>;
  /** Makes a thing of a name once in a slice, and has it from then on. */
  once: Once;
}

export type Once = <Made>(name: string, make: () => Promise<Made>) => Promise<Made>;

/** For one slice. */
export function createOnce(): Once {
  const made = new Map<string, Promise<unknown>>();
  return <Made>(name: string, make: () => Promise<Made>) => {
    const known = made.get(name) ?? make();
    made.set(name, known);
    return known as Promise<Made>;
  };
}

export interface Step<State> {
  state: State;
  /** Whether there is more to do now. */
  next: 'more' | 'rest';
  /** The peer did not do its part: a PeerError mostly. What stands in `state` counts all the same. */
  failure?: unknown;
}

type Subject = Pick<Ground, 'runtime' | 'peer'>;

export interface Work<State> {
  /** Whom and what the places are about; undefined if there is nothing to do with this peer in this direction. */
  scopeOf(subject: Subject): string | undefined;
  /** The state of a lane that has none, or whose scope has changed. */
  begin(subject: Partial<Subject> & Pick<Subject, 'runtime'>, scope: string, former: State | undefined): State;
  /** When there is something to do of which nobody tells; undefined if nothing is known. */
  dueAt(subject: Subject & Pick<Ground, 'wishes'>, state: State): Date | undefined;
  /** One page, of a few seconds at most. Its state has `begun` at 0: only a page that dies has come to no end. */
  step(ground: Ground, state: State): Promise<Step<State>>;
  /** What a peer is sent although it is left alone. @returns undefined if there is nothing of that kind */
  urgent?(ground: Ground, state: State): Promise<Step<State> | undefined>;
  /** Mends what a worker before may have left beside the state, between two writes of it or when the lane ended. */
  mend?(subject: Subject, state: State): Promise<State>;
  /** Removes what is kept beside the state of a lane that is no more. May be repeated. */
  forget(runtime: SyncRuntime, peer: string): Promise<void>;
}
