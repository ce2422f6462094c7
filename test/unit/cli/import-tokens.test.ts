import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../lib/cli/import/entry.ts';
import { type ImportOptions, importTokens, type Outcome } from '../../../lib/cli/import/import-tokens.ts';
import { token } from '../../support/builders.ts';

const entry = (number: number): Entry => ({ number, value: token({ uid: `T${number}` }) });
const unreadable = (number: number): Entry => ({ number, problem: 'is not JSON' });
const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);
const created = (lines: string[]): Outcome[] => lines.map(() => ({ fate: 'created' }));
const uidsOf = (lines: string[]): string[] => lines.map((line) => JSON.parse(line).uid);

async function* stream(entries: Entry[]): AsyncGenerator<Entry> {
  yield* entries;
}

/** An import whose API is a list. */
function setUp(overrides: Partial<ImportOptions> = {}) {
  const written: string[][] = [];
  const said: string[] = [];
  const options: ImportOptions = {
    batch: { lines: 99, bytes: 1_000_000 },
    write: async (lines) => {
      written.push(lines);
      return created(lines);
    },
    warningsOf: () => [],
    onWarning: (number, warning) => said.push(`${number}: warning: ${warning}`),
    onProblem: (number, reason) => said.push(`${number}: ${reason}`),
    onProgress: () => {},
    signal: new AbortController().signal,
    ...overrides,
  };
  return { written, said, run: (entries: AsyncIterable<Entry>) => importTokens(entries, options) };
}

const nothing = { created: 0, updated: 0, unchanged: 0, stale: 0, taken: 0, accepted: 0, invalid: 0, notReached: 0 };

describe('what is written', () => {
  test('is each value as it is, one JSON a line, whatever it is', async () => {
    const { written, run } = setUp();
    const values = [token({ issuer: 'Mü\nller' }), null, 17, []];
    await run(stream(values.map((value, i) => ({ number: i + 1, value }))));
    expect(written.flat().map((line) => JSON.parse(line))).toEqual(values);
    for (const line of written.flat()) expect(line).toMatch(/^[^\n]+\n$/);
  });

  test('what could not be read is reported in its place, among what the API refuses', async () => {
    const write = async (lines: string[]) =>
      uidsOf(lines).map(
        (uid): Outcome => (uid === 'T2' ? { fate: 'invalid', problem: 'is bad' } : { fate: 'created' }),
      );
    const { said, run } = setUp({ write });
    const { counts } = await run(stream([unreadable(1), entry(2), unreadable(3), entry(4)]));
    expect(said).toEqual(['1: is not JSON', '2: is bad', '3: is not JSON']);
    expect(counts).toEqual({ ...nothing, read: 4, created: 1, invalid: 3 });
  });

  test('warnings keep nothing out, and are of what came in only', async () => {
    const write = async (lines: string[]): Promise<Outcome[]> =>
      uidsOf(lines).map((uid) => ({ fate: uid === 'T2' ? 'invalid' : 'created' }));
    const { said, run } = setUp({ write, warningsOf: (_, { uid }) => [`${String(uid)}?`, 'really?'] });
    const { counts, warnings } = await run(stream([entry(1), entry(2)]));
    expect(said).toEqual(['1: warning: T1?', '1: warning: really?', '2: is no Token']);
    expect(warnings).toBe(2);
    expect(counts).toEqual({ ...nothing, read: 2, created: 1, invalid: 1 });
  });

  test('every fate is counted; what is stale or taken is reported', async () => {
    const fates = ['created', 'updated', 'unchanged', 'stale', 'taken', 'accepted', 'invalid'] as const;
    const { said, run } = setUp({ write: async () => fates.map((fate) => ({ fate })) });
    const { counts } = await run(stream(count(1, 7).map(entry)));
    expect(counts).toEqual({ read: 7, notReached: 0, ...Object.fromEntries(fates.map((fate) => [fate, 1])) });
    expect(said).toEqual(['4: is stale', '5: RFID T5 is a Token of another party of ours', '7: is no Token']);
  });
});

describe('batches', () => {
  test('hold as many lines as they may, in order, and what could not be read counts as one', async () => {
    const { written, run } = setUp();
    const entries = count(1, 250).map((n) => (n % 50 === 0 ? unreadable(n) : entry(n)));
    const { counts, lastNumber } = await run(stream(entries));
    expect(written.map(({ length }) => length)).toEqual([98, 97, 50]);
    expect(uidsOf(written.flat())).toEqual(
      count(1, 250)
        .filter((n) => n % 50 !== 0)
        .map((n) => `T${n}`),
    );
    expect({ counts, lastNumber }).toEqual({
      counts: { ...nothing, read: 250, created: 245, invalid: 5 },
      lastNumber: 250,
    });
  });

  test('hold no more bytes than they may, of characters of any length', async () => {
    const value = { uid: 'ü'.repeat(100) };
    const size = Buffer.byteLength(`${JSON.stringify(value)}\n`);
    const { written, run } = setUp({ batch: { lines: 99, bytes: 2 * size } });
    await run(stream(count(1, 5).map((number) => ({ number, value }))));
    expect(written.map(({ length }) => length)).toEqual([2, 2, 1]);
  });

  test('the next one is read while one is written, and written after it', async () => {
    const log: string[] = [];
    async function* entries() {
      for (const n of count(1, 4)) {
        log.push(`read ${n}`);
        yield entry(n);
      }
    }
    const write = async (lines: string[]) => {
      const last = uidsOf(lines).at(-1);
      log.push(`begin ${last}`);
      await sleep(20);
      log.push(`end ${last}`);
      return created(lines);
    };
    await setUp({ batch: { lines: 2, bytes: 1_000_000 }, write }).run(entries());
    expect(log).toEqual(['read 1', 'read 2', 'read 3', 'begin T2', 'read 4', 'end T2', 'begin T4', 'end T4']);
  });

  test('progress is told after each of them', async () => {
    const seen: number[] = [];
    const { run } = setUp({ onProgress: (counts) => seen.push(counts.created) });
    await run(stream(count(1, 200).map(entry)));
    expect(seen).toEqual([99, 198, 200]);
  });
});

describe('an import that does not come to its end', () => {
  test('a failure to write ends it, and the result says how far it was', async () => {
    const failure = new Error('no API');
    let batches = 0;
    const write = async (lines: string[]) => {
      batches += 1;
      if (batches === 2) throw failure;
      return created(lines);
    };
    const result = await setUp({ write }).run(stream(count(1, 1000).map(entry)));
    expect(result).toMatchObject({ lastNumber: 99, stoppedBy: failure, counts: { created: 99 } });
    expect(batches).toBe(2);
  });

  test('a failure to read keeps what is being written', async () => {
    const failure = new Error('no file');
    async function* entries() {
      for (const n of count(1, 150)) yield entry(n);
      throw failure;
    }
    const result = await setUp({
      write: async (lines) => {
        await sleep(10);
        return created(lines);
      },
    }).run(entries());
    expect(result).toMatchObject({ lastNumber: 99, stoppedBy: failure, counts: { created: 99, notReached: 51 } });
  });

  test('an interruption lets the batch at hand end and begins no other', async () => {
    const interruption = new AbortController();
    let batches = 0;
    const write = async (lines: string[]) => {
      batches += 1;
      interruption.abort();
      await sleep(10);
      return created(lines);
    };
    const result = await setUp({ signal: interruption.signal, write }).run(stream(count(1, 1000).map(entry)));
    expect(result).toMatchObject({ lastNumber: 99, counts: { created: 99 } });
    expect(result).toHaveProperty('stoppedBy');
    expect(batches).toBe(1);
  });

  test('an answer that says nothing of some lines ends it: nobody knows what became of them', async () => {
    const { run } = setUp({ write: async () => [undefined, { fate: 'created' }] });
    expect(await run(stream(count(1, 3).map(entry)))).toEqual({
      warnings: 0,
      counts: { ...nothing, read: 3, created: 1, notReached: 2 },
      lastNumber: 0,
      isComplete: false,
      stoppedBy: new Error('Nothing is known of 2 Tokens that were to be written'),
    });
  });

  test('a file that is cut off is not complete, even if all that it holds is in', async () => {
    const result = await setUp().run(stream([entry(1), { number: 2, problem: 'is cut off', losesRest: true }]));
    expect(result).toMatchObject({ counts: { created: 1, invalid: 1, notReached: 0 }, isComplete: false });
    expect(result).not.toHaveProperty('stoppedBy');
  });

  test('one that does is complete and has no reason to have stopped, whatever was refused', async () => {
    const { counts, ...result } = await setUp().run(stream([entry(1), unreadable(2)]));
    expect(result).toEqual({ warnings: 0, lastNumber: 2, isComplete: true });
  });
});
