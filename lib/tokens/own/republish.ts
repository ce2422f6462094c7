/** A write that lands after nobody has waited for it any more: readers may have gone by its date already, so it is dated anew. */
import { hasLandedInTime } from './publish.ts';
import { createWriteOwn, type Intent, type OwnTokensRuntime } from './write.ts';

export interface Landed {
  uid: string;
  type: string;
  /** The stamp that the write brought, which is how this version of the Token is known. */
  last_updated: string;
  /** Rounded down to a second, as streams tell it. */
  landedAt: Date;
}

/**
 * No write is under way for as long, because a storage that is reached over a network refuses what was signed a quarter of an hour
 * ago. A date that is older came with the Token from elsewhere, as from a backup.
 */
const longestFlightMs = 3_600_000;

/**
 * Publishes a change again that landed later than half of `settleMs` after it was stamped (docs/architecture.md, Time). May be
 * repeated, and come in any order.
 * @returns whether it was published; what has been dated anew since, as by its own writer, is left alone
 */
export async function republishLate(runtime: OwnTokensRuntime, landed: Landed): Promise<boolean> {
  if (hasLandedInTime(landed.last_updated, landed.landedAt, runtime.backend.tokens.settleMs)) return false;
  if (landed.landedAt.getTime() - Date.parse(landed.last_updated) > longestFlightMs) return false;
  const [written] = await createWriteOwn(runtime)([publishAgain(landed)]);
  return written?.after !== undefined;
}

const publishAgain = ({ uid, type, last_updated }: Landed): Intent => ({
  uid,
  type,
  mayCreate: false,
  plan: (stored) =>
    stored?.data.last_updated === last_updated
      ? { data: stored.data, settings: stored.settings ?? {}, isDated: true }
      : undefined,
});
