/** Who works when: what keeps the local server, which is one process, from being asked for more than it can do at once. */
import type { Socket } from 'node:net';

/**
 * At most `limit` works at a time; whoever comes later waits, first come first served.
 * @returns the function that takes a work and resolves (or rejects) as it does
 */
export const atMost = (limit: number) => {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async <Result>(work: () => Promise<Result>): Promise<Result> => {
    if (running < limit) running += 1;
    else await new Promise<void>((begin) => waiting.push(begin));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
};

/** A turn ends with `done`, once; what is called after its connection has gone does no harm. */
export type Turn = (done: () => void) => void;

/**
 * The requests of each connection one after the other, in the order in which they must be answered anyway. While some wait,
 * nothing more is read; when the client leaves, they are forgotten.
 */
export const oneByOne = () => {
  const lines = new WeakMap<Socket, Turn[]>();

  const begin = (socket: Socket, line: Turn[], turn: Turn) => {
    turn(() => {
      const next = socket.writable ? line.shift() : undefined;
      if (next) return begin(socket, line, next);
      lines.delete(socket);
      socket.resume();
    });
  };

  return (socket: Socket, turn: Turn): void => {
    const line = lines.get(socket);
    if (line) {
      line.push(turn);
      socket.pause();
      return;
    }
    const own: Turn[] = [];
    lines.set(socket, own);
    begin(socket, own, turn);
  };
};
