/** A run of a function that may die between any two requests: before one is carried out, or after it with its answer lost. */
import type { World } from '../world.ts';

export interface Perils {
  /** For each request: that the run dies before it, and after it. */
  dies: number;
  /** For each request: that it is carried out and its answer is lost, which the run learns as a failure. */
  fails: number;
}

export interface Life {
  /** Resolves when the run has died. */
  over: Promise<void>;
  /** At this moment, as a platform ends what takes too long. */
  end(): void;
  /** Whatever is asked once the run has died is never answered. */
  request<T>(carryOut: () => Promise<T>): Promise<T>;
  /** All calls of an interface are requests. */
  asks<T extends object>(api: T): T;
  /** How many of them there have been. */
  asked: () => number;
}

export const noAnswer = 'the storage does not answer';

export function mortal({ chance }: World, { dies, fails }: Perils): Life {
  const { promise: over, resolve } = Promise.withResolvers<void>();
  let isOver = false;
  let asked = 0;

  function end(): void {
    isOver = true;
    resolve();
  }

  const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

  async function request<T>(carryOut: () => Promise<T>): Promise<T> {
    if (!isOver && chance(dies)) end();
    if (isOver) return never();
    const outcome = await settled(carryOut());
    if (!isOver && chance(dies)) end();
    if (isOver) return never();
    if (chance(fails)) throw new Error(noAnswer);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  return {
    over,
    end,
    request,
    asked: () => asked,
    asks: (api) => {
      const wrapped = Object.entries(api).map(([name, member]) => [
        name,
        typeof member === 'function' && name !== 'has'
          ? (...given: unknown[]) =>
              request(() => {
                asked += 1;
                return member(...given) as Promise<unknown>;
              })
          : member,
      ]);
      return Object.fromEntries(wrapped);
    },
  };
}

const settled = <T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
