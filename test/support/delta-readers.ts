/** Partners that keep a copy of our Tokens by asking for what has changed, each in the way that is its own. */
import type { World } from './world.ts';

/** A Token as the list shows it. */
export interface Shown {
  uid: string;
  issuer: string;
  valid: boolean;
  last_updated: string;
}

/** One page, as anybody gets it who asks over HTTP. */
export type Ask = (query: Record<string, string>) => Promise<Answer>;

export interface Answer {
  items: Shown[];
  /** The query of the Link to the next page. */
  next: Record<string, string> | undefined;
  /** Of the envelope. */
  timestamp: string;
}

/**
 * From where a reader goes on: from when it last began to ask, by a clock of its own or by the `timestamp` of the answer; or from the
 * newest `last_updated` that it has seen.
 */
export type GoesOnFrom = { clockMs: number } | 'timestamp' | 'newest';

export interface ReaderOptions {
  goesOnFrom: GoesOnFrom;
  /** Follows the Link, or counts offsets. */
  pages: 'link' | 'offset';
  /** Keeps what it has when what it is shown has an older date. */
  refusesOlder: boolean;
}

export interface Reader {
  name: string;
  held: Map<string, Shown>;
  /** All pages of what has changed, or of everything. */
  pull(what?: 'changes' | 'everything'): Promise<void>;
}

const pauseMs = 3_000;
/** A pull of everything takes some of them hours. */
const longPauseMs = 30_000;

export function createReader(world: World, ask: Ask, options: ReaderOptions): Reader {
  const { goesOnFrom, pages, refusesOlder } = options;
  const held = new Map<string, Shown>();
  let from: string | undefined;

  function keep(shown: Shown): void {
    const before = held.get(shown.uid);
    if (refusesOlder && before && shown.last_updated < before.last_updated) return;
    held.set(shown.uid, shown);
  }

  async function* walk(query: Record<string, string>): AsyncGenerator<Answer> {
    let next: Record<string, string> | undefined = query;
    let offset = 0;
    while (next) {
      const answer: Answer = await ask(next);
      yield answer;
      offset += answer.items.length;
      if (!answer.next) return;
      next = pages === 'link' ? answer.next : { ...query, offset: String(offset) };
      if (world.chance(0.5)) await world.sleep(world.between(0, world.chance(0.2) ? longPauseMs : pauseMs));
    }
  }

  return {
    name: JSON.stringify(options),
    held,
    async pull(what = 'changes') {
      const began =
        typeof goesOnFrom === 'object' ? new Date(world.now() + goesOnFrom.clockMs).toISOString() : undefined;
      let timestamp: string | undefined;
      let newest = from;
      for await (const answer of walk(what === 'everything' || from === undefined ? {} : { date_from: from })) {
        timestamp ??= answer.timestamp;
        for (const shown of answer.items) {
          keep(shown);
          if (newest === undefined || shown.last_updated > newest) newest = shown.last_updated;
        }
      }
      from = goesOnFrom === 'newest' ? newest : (began ?? timestamp);
    },
  };
}
