/** Reads the Tokens of a peer. */
import type { PullState } from '../state.ts';
import type { Work } from '../work.ts';

export const pull: Work<PullState> = {
  scopeOf: () => undefined,
  begin: () => {
    throw new Error('not yet');
  },
  dueAt: () => undefined,
  forget: async () => undefined,
  step: () => {
    throw new Error('not yet');
  },
};
