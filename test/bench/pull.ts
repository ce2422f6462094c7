/** Goal 9: a list of any length is pulled in bounded memory, and what we hold already costs next to nothing. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDatabase } from './database.ts';
import { atMost, type Bench, count, exactly, type Figure, time } from './figures.ts';
import type { ListSenderReady } from './list-sender.ts';
import { note } from './note.ts';
import { nextMessage, start } from './processes.ts';
import type { PulledOnce, PullerOptions } from './puller.ts';

/** As many as most servers give. */
const pageSize = 1_000;

/** Less than a process has that keeps so many Tokens. */
const heapMegabytes = 128;

export const pull: Bench = async ({ tokens, isShort }) => [
  ...(await boundedMemory(isShort ? 10_000 : tokens)),
  ...(await requests(isShort ? 2_000 : 20_000)),
];

/** Twice: all of the list is new, and then nothing. */
async function pullTwice(tokens: number, storage: PullerOptions['storage']): Promise<[PulledOnce, PulledOnce]> {
  const sender = await start<ListSenderReady>('list-sender.ts', { tokens, pageSize });
  const options: PullerOptions = { url: sender.ready.url, storage, times: 2 };
  const limits = ['--expose-gc', `--max-old-space-size=${heapMegabytes}`];
  try {
    const { child, ready } = await start<PulledOnce>('puller.ts', options, {}, limits);
    return [ready, await nextMessage<PulledOnce>(child, 'puller.ts')];
  } finally {
    sender.child.kill();
  }
}

/** In SQLite, which keeps them on disk. */
async function boundedMemory(tokens: number): Promise<Figure[]> {
  note(`pulling ${tokens} Tokens, and again, with a heap of ${heapMegabytes} MB`);
  const folder = await mkdtemp(join(tmpdir(), 'ocpi-bench-'));
  try {
    const [first, again] = await pullTwice(tokens, { file: join(folder, 'tokens.sqlite') });
    const heaps = [...first.heaps, ...again.heaps];
    const least = Math.min(...heaps);
    return [
      count('Tokens that are not pulled', tokens - first.counts.created, '', exactly(0)),
      count('Tokens that are unchanged, and count as such', again.counts.unchanged - tokens, '', exactly(0)),
      count(
        'Tokens that count as missing',
        (first.missing ?? Number.NaN) + (again.missing ?? Number.NaN),
        '',
        exactly(0),
      ),
      count('writes of unchanged Tokens', (again.calls.update ?? 0) + (again.calls.create ?? 0), '', exactly(0)),
      time('new Tokens', tokens / first.seconds, 'Tokens/s'),
      time('unchanged Tokens', tokens / again.seconds, 'Tokens/s'),
      count('heap without garbage, at its greatest', Math.max(...heaps), 'MB', atMost(heapMegabytes)),
      count('growth of the heap over both pulls', Math.max(...heaps) - least, 'MB', atMost(16)),
      time('memory of the process, at its greatest', again.rss, 'MB', atMost(3 * heapMegabytes)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** On DynamoDB, where each of them has its price. */
async function requests(tokens: number): Promise<Figure[]> {
  note(`pulling ${tokens} Tokens into DynamoDB, and again`);
  const database = await startDatabase();
  try {
    const [first, again] = await pullTwice(tokens, { endpoint: database.endpoint });
    return [
      count('DynamoDB: requests for a new Token', (first.requests ?? Number.NaN) / tokens, '', atMost(1.1)),
      count('DynamoDB: requests for an unchanged Token', (again.requests ?? Number.NaN) / tokens, '', atMost(0.1)),
      count(
        'DynamoDB: writes of unchanged Tokens',
        (again.calls.update ?? 0) + (again.calls.create ?? 0),
        '',
        exactly(0),
      ),
      time('DynamoDB: new Tokens', tokens / first.seconds, 'Tokens/s'),
      time('DynamoDB: unchanged Tokens', tokens / again.seconds, 'Tokens/s'),
    ];
  } finally {
    await database.stop();
  }
}
