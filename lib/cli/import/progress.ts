/** Says how far an import is: a line that is drawn again and again on a terminal, a new line now and then where there is none. */
import type { Terminal } from '../terminal.ts';

export interface Progress {
  /** @param done how many entries were dealt with */
  update: (done: number) => void;
  /** Makes room for another line; the next `update` draws again. */
  clear: () => void;
}

const redrawMs = 100;
const newLineMs = 10_000;
const barWidth = 20;

/** For work that is not an import. @param text what is said; behind `drawn` on a terminal */
export const createLine = (terminal: Terminal, text: () => string, drawn: () => string): Progress =>
  terminal.stderr.isTTY ? drawnLine(terminal, () => `${drawn()}${text()}`) : newLines(terminal, text);

/** @param share what part of the input is read, from 0 to 1, or undefined if its size is not known */
export function createProgress(terminal: Terminal, share: () => number | undefined): Progress {
  const begun = terminal.now().getTime();
  const text = (done: number, at: number) => progressText(done, share(), (at - begun) / 1000);
  return terminal.stderr.isTTY
    ? drawnLine(terminal, (done, at) => `${bar(share())}${text(done, at)}`)
    : newLines(terminal, (done, at) => text(done, at).trimStart());
}

type Text = (done: number, at: number) => string;

function drawnLine({ stderr, now }: Terminal, text: Text): Progress {
  let drawn = 0;
  return {
    update(done) {
      const at = now().getTime();
      if (at - drawn < redrawMs) return;
      drawn = at;
      stderr.write(`\r\x1b[K${text(done, at).slice(0, (stderr.columns ?? 80) - 1)}`);
    },
    clear() {
      if (drawn > 0) stderr.write('\r\x1b[K');
      drawn = 0;
    },
  };
}

/** For who reads it later: few enough lines for a log, and none of an import that is soon over. */
function newLines({ stderr, now }: Terminal, text: Text): Progress {
  let said = now().getTime();
  return {
    update(done) {
      const at = now().getTime();
      if (at - said < newLineMs) return;
      said = at;
      stderr.write(`${text(done, at)}\n`);
    },
    clear() {},
  };
}

export function bar(share: number | undefined): string {
  if (share === undefined) return '';
  const filled = Math.round(share * barWidth);
  return `[${'#'.repeat(filled)}${' '.repeat(barWidth - filled)}] `;
}

/** @param seconds since the beginning */
export function progressText(done: number, share: number | undefined, seconds: number): string {
  const rate = `${done} Tokens, ${Math.round(done / Math.max(seconds, 0.001))} a second`;
  if (share === undefined) return rate;
  const percent = `${String(Math.floor(share * 100)).padStart(3)} %  ${rate}`;
  return share > 0 ? `${percent}, ${duration((seconds / share) * (1 - share))} left` : percent;
}

/** Minutes and seconds. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`;
}
