/** What there is to do in each direction. */
import { pull } from './pull/pull.ts';
import { push } from './push/push.ts';
import type { Direction } from './runtime.ts';
import type { StateOf } from './state.ts';
import type { Work } from './work.ts';

export const works: { [Of in Direction]: Work<StateOf[Of]> } = { push, pull };
