/** Calls functions by themselves, as EventBridge does: each at its rate and never twice at once, and here once at the start. */
import type { LambdaFunction } from './serverless-yml.ts';

/** What a scheduled function is called with, as far as it looks at it. */
type ScheduledHandler = (event: object, context: { getRemainingTimeInMillis: () => number }) => Promise<unknown>;

const minuteMs = 60_000;

/**
 * @param load finds the code of a function
 * @returns what ends it, once the calls that are under way have ended
 */
export async function startSchedules(
  functions: readonly LambdaFunction[],
  load: (declared: LambdaFunction) => Promise<ScheduledHandler>,
): Promise<() => Promise<void>> {
  const ends = await Promise.all(
    functions.map(async (declared) => {
      const { everyMinutes } = declared;
      return everyMinutes === undefined
        ? undefined
        : repeat(await load(declared), everyMinutes, declared.timeoutSeconds);
    }),
  );
  return async () => {
    for (const end of ends) await end?.();
  };
}

function repeat(run: ScheduledHandler, minutes: number, timeoutSeconds: number): () => Promise<void> {
  let underWay: Promise<unknown> | undefined;
  const call = () => {
    const deadline = Date.now() + timeoutSeconds * 1_000;
    // The function has said what went wrong; the next call is its next try.
    underWay ??= run({}, { getRemainingTimeInMillis: () => deadline - Date.now() })
      .catch(() => undefined)
      .finally(() => {
        underWay = undefined;
      });
  };
  // Whatever fell due while nothing ran need not wait for its turn.
  call();
  const timer = setInterval(call, minutes * minuteMs);
  return async () => {
    clearInterval(timer);
    await underWay;
  };
}
