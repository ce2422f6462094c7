/** A model of an SQS FIFO queue that a function works off: groups, deduplication, visibility, and all that goes wrong with it. */
import { laneName, type Wake, type WakeQueue } from '../../../lib/sync/runtime.ts';
import type { World } from '../world.ts';

const deduplicationMs = 300_000;
const visibilityMs = 90_000;
const mostReceives = 5;

export interface FifoOptions {
  workers: number;
  /** @returns whether the message has been worked off; else it comes again when its visibility timeout has passed */
  work: (wake: Wake) => Promise<boolean>;
  /** For each message. */
  perils: { lost: number; doubled: number; reordered: number };
}

interface Message {
  wake: Wake;
  receives: number;
  /** Nobody else of its group is handed out before. */
  hiddenUntil: number;
}

export interface FifoQueue extends WakeQueue {
  isEmpty: () => boolean;
  perils: FifoOptions['perils'];
}

export function fifoQueue(world: World, { workers, work, perils }: FifoOptions): FifoQueue {
  const groups = new Map<string, Message[]>();
  const seen = new Map<string, number>();
  const busy = new Set<string>();

  const queue: FifoQueue = {
    perils,
    isEmpty: () => busy.size === 0 && [...groups.values()].every((messages) => messages.length === 0),
    async send(wakes) {
      if (wakes.length === 0) throw new Error('EmptyBatchRequest');
      await world.sleep(world.between(1, 20));
      for (const wake of wakes) take(wake);
      dispatch();
    },
  };

  function take(wake: Wake): void {
    const id = `${laneName(wake)} ${wake.because}`;
    if ((seen.get(id) ?? Number.NEGATIVE_INFINITY) > world.now() - deduplicationMs) return;
    seen.set(id, world.now());
    if (world.chance(queue.perils.lost)) return;
    add(wake);
  }

  function add(wake: Wake): void {
    const messages = groups.get(laneName(wake)) ?? [];
    groups.set(laneName(wake), messages);
    const message = { wake, receives: 0, hiddenUntil: 0 };
    if (world.chance(queue.perils.reordered)) messages.unshift(message);
    else messages.push(message);
  }

  function dispatch(): void {
    for (const [group, messages] of groups) {
      const isHidden = messages.some(({ hiddenUntil }) => hiddenUntil > world.now());
      if (busy.size < workers && !busy.has(group) && messages[0] && !isHidden) {
        world.spawn(() => handOut(group, messages, messages[0] as Message));
      }
    }
  }

  async function handOut(group: string, messages: Message[], message: Message): Promise<void> {
    busy.add(group);
    message.receives += 1;
    message.hiddenUntil = world.now() + visibilityMs;
    await world.sleep(world.between(5, 60));
    // A group is no lock.
    if (world.chance(queue.perils.doubled)) world.spawn(async () => void (await work(message.wake)));
    const isDone = await work(message.wake);
    busy.delete(group);
    if (isDone || message.receives >= mostReceives) {
      messages.splice(messages.indexOf(message), 1);
      if (world.chance(queue.perils.doubled)) add(message.wake);
    } else {
      world.spawn(() => world.sleep(message.hiddenUntil - world.now()).then(dispatch));
    }
    dispatch();
  }

  return queue;
}
