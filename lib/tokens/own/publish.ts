/** When a change of a Token of ours is dated, and what partners see of it (docs/architecture.md, Time). */
import type { Token } from '../../ocpi/token.ts';
import type { TokenSettings } from '../settings.ts';

/** 2.1.1 has whole seconds, and two changes must differ there too. */
const minStepMs = 1_000;

/**
 * A storage that shows a write at once still takes a while to carry it out, and a machine to run it: without room for that, a write
 * of a few milliseconds would be late every time, and published again without an end.
 */
const leastMarginMs = 2_000;

const marginOf = (settleMs: number): number => Math.max(settleMs, leastMarginMs);

const instant = (ms: number): string => new Date(ms).toISOString();

/** Until every reader of ours sees a write, and as long again for peers that go by a clock of their own, which may be ahead. */
const aheadMs = (settleMs: number): number => marginOf(settleMs) + settleMs;

/**
 * The last_updated of a change: ahead of now by as long as the write may take to be seen everywhere, so that no reader goes by
 * its date before it can see it.
 * @param settleMs of the storage
 * @param last the Token's last stamp, if it has one
 */
export function stampOf(now: Date, settleMs: number, last: string | undefined): string {
  const earliest = last === undefined ? 0 : Date.parse(last) + minStepMs;
  return instant(Math.max(now.getTime() + aheadMs(settleMs), earliest));
}

/** Half of the time is for the write; the other half is the index's and our clocks', and a write that ate into it is dated anew. */
export const hasSettled = (begun: Date, returned: Date, settleMs: number): boolean =>
  returned.getTime() - begun.getTime() <= marginOf(settleMs) / 2;

/**
 * The same of a write of which nobody has waited for the answer, from its stamp.
 * @param landedAt rounded down to a second, as streams tell it
 */
export const hasLandedInTime = (stamp: string, landedAt: Date, settleMs: number): boolean =>
  hasSettled(new Date(Date.parse(stamp) - aheadMs(settleMs)), new Date(landedAt.getTime() + 999), settleMs);

/** What partners see as `valid`: the source says so, and the Token is neither blocked nor expired nor about to be erased. */
export const isValid = (
  sourceSaysSo: boolean,
  { blocked, expiresAt, erasing }: Pick<TokenSettings, 'blocked' | 'expiresAt' | 'erasing'>,
  now: Date,
): boolean =>
  sourceSaysSo && !blocked && erasing === undefined && (expiresAt === undefined || expiresAt > now.toISOString());

/** Nobody is shown a date later than the moment at which he began to look. */
export const asSeenAt = (token: Token, instant: string): Token =>
  token.last_updated > instant ? { ...token, last_updated: instant } : token;
