/** How long a peer that fails is left alone. */
import { PeerError } from '../client/peer-error.ts';
import type { Failing } from './state.ts';

const firstPauseMs = 1_000;
/** A peer that is down costs a request or two an hour. */
const longestPauseMs = 3_600_000;
/** Whoever wants to be left alone for longer says it again. */
const longestWishMs = 24 * 3_600_000;

/** @returns milliseconds; 0 for what is neither seconds nor a date */
function wishedPause(retryAfter: string | undefined, now: Date): number {
  if (retryAfter === undefined) return 0;
  const ms = /^\d{1,9}$/.test(retryAfter.trim()) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - now.getTime();
  return ms > 0 ? Math.min(ms, longestWishMs) : 0;
}

/** What only the operator can mend. */
export class NeedsOperator extends Error {
  override name = 'NeedsOperator';
}

const never = '9999-12-31T23:59:59.999Z';

export const waitsForOperator = ({ nextAt }: Failing): boolean => nextAt === never;

/** Of what is urgent and was tried in vain, the next is not tried sooner. */
const betweenTriesMs = 15 * 60_000;

/** Who answered that he refuses us, or that we ask too much, is no better served by a block. */
const isAnswerToUs = (http = 0): boolean => http >= 400 && http < 500;

/**
 * Whether a Token that became invalid may be sent before the pause is over: most peers that fail are back, or fail at another Token,
 * long before.
 */
export const mayTryUrgent = (failing: Failing | undefined, now: Date): boolean =>
  failing !== undefined &&
  !failing.isWished &&
  !waitsForOperator(failing) &&
  !isAnswerToUs(failing.http) &&
  now.getTime() - Date.parse(failing.triedAt ?? new Date(0).toISOString()) >= betweenTriesMs;

/** @param random from 0 to 1: peers that failed together are not tried together */
export function failingAfter(before: Failing | undefined, error: unknown, now: Date, random: number): Failing {
  const { http, status_code, retryAfter, message } =
    error instanceof PeerError ? error : { ...noAnswer, message: (error as Error).message };
  const times = (before?.times ?? 0) + 1;
  const pauseMs = Math.min(longestPauseMs, firstPauseMs * 2 ** (times - 1)) * (0.5 + random / 2);
  const wishedMs = wishedPause(retryAfter, now);
  return {
    since: before?.since ?? now.toISOString(),
    nextAt:
      error instanceof NeedsOperator ? never : new Date(now.getTime() + Math.max(pauseMs, wishedMs)).toISOString(),
    times,
    why: message,
    ...(http !== undefined && { http }),
    ...(status_code !== undefined && { status_code }),
    ...(wishedMs > 0 && { isWished: true as const }),
    ...(before?.triedAt !== undefined && { triedAt: before.triedAt }),
  };
}

const noAnswer = { http: undefined, status_code: undefined, retryAfter: undefined };
