/** What a check of the doctor finds. */
import { toFailure } from '../failure.ts';

export interface Finding {
  /** `skip`: what it takes to look is not there, for a reason that another check reports or that is no fault. */
  status: 'ok' | 'warn' | 'fail' | 'skip';
  /** What is, and what that means. */
  message: string;
  /** What to do. */
  advice?: string;
}

export const ok = (message: string): Finding => ({ status: 'ok', message });
export const warn = (message: string, advice: string): Finding => ({ status: 'warn', message, advice });
export const fail = (message: string, advice?: string): Finding => ({
  status: 'fail',
  message,
  ...(advice !== undefined && { advice }),
});
export const skip = (message: string): Finding => ({ status: 'skip', message });

export interface Check {
  name: string;
  /** What it throws is a failure of this check, and of no other. */
  run: () => Promise<Finding> | Finding;
}

export interface Result extends Finding {
  check: string;
}

/** Thrown by a check that needs what another one could not have. */
export class Unchecked extends Error {}

/**
 * Something that several checks need. It is had at the first call; where it cannot be, the one that asks first fails, and the
 * others are skipped.
 */
export function shared<T>(get: () => Promise<T> | T): () => Promise<T> {
  let value: Promise<T> | undefined;
  return () => {
    if (value)
      return value.catch((error: unknown) => {
        throw error instanceof Unchecked ? error : new Unchecked('not checked, because of what failed above');
      });
    value = (async () => get())();
    return value;
  };
}

/** @param explain makes more of an error, such as that it is the database's */
export async function carryOut({ name, run }: Check, explain: (error: unknown) => Promise<unknown>): Promise<Result> {
  try {
    return { check: name, ...(await run()) };
  } catch (error) {
    if (error instanceof Unchecked) return { check: name, ...skip(error.message) };
    return { check: name, ...fail(toFailure(await explain(error)).message) };
  }
}

const skewToWarnOfMs = 5_000;
/** AWS refuses what is signed five minutes off. */
const skewToFailAtMs = 300_000;

/** When somebody else's clock showed what, and between which moments of ours. */
export interface ClockReading {
  shown: string | undefined;
  askedAt: number;
  answeredAt: number;
}

/** Compares our clock with another; HTTP's dates are in whole seconds, and an answer takes time. */
export function compareClocks({ shown, askedAt, answeredAt }: ClockReading, whose: string): Finding {
  const at = Date.parse(shown ?? '');
  if (Number.isNaN(at)) return skip(`${whose} says no time`);
  const skew = at + 1_000 < askedAt ? at + 1_000 - askedAt : Math.max(at - answeredAt, 0);
  const seconds = Math.round(Math.abs(skew) / 1_000);
  if (Math.abs(skew) < skewToWarnOfMs) return ok(`${whose} and this machine agree`);
  const message = `${whose} is ${seconds} s ${skew < 0 ? 'behind' : 'ahead of'} this machine`;
  const advice = 'Tokens carry times, and the later one wins: set the clock that is wrong, by NTP';
  return Math.abs(skew) < skewToFailAtMs ? warn(message, advice) : fail(message, advice);
}
