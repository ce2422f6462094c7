/**
 * What has been sent with a stamp later than the walk that met it: the next walk, which begins with those stamps, meets it again, and an
 * index that is behind may show it older than it was sent. Kept until a walk that began later than the stamp has come to its end.
 */
import type { StoredToken } from '../../crud/crud.ts';
import { tokenName } from '../token-name.ts';

/** A state is written after each page, and each entry of it has some 45 bytes. */
const mostFresh = 500;
/** What is urgent is sent and remembered all the same, and there are at most so many. */
type Fresh = Record<string, string>;

/** Whether what is stamped later than its walk may be sent in it; else it is left to the next walk, which begins before that stamp. */
export const mayRemember = (fresh: Fresh): boolean => Object.keys(fresh).length < mostFresh;

/** @param began of the walk; what is urgent belongs to none, and is remembered whatever its stamp */
export function remembered(fresh: Fresh, handled: readonly StoredToken[], began = ''): Fresh {
  // The next walk begins with this moment, inclusive.
  const later = handled.filter(({ data }) => data.last_updated >= began);
  return { ...fresh, ...Object.fromEntries(later.map(({ data }) => [tokenName(data), data.last_updated])) };
}
