/**
 * What has been sent with a stamp later than the walk that met it: the next walk, which begins with those stamps, meets it again, and an
 * index that is behind may show it older than it was sent. Kept until a walk that began later than the stamp has come to its end.
 */
import type { StoredToken } from '../../crud/crud.ts';
import type { PushState } from '../state.ts';
import { tokenName } from '../token-name.ts';

/** A state is written after each page, and each entry of it has some 45 bytes. */
const mostFresh = 500;
/** What is urgent is sent and remembered all the same, and there are at most so many. */
type Fresh = Record<string, string>;

/** Whether what is stamped later than its walk may be sent in it; else it is left to the next walk, which begins before that stamp. */
export const mayRemember = (fresh: Fresh): boolean => Object.keys(fresh).length < mostFresh;

/** @param began of the walk */
export function remembered(fresh: Fresh, handled: readonly StoredToken[], began: string): Fresh {
  // The next walk begins with this moment, inclusive.
  return { ...fresh, ...stampsOf(handled.filter(({ data }) => data.last_updated >= began)) };
}

export const stampsOf = (tokens: readonly StoredToken[]): Record<string, string> =>
  Object.fromEntries(tokens.map(({ data }) => [tokenName(data), data.last_updated]));

/** What is urgent or tried again belongs to no walk, and is remembered whatever its stamp. */
export function sentOutOfTurn(state: PushState, handled: readonly StoredToken[]): PushState {
  const sent = stampsOf(handled);
  return withTold({ ...state, fresh: { ...state.fresh, ...sent } }, sent);
}

/**
 * The next walk of changes forgets what it has passed, and the walk through many changes has still to meet it.
 * @param told by their names, with their stamps
 */
export function withTold({ many, later, ...state }: PushState, told: Record<string, string>): PushState {
  return {
    ...state,
    ...(many && { many: { ...many, told: newest({ ...many.told, ...told }) } }),
    ...(later && { later: { ...later, told: newest({ ...later.told, ...told }) } }),
  };
}

/** Should more have been sent out of their turn, the oldest of them may be sent again. */
const mostTold = 1_000;

export const newest = (told: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(told).slice(-mostTold));
