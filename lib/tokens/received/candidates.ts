/** Which received Tokens a charger may mean with a uid: it knows no owner, and often no type. */
import type { StoredToken } from '../../crud/crud.ts';
import { sameCiString } from '../../ocpi/values.ts';

export interface Candidate extends StoredToken {
  /** Whether the uid is the same but for leading zeros, which counts only where its peer says so. */
  differsInZeros: boolean;
}

/**
 * Those of the type that is named; else the cards, of type RFID, as that is what a uid without a type means (TOK-GET-03); and only
 * where there is none those of other types. So nobody gets past the block of a card by a Token of another type.
 * @param found all of the uid, whoever owns them, whatever leading zeros they have
 * @returns first those that are spelt as asked, of these the one that came in last
 */
export function candidatesOf(found: readonly StoredToken[], uid: string, type?: string): Candidate[] {
  const wanted = type ?? (found.some(({ data }) => data.type === 'RFID') ? 'RFID' : undefined);
  return found
    .filter(({ data }) => wanted === undefined || data.type === wanted)
    .map((stored) => ({ ...stored, differsInZeros: !sameCiString(stored.data.uid, uid) }))
    .sort((a, b) => Number(a.differsInZeros) - Number(b.differsInZeros) || compare(b.arrived_at, a.arrived_at));
}

const compare = (a = '', b = ''): number => (a < b ? -1 : Number(a > b));
