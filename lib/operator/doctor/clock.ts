/** Our clock beside somebody else's, as an answer of HTTP shows it. */
import { type Finding, fail, ok, skip, warn } from './finding.ts';

const skewToWarnOfMs = 5_000;
/** AWS refuses what is signed five minutes off. */
const skewToFailAtMs = 300_000;

/** When somebody else's clock showed what, and between which moments of ours. */
export interface ClockReading {
  shown: string | undefined;
  /** Milliseconds since the epoch. */
  askedAt: number;
  answeredAt: number;
}

/** Compares our clock with another; HTTP's dates are in whole seconds, and an answer takes time. */
export function compareClocks({ shown, askedAt, answeredAt }: ClockReading, whose: string): Finding {
  const at = Date.parse(shown ?? '');
  if (Number.isNaN(at)) return skip(`${whose} says no time`);
  const skew = at + 1_000 < askedAt ? at + 1_000 - askedAt : Math.max(at - answeredAt, 0);
  const seconds = Math.round(Math.abs(skew) / 1_000);
  if (Math.abs(skew) < skewToWarnOfMs) return ok(`${whose} and ours agree`);
  const message = `${whose} is ${seconds} s ${skew < 0 ? 'behind' : 'ahead of'} ours`;
  const advice = 'Tokens carry times, and the later one wins: set the clock that is wrong, by NTP';
  return Math.abs(skew) < skewToFailAtMs ? warn(message, advice) : fail(message, advice);
}
