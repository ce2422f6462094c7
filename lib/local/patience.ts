/** Waiting for many things, each equally long, on one timer: a timer for each is a good part of what a short request costs. */

/** To be called when what was waited for is there. */
export type Done = () => void;

/**
 * @returns a function that begins to wait, and gives up after `ms` unless it is told before that it is done
 */
export function patience(ms: number): (giveUp: () => void) => Done {
  /** In the order in which they began, which is the order in which they are due. */
  const waiting = new Set<{ due: number; giveUp: () => void }>();
  let timer: NodeJS.Timeout | undefined;

  function giveUpWhatIsDue(): void {
    timer = undefined;
    for (const entry of waiting) {
      const left = entry.due - performance.now();
      if (left > 0) {
        timer = setTimeout(giveUpWhatIsDue, left);
        return;
      }
      waiting.delete(entry);
      entry.giveUp();
    }
  }

  return (giveUp) => {
    const entry = { due: performance.now() + ms, giveUp };
    waiting.add(entry);
    timer ??= setTimeout(giveUpWhatIsDue, ms);
    // What nobody waits for any more keeps no process.
    timer.unref();
    return () => waiting.delete(entry);
  };
}
