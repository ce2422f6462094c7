import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Entry } from '../../../lib/cli/import/entries.ts';
import { type ImportOptions, importTokens } from '../../../lib/cli/import/import-tokens.ts';
import type { ImportOutcome } from '../../../lib/crud/dynamodb/operator.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import { token } from '../../support/builders.ts';

const lms = { country_code: 'NL', party_id: 'LMS' };

const entry = (number: number, overrides: Record<string, unknown> = {}): Entry => ({
  number,
  value: { ...token({ ...lms, uid: `T${number}` }), ...overrides },
});

const count = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

async function* stream(entries: Entry[]): AsyncGenerator<Entry> {
  yield* entries;
}

/** An import whose storage is a list. */
function setUp(overrides: Partial<ImportOptions> = {}) {
  const written: Token[][] = [];
  const problems: string[] = [];
  const options: ImportOptions = {
    ownParties: [lms],
    write: async (tokens) => {
      written.push(tokens);
      return tokens.map(() => 'created');
    },
    onProblem: (number, reason) => problems.push(`${number}: ${reason}`),
    onProgress: () => {},
    signal: new AbortController().signal,
    ...overrides,
  };
  return { written, problems, run: (entries: AsyncIterable<Entry>) => importTokens(entries, options) };
}

const nothing = { created: 0, updated: 0, unchanged: 0, stale: 0, taken: 0, invalid: 0 };

describe('what may come in', () => {
  test('a Token as it is, last_updated in its canonical spelling', async () => {
    const { written, run } = setUp();
    await run(stream([entry(1, { last_updated: '2020-02-29T01:02:03Z', issuer: 'Müller' })]));
    expect(written).toEqual([
      [token({ ...lms, uid: 'T1', issuer: 'Müller', last_updated: '2020-02-29T01:02:03.000Z' })],
    ]);
  });

  test.each([[{}], [{ country_code: null, party_id: null }]])(
    'one without an owner is our only EMSP party’s: %j',
    async (owner) => {
      const { written, run } = setUp();
      const { country_code, party_id, ...ownerless } = token({ uid: 'T1' });
      await run(stream([{ number: 1, value: { ...ownerless, ...owner } }]));
      expect(written).toEqual([[token({ ...lms, uid: 'T1' })]]);
    },
  );

  test('one without an owner is nobody’s if we have several EMSP parties', async () => {
    const { written, problems, run } = setUp({ ownParties: [lms, { country_code: 'BE', party_id: 'LMS' }] });
    const { country_code, party_id, ...ownerless } = token({ uid: 'T1' });
    const { counts } = await run(stream([{ number: 1, value: ownerless }]));
    expect(counts).toEqual({ ...nothing, read: 1, invalid: 1 });
    expect(problems).toEqual([expect.stringMatching(/^1: .*country_code .*is missing.*party_id .*is missing/)]);
    expect(written.flat()).toEqual([]);
  });

  test('our own parties compare without case, and keep their spelling', async () => {
    const { written, run } = setUp();
    await run(stream([entry(1, { country_code: 'nl' })]));
    expect(written.flat()).toEqual([token({ ...lms, country_code: 'nl', uid: 'T1' })]);
  });

  test.each([
    ['another party’s Token', { party_id: 'XXX' }, 'NL XXX is not an EMSP party of ours (NL LMS)'],
    ['the same in another country', { country_code: 'BE' }, 'BE LMS is not an EMSP party of ours (NL LMS)'],
    ['a field that is wrong', { whitelist: 'SOMETIMES' }, 'whitelist'],
    ['a field that is missing', { issuer: undefined }, 'issuer'],
  ])('not %s', async (_, overrides, reason) => {
    const { written, problems, run } = setUp();
    const { counts } = await run(stream([entry(1), entry(2, overrides), entry(3)]));
    expect(problems).toEqual([expect.stringContaining('2: ')]);
    expect(problems[0]).toContain(reason);
    expect(written.flat().map(({ uid }) => uid)).toEqual(['T1', 'T3']);
    expect(counts).toEqual({ ...nothing, read: 3, created: 2, invalid: 1 });
  });

  test.each([[null], [17], ['text'], [[]]])('not %j', async (value) => {
    const { problems, run } = setUp();
    await run(stream([{ number: 7, value }]));
    expect(problems).toEqual([expect.stringMatching(/^7: .*an object/)]);
  });

  test('what could not even be read is passed on', async () => {
    const { problems, run } = setUp();
    const { counts } = await run(stream([{ number: 3, problem: 'is not JSON' }]));
    expect(problems).toEqual(['3: is not JSON']);
    expect(counts.invalid).toBe(1);
  });
});

describe('batches', () => {
  test('hold 99 Tokens, in order, whatever was wrong in between', async () => {
    const { written, run } = setUp();
    const entries = count(1, 250).map((n) => (n % 50 === 0 ? entry(n, { valid: 'no' }) : entry(n)));
    const { counts, lastNumber } = await run(stream(entries));
    expect(written.map(({ length }) => length)).toEqual([99, 99, 47]);
    expect(written.flat().map(({ uid }) => uid)).toEqual(
      count(1, 250)
        .filter((n) => n % 50 !== 0)
        .map((n) => `T${n}`),
    );
    expect({ counts, lastNumber }).toEqual({
      counts: { ...nothing, read: 250, created: 245, invalid: 5 },
      lastNumber: 250,
    });
  });

  test('the next one is read while one is written, and written after it', async () => {
    const log: string[] = [];
    async function* entries() {
      for (const n of count(1, 198)) {
        if (n % 99 === 0) log.push(`read ${n}`);
        yield entry(n);
      }
    }
    const { run } = setUp({
      write: async (tokens) => {
        log.push(`begin ${tokens.at(-1)?.uid}`);
        await sleep(20);
        log.push(`end ${tokens.at(-1)?.uid}`);
        return tokens.map(() => 'created');
      },
    });
    await run(entries());
    expect(log).toEqual(['read 99', 'begin T99', 'read 198', 'end T99', 'begin T198', 'end T198']);
  });

  test('every outcome is counted; a taken one is reported', async () => {
    const outcomes: ImportOutcome[] = ['created', 'updated', 'unchanged', 'stale', 'taken'];
    const { problems, run } = setUp({ write: async () => outcomes });
    const { counts } = await run(stream(count(1, 5).map((n) => entry(n))));
    expect(counts).toEqual({ read: 5, created: 1, updated: 1, unchanged: 1, stale: 1, taken: 1, invalid: 0 });
    expect(problems).toEqual(['5: RFID T5 is a Token of another party of ours']);
  });

  test('progress is told after each of them', async () => {
    const seen: number[] = [];
    const { run } = setUp({ onProgress: ({ created }) => seen.push(created) });
    await run(stream(count(1, 200).map((n) => entry(n))));
    expect(seen).toEqual([99, 198, 200]);
  });
});

describe('an import that does not come to its end', () => {
  test('a failure to write ends it, and the result says how far it was', async () => {
    const failure = new Error('no database');
    let batches = 0;
    const { run } = setUp({
      write: async (tokens) => {
        batches += 1;
        if (batches === 2) throw failure;
        return tokens.map(() => 'created');
      },
    });
    const result = await run(stream(count(1, 1000).map((n) => entry(n))));
    expect(result).toMatchObject({ lastNumber: 99, stoppedBy: failure, counts: { created: 99 } });
    expect(batches).toBe(2);
  });

  test('a failure to read keeps what is being written', async () => {
    const failure = new Error('no file');
    async function* entries() {
      for (const n of count(1, 150)) yield entry(n);
      throw failure;
    }
    const { written, run } = setUp({
      write: async (tokens) => {
        await sleep(10);
        written.push(tokens);
        return tokens.map(() => 'created');
      },
    });
    expect(await run(entries())).toMatchObject({ lastNumber: 99, stoppedBy: failure, counts: { created: 99 } });
    expect(written).toHaveLength(1);
  });

  test('an interruption lets the batch at hand end and begins no other', async () => {
    const interruption = new AbortController();
    const { written, run } = setUp({
      signal: interruption.signal,
      write: async (tokens) => {
        interruption.abort();
        await sleep(10);
        written.push(tokens);
        return tokens.map(() => 'created');
      },
    });
    const result = await run(stream(count(1, 1000).map((n) => entry(n))));
    expect(result).toMatchObject({ lastNumber: 99, counts: { created: 99 } });
    expect(result).toHaveProperty('stoppedBy');
    expect(written).toHaveLength(1);
  });

  test('one that does has no reason to have stopped', async () => {
    expect(await setUp().run(stream([entry(1)]))).not.toHaveProperty('stoppedBy');
  });
});
