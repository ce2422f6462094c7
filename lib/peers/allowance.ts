/**
 * How many requests of a kind a peer may send: an allowance for each window of time, from which each process takes a lot at a time and
 * uses it up by itself. So a request costs no request to the storage more, however many processes there are; and whoever asks little is
 * not counted at all, because the first requests of a process in a window are free.
 */
import { changeRecord } from '../crud/change-record.ts';
import type { JsonObject, RecordsStorage } from '../crud/crud.ts';

/** Enough for a full push at 50 a second, twice; a hub of the largest sends no more. */
const usualPerSecond = 100;

/** Short enough that who is over it waits for seconds, and long enough to even out what comes in bursts. */
export const windowMs = 10_000;
/** No lot is larger than this part of an allowance; the first ones of a process are as large as what it has had until then. */
const lotsInWindow = 20;
const mostFree = 10;

export const allowanceCollection = (peer: string): string => `allowance/${peer}`;

export interface AllowanceOf {
  peer: string;
  /** What is counted by itself: who pushes too much is still answered about a card. */
  kind: string;
  /** By default 100. */
  perSecond: number | undefined;
}

/** What one process has of an allowance in one window. */
export interface Share {
  window: number;
  /** How many requests may still pass. Below zero while a lot is under way: those pass too. */
  left: number;
  /** How many it has had, the free ones too: the next lot is no larger, so that what idle processes hold is less than what was used. */
  had: number;
  /** No lot is left of the window. */
  isSpent?: true;
  isTaking?: true;
}

const windowAt = (now: Date): number => Math.floor(now.getTime() / windowMs);

const sizeOf = ({ perSecond = usualPerSecond }: AllowanceOf): number => (perSecond * windowMs) / 1_000;

const largestLotOf = (allowance: AllowanceOf): number => Math.ceil(sizeOf(allowance) / lotsInWindow);

/** The share of this window, a new one if `last` is of another. */
export function shareAt(now: Date, last: Share | undefined, allowance: AllowanceOf): Share {
  const window = windowAt(now);
  if (last?.window === window) return last;
  const free = Math.min(mostFree, largestLotOf(allowance));
  return { window, left: free, had: free };
}

/** @returns whole seconds, at least one */
export const secondsLeft = (now: Date, { window }: Share): number =>
  Math.max(1, Math.ceil(((window + 1) * windowMs - now.getTime()) / 1_000));

/** @returns how many have been taken of the window; a clock of another process may be ahead by one, and not by more */
function takenOf(data: JsonObject | undefined, window: number): { window: number; taken: number } {
  const { window: stored, taken } = data ?? {};
  const isCurrent = stored === window || stored === window + 1;
  return isCurrent && typeof taken === 'number' ? { window: stored as number, taken } : { window, taken: 0 };
}

/**
 * Takes a lot, if there is one left: a read, and a write of a record that is the peer's alone.
 * @returns how many requests more may pass; 0 if the window's allowance is spent
 * @throws Error of the storage
 */
export async function takeLot(
  records: RecordsStorage,
  allowance: AllowanceOf,
  { window, had }: Pick<Share, 'window' | 'had'>,
): Promise<number> {
  const size = sizeOf(allowance);
  let lot = 0;
  await changeRecord(records, { collection: allowanceCollection(allowance.peer), id: allowance.kind }, (data) => {
    const { taken, ...now } = takenOf(data, window);
    lot = Math.min(largestLotOf(allowance), had, size - taken);
    return lot > 0 ? { ...now, taken: taken + lot } : undefined;
  });
  return Math.max(0, lot);
}
