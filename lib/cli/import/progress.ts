/** A line on a terminal that says how far an import is. Where standard error is no terminal there is none. */
import type { Terminal } from '../terminal.ts';

export interface Progress {
  /** @param done how many entries were dealt with */
  update: (done: number) => void;
  /** Makes room for another line; the next `update` draws again. */
  clear: () => void;
}

const redrawMs = 100;
const barWidth = 20;

/** @param share what part of the input is read, from 0 to 1, or undefined if its size is not known */
export function createProgress({ stderr, now }: Terminal, share: () => number | undefined): Progress {
  if (!stderr.isTTY) return { update: () => {}, clear: () => {} };
  const begun = now().getTime();
  let drawn = 0;
  return {
    update(done) {
      const at = now().getTime();
      if (at - drawn < redrawMs) return;
      drawn = at;
      stderr.write(`\r\x1b[K${progressLine(done, share(), (at - begun) / 1000).slice(0, (stderr.columns ?? 80) - 1)}`);
    },
    clear() {
      if (drawn > 0) stderr.write('\r\x1b[K');
      drawn = 0;
    },
  };
}

/** @param seconds since the beginning */
export function progressLine(done: number, share: number | undefined, seconds: number): string {
  const rate = `${done} Tokens, ${Math.round(done / Math.max(seconds, 0.001))} a second`;
  if (share === undefined) return rate;
  const filled = Math.round(share * barWidth);
  const bar = `[${'#'.repeat(filled)}${' '.repeat(barWidth - filled)}] ${String(Math.floor(share * 100)).padStart(3)} %`;
  return share > 0 ? `${bar}  ${rate}, ${duration((seconds / share) * (1 - share))} left` : `${bar}  ${rate}`;
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
