/** What is seen of every call of a function that no gateway calls: whether it came near the end of its time. */
import type { Context } from 'aws-lambda';
import { callEnded } from './events.ts';
import type { Log } from './log.ts';

/** What a handler looks at of its context; a local run may have none. */
export type Watched = Pick<Context, 'getRemainingTimeInMillis'>;

export const watched =
  <Event, Answer, Seen extends Partial<Watched>>(
    log: Log,
    handle: (event: Event, context: Seen) => Promise<Answer>,
  ): ((event: Event, context?: Seen) => Promise<Answer>) =>
  async (event, context = {} as Seen) => {
    try {
      return await handle(event, context);
    } finally {
      callEnded(log, context.getRemainingTimeInMillis?.());
    }
  };
