/** Who decides whether a Token of another party may charge, our copy or its eMSP, and what follows of that: a table, as a pure function. */
import type { Token } from '../../ocpi/token.ts';

/** What came of a question to the eMSP. `silent`: no answer was to be had in time, or there is nobody to ask. */
export type Said = 'allows' | 'denies' | 'unknown' | 'needs-location' | 'refuses' | 'silent';

/** What our copy says; there is none of a uid that nobody has told us. */
export type Copy = Pick<Token, 'whitelist' | 'valid'>;

export interface Verdict {
  isAllowed: boolean;
  /** Who decided: our copy, the eMSP that was asked, our copy because the eMSP could not be asked, or nobody. */
  source: 'copy' | 'asked' | 'offline' | 'none';
}

/** Who decides on a Token whose whitelist is ALLOWED, which OCPI leaves to us (WL-03). */
export type DecidesAllowed = 'copy' | 'peer';

/** WL-02, WL-03 */
const isByCopy = ({ whitelist }: Copy, decidesAllowed: DecidesAllowed): boolean =>
  whitelist === 'ALWAYS' || (whitelist === 'ALLOWED' && decidesAllowed === 'copy');

/**
 * The table. Where the eMSP decides it is asked about an invalid Token too, because that may have changed (WL-01); where our copy
 * does, an invalid Token never charges, not even one of whitelist ALWAYS. An eMSP that answers, but not with a permission, is not
 * offline (WL-04).
 * @param said what came of asking; absent if nobody has been asked yet
 * @returns 'ask' if the eMSP has to be asked
 */
export function judge(copy: Copy | undefined, decidesAllowed: DecidesAllowed, said?: Said): Verdict | 'ask' {
  if (copy && isByCopy(copy, decidesAllowed)) return { isAllowed: copy.valid, source: 'copy' };
  if (said === undefined) return 'ask';
  // NEVER is asked for every use, and what nobody has told us permits nothing (WL-05).
  if (said === 'silent' && copy && copy.whitelist !== 'NEVER') return { isAllowed: copy.valid, source: 'offline' };
  const hasDecided = said === 'allows' || said === 'denies' || said === 'unknown';
  return { isAllowed: said === 'allows', source: hasDecided ? 'asked' : 'none' };
}
