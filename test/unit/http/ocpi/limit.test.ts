/** A peer that storms is told to wait, at the cost of nobody else; and whoever asks as usual is not even counted. */
import { describe, expect, test } from 'vitest';
import { endpoint as authorizeToken } from '../../../../functions/tokens/authorize-token.ts';
import { endpoint as getToken } from '../../../../functions/tokens/get-token.ts';
import { endpoint as listTokens } from '../../../../functions/tokens/list-tokens.ts';
import { endpoint as listVersions } from '../../../../functions/versions/list-versions.ts';
import type { Backend } from '../../../../lib/crud/crud.ts';
import type { PeerSettings } from '../../../../lib/peers/settings.ts';
import { changePeer, removePeer } from '../../../../lib/peers/store.ts';
import { ownCreation, ownToken } from '../../../support/builders.ts';
import { call, cpoToken, emspToken, type TestAnswer, type TestRuntime, testRuntime } from '../../../support/runtime.ts';

const us = { country_code: 'NL', party_id: 'LMS' };
const began = Date.parse('2026-03-01T12:00:00.000Z');

const question = { routeKey: 'POST /ocpi/emsp/{version}/tokens/{path+}', path: 'OWN/authorize', token: cpoToken };
const look = { routeKey: 'GET /ocpi/cpo/{version}/tokens/{path+}', path: 'DE/DMS/1', token: emspToken };
const page = { routeKey: 'GET /ocpi/emsp/{version}/tokens', path: '', token: cpoToken };

interface Platform {
  runtime: TestRuntime;
  /** How often the storage's records have been asked, by call. */
  counted: Record<string, number>;
  advance: (ms: number) => void;
  /** Another process: it shares nothing but the storage. */
  process: () => Record<'ask' | 'look' | 'page' | 'lookElsewhere', () => Promise<TestAnswer>>;
  fail: (error: Error | undefined) => void;
}

async function start(settings: Record<string, PeerSettings> = {}): Promise<Platform> {
  let ms = began;
  let fault: Error | undefined;
  const counted: Record<string, number> = {};
  const counting = (records: Backend['records']): Backend['records'] =>
    Object.fromEntries(
      Object.entries(records).map(([name, member]) => [
        name,
        async (given: never) => {
          counted[name] = (counted[name] ?? 0) + 1;
          if (fault) throw fault;
          return (member as (given: never) => Promise<unknown>)(given);
        },
      ]),
    ) as unknown as Backend['records'];
  const runtime = await testRuntime({ wrap: ({ records, ...rest }) => ({ ...rest, records: counting(records) }) });
  for (const [id, each] of Object.entries(settings))
    await changePeer(runtime, id, (peer) => ({ ...peer, settings: each }));
  await runtime.backend.tokens.create(ownCreation(ownToken(us, { uid: 'OWN' })));
  const around = { ...runtime, now: () => new Date(ms) };
  return {
    runtime,
    counted,
    advance: (by) => {
      ms += by;
    },
    process() {
      const handlers = { ask: authorizeToken(around), look: getToken(around), page: listTokens(around) };
      return {
        ask: () => call(() => handlers.ask, around, question),
        look: () => call(() => handlers.look, around, look),
        page: () => call(() => handlers.page, around, page),
        lookElsewhere: () => call(() => handlers.look, around, { ...look, path: 'FR/XYZ/1' }),
      };
    },
    fail: (error) => {
      fault = error;
    },
  };
}

async function times<T>(count: number, work: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  for (let i = 0; i < count; i += 1) all.push(await work());
  return all;
}

const refused = (answers: readonly TestAnswer[]): number => answers.filter(({ http }) => http === 429).length;

describe('what a peer may send', () => {
  test('is refused with 429, Retry-After and the envelope, until the window ends (G-06)', async () => {
    const { process, advance } = await start({ 'fr-dcp': { incomingPerSecond: 2 } });
    const { ask } = process();
    const answers = await times(40, ask);
    // Twenty, and the one that a process has for nothing.
    expect(refused(answers)).toBe(40 - 21);
    expect(answers.at(-1)).toMatchObject({
      http: 429,
      headers: { 'Retry-After': '10', 'Content-Type': 'application/json', 'X-Request-ID': expect.any(String) },
      envelope: { status_code: 2000, status_message: 'Too many requests: try again in 10 s' },
    });
    advance(9_100);
    expect((await ask()).headers).toMatchObject({ 'Retry-After': '1' });
    advance(900);
    expect(refused(await times(21, ask))).toBe(0);
  });

  test('is looked at before the path is: nobody learns more while he has to wait', async () => {
    const { process } = await start({ 'de-dms': { incomingPerSecond: 1 } });
    const { lookElsewhere } = process();
    const answers = await times(20, lookElsewhere);
    expect(answers.slice(0, 11).every(({ http }) => http === 404)).toBe(true);
    expect(answers.slice(11).every(({ http }) => http === 429)).toBe(true);
  });

  test('is by default 100 a second, over ten seconds', async () => {
    const { process } = await start();
    const { ask } = process();
    expect(refused(await times(1_010, ask))).toBe(0);
    expect((await ask()).http).toBe(429);
  });

  test('is counted for each kind of request by itself: who pages too fast is still answered about a card', async () => {
    const { process } = await start({ 'fr-dcp': { incomingPerSecond: 1 } });
    const { page, ask } = process();
    expect(refused(await times(20, page))).toBe(9);
    expect(refused(await times(20, ask))).toBe(9);
  });

  test('is shared by all processes, and costs them nothing beyond the lots', async () => {
    const { process, counted } = await start();
    const processes = Array.from({ length: 8 }, process);
    const answers = (await Promise.all(processes.map(({ ask }) => times(300, ask)))).flat();
    const passed = answers.length - refused(answers);
    // Less what is left of each one's last lot, and more by what each has for nothing.
    expect(passed).toBeGreaterThanOrEqual(1_000 - 8 * 50);
    expect(passed).toBeLessThanOrEqual(1_000 + 8 * 10);
    expect((counted.create ?? 0) + (counted.update ?? 0)).toBeLessThan(8 * 3 + 20 + 8);
  });

  test('costs nothing where it is little: the first requests of a process are free', async () => {
    const { process, counted, advance } = await start();
    const { ask, look } = process();
    for (let window = 0; window < 5; window += 1) {
      await times(9, ask);
      await times(9, look);
      advance(10_000);
    }
    expect(counted).toEqual({});
  });

  test('is not held by processes that need little of it', async () => {
    const { process } = await start();
    const answers = await Promise.all(Array.from({ length: 45 }, process).map(({ ask }) => times(13, ask)));
    expect(refused(answers.flat())).toBe(0);
  });

  test('costs two requests for fifty, and none where it is refused', async () => {
    const { process, counted } = await start();
    const { ask } = process();
    // Lots of 10, 20 and 40, and then of 50.
    await times(10 + 10 + 20 + 40 + 3 * 50 - 1, ask);
    expect(counted).toEqual({ get: 6, create: 1, update: 5 });
    await times(781, ask);
    const spent = { ...counted };
    expect(refused(await times(500, ask))).toBe(500);
    expect(counted).toEqual(spent);
  });

  test('does not count against another peer', async () => {
    const { process, counted } = await start({ 'fr-dcp': { incomingPerSecond: 1 } });
    const { ask, look } = process();
    expect(refused(await times(100, ask))).toBeGreaterThan(80);
    const before = { ...counted };
    expect(refused(await times(9, look))).toBe(0);
    expect(counted).toEqual(before);
  });

  test('is not refused while nobody knows: the storage does not answer, and one line says so', async () => {
    const { process, fail, runtime, advance } = await start({ 'fr-dcp': { incomingPerSecond: 1 } });
    const { ask } = process();
    fail(new Error('throttled'));
    expect(refused(await times(50, ask))).toBe(0);
    expect(runtime.logged.filter((line) => line.includes('not counted'))).toHaveLength(1);
    fail(undefined);
    advance(10_000);
    expect(refused(await times(50, ask))).toBe(39);
  });

  test('is counted on by a process whose clock is behind by a window, and not for ever by one that is ahead', async () => {
    const { process, advance } = await start({ 'fr-dcp': { incomingPerSecond: 1 } });
    await times(20, process().ask);
    advance(-10_000);
    // The free one, and the one that asks.
    expect(refused(await times(20, process().ask))).toBe(19);
    advance(-3_600_000);
    expect(refused(await times(20, process().ask))).toBe(9);
  });

  test('is unknown of whoever has no token that we know: 401, and nothing is counted', async () => {
    const { runtime, counted } = await start();
    const handler = listVersions(runtime);
    const stranger = () => call(() => handler, runtime, { routeKey: 'GET /ocpi/versions', path: '', token: 'a guess' });
    expect((await times(30, stranger)).every(({ http }) => http === 401)).toBe(true);
    expect(counted).toEqual({});
  });

  test('is forgotten with the peer', async () => {
    const { process, runtime } = await start();
    await times(30, process().ask);
    const kept = () => runtime.backend.records.list({ collection: 'allowance/fr-dcp', limit: 10 });
    expect((await kept()).items).toHaveLength(1);
    await removePeer(runtime.backend, 'fr-dcp');
    expect((await kept()).items).toHaveLength(0);
  });
});
