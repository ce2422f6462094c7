/** Time that only passes when everything waits for it, and chance that comes out the same for the same seed. */

export interface World {
  /** Milliseconds since 1970. */
  now: () => number;
  sleep: (ms: number) => Promise<void>;
  /** From 0 to 1. */
  random: () => number;
  between: (from: number, to: number) => number;
  chance: (probability: number) => boolean;
  oneOf: <T>(values: readonly T[]) => T;
  /** Resolves when nothing waits for a later moment. @throws what a process of `spawn` has thrown */
  untilQuiet: () => Promise<void>;
  /** Starts a process that runs beside the others. */
  spawn: (process: () => Promise<void>) => void;
}

interface Waiting {
  at: number;
  resume: () => void;
}

export function createWorld(seed: number): World {
  let time = Date.parse('2026-03-01T12:00:00.000Z');
  const waiting: Waiting[] = [];
  const thrown: unknown[] = [];
  const random = mulberry32(seed);
  const between = (from: number, to: number) => Math.floor(from + random() * (to - from));

  return {
    now: () => time,
    random,
    between,
    chance: (probability) => random() < probability,
    oneOf: <T>(values: readonly T[]) => values[between(0, values.length)] as T,

    sleep: (ms) =>
      new Promise((resume) => {
        const at = time + Math.round(ms);
        const place = waiting.findLastIndex((other) => other.at <= at) + 1;
        waiting.splice(place, 0, { at, resume });
      }),

    async untilQuiet() {
      for (;;) {
        // By then all that can go on without time has gone on.
        await new Promise(setImmediate);
        if (thrown.length > 0) throw thrown[0];
        const next = waiting.shift();
        if (!next) return;
        time = next.at;
        next.resume();
      }
    },

    spawn(process) {
      process().catch((error) => thrown.push(error));
    },
  };
}

function mulberry32(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
