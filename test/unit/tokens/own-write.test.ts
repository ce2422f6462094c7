/** Writing Tokens of ours: dated ahead, dated anew when slow, safe when answers are lost, and never twice. */
import { beforeEach, describe, expect, test } from 'vitest';
import { withActions } from '../../../lib/crud/actions.ts';
import { ownTokensCall } from '../../../lib/crud/calls.ts';
import { CrudError, type TokensStorage } from '../../../lib/crud/crud.ts';
import { memoryStorage } from '../../../lib/crud/memory.ts';
import { block, changeSettings, restrict, unblock } from '../../../lib/tokens/own/change.ts';
import { publishExpired } from '../../../lib/tokens/own/publish-expired.ts';
import { fromSource } from '../../../lib/tokens/own/source.ts';
import { createWriteOwn, type OwnTokensRuntime } from '../../../lib/tokens/own/write.ts';
import { ownToken } from '../../support/builders.ts';

const party = { country_code: 'NL', party_id: 'LMS' };
const settleMs = 4_000;

/** A storage on a clock that only the test moves, and what happens to its next writes. */
function open() {
  let at = Date.parse('2026-03-01T12:00:00.000Z');
  let ids = 0;
  const storage = memoryStorage({
    newId: () => {
      ids += 1;
      return `r${ids}`;
    },
  });
  const faults: ((write: () => Promise<void>) => Promise<void>)[] = [];
  const wrap =
    <Call>(write: (call: Call) => Promise<void>) =>
    (call: Call) =>
      (faults.shift() ?? ((carryOut) => carryOut()))(() => write(call));
  const tokens: TokensStorage = {
    ...storage.tokens,
    settleMs,
    create: wrap((call) => storage.tokens.create(call)),
    update: wrap((call) => storage.tokens.update(call)),
  };
  const runtime: OwnTokensRuntime = {
    backend: { tokens: withActions(tokens, async () => undefined), records: storage.records },
    now: () => new Date(at),
  };
  const read = (id: string) => storage.tokens.get({ ...ownTokensCall, id, token_type: 'RFID' });
  return {
    runtime,
    faults,
    read,
    write: createWriteOwn(runtime),
    now: () => new Date(at).toISOString(),
    pass: (ms: number) => {
      at += ms;
    },
  };
}

const record = (overrides: Parameters<typeof ownToken>[1] = {}) => ({
  token: ownToken(party, { uid: 'A', ...overrides }),
});

let it: ReturnType<typeof open>;
beforeEach(() => {
  it = open();
});

const put = async (overrides: Parameters<typeof ownToken>[1] = {}) => {
  const intent = fromSource(record(overrides));
  // A writer of its own each time, which does not guess from the last write whether this one is new.
  const [written] = await createWriteOwn(it.runtime)([intent]);
  return written && intent.outcomeOf(written);
};
const dateOf = async () => (await it.read('A'))?.data.last_updated;

describe('a record of the source', () => {
  test('is dated ahead by what a write may take, and keeps its own date beside the Token', async () => {
    expect(await put()).toBe('created');
    expect(await it.read('A')).toMatchObject({
      data: { last_updated: '2026-03-01T12:00:08.000Z' },
      settings: { source: { valid: true, last_updated: '2026-01-31T12:00:00.000Z' } },
    });
  });

  test('that differs in its date alone is noted and not published', async () => {
    await put();
    it.pass(60_000);
    expect(await put({ last_updated: '2026-02-01T00:00:00.000Z' })).toBe('unchanged');
    expect(await it.read('A')).toMatchObject({
      data: { last_updated: '2026-03-01T12:00:08.000Z' },
      settings: { source: { last_updated: '2026-02-01T00:00:00.000Z' } },
    });
    expect(await put({ issuer: 'Older', last_updated: '2026-01-31T23:59:59.999Z' })).toBe('older');
  });

  test('that changes with an old date is published all the same', async () => {
    await put();
    it.pass(60_000);
    expect(await put({ issuer: 'Another' })).toBe('updated');
    expect(await dateOf()).toBe('2026-03-01T12:01:08.000Z');
  });

  test('does not lift a block, and its own valid comes back with the unblock', async () => {
    await put();
    await it.write([changeSettings({ uid: 'A', type: 'RFID' }, block({ why: 'stolen' }))]);
    expect(await put({ issuer: 'Another' })).toBe('updated');
    expect((await it.read('A'))?.data.valid).toBe(false);
    await put({ valid: false });
    await it.write([changeSettings({ uid: 'A', type: 'RFID' }, unblock)]);
    expect((await it.read('A'))?.data.valid).toBe(false);
    await put({ valid: true });
    expect((await it.read('A'))?.data.valid).toBe(true);
  });

  test('of another party of ours is not taken (TOK-OBJ-02)', async () => {
    await put();
    expect(await put({ party_id: 'XXX' })).toBe('taken');
  });
});

describe('the date of a change', () => {
  test('is a second after the last one at least', async () => {
    await put();
    await put({ issuer: 'B' });
    await put({ issuer: 'C' });
    expect(await dateOf()).toBe('2026-03-01T12:00:10.000Z');
  });

  test('is a new one when the write took more than half of its time', async () => {
    it.faults.push(async (write) => {
      await write();
      it.pass(settleMs / 2 + 1);
    });
    expect(await put()).toBe('created');
    expect(await dateOf()).toBe('2026-03-01T12:00:10.001Z');
  });

  test('stays when the write took half of its time', async () => {
    it.faults.push(async (write) => {
      await write();
      it.pass(settleMs / 2);
    });
    await put();
    expect(await dateOf()).toBe('2026-03-01T12:00:08.000Z');
  });

  test('is a new one with every attempt', async () => {
    await put();
    it.faults.push(async () => {
      it.pass(10_000);
      throw new CrudError('conflict');
    });
    expect(await put({ issuer: 'B' })).toBe('updated');
    expect(await dateOf()).toBe('2026-03-01T12:00:18.000Z');
  });
});

describe('an answer that is lost', () => {
  const lost = async (write: () => Promise<void>) => {
    await write();
    it.pass(2_500);
    throw new Error('socket hang up');
  };

  test('of a create: it is created once, and dated anew', async () => {
    it.faults.push(lost);
    expect(await put()).toBe('created');
    expect(await dateOf()).toBe('2026-03-01T12:00:10.500Z');
  });

  test('of an update: it is updated once, and dated anew', async () => {
    await put();
    it.faults.push(lost);
    expect(await put({ issuer: 'B' })).toBe('updated');
    expect(await dateOf()).toBe('2026-03-01T12:00:10.500Z');
  });

  test('again and again ends in the error', async () => {
    it.faults.push(...Array.from({ length: 3 }, () => async () => Promise.reject(new Error('socket hang up'))));
    await expect(put()).rejects.toThrow('socket hang up');
  });
});

test('many intents, some on one Token, are carried out in their order', async () => {
  const intents = ['A', 'B', 'A', 'C', 'A'].map((uid, i) => fromSource(record({ uid, issuer: `issuer ${i}` })));
  const written = await it.write(intents);
  expect(written.map((each, i) => intents[i]?.outcomeOf(each))).toEqual([
    'created',
    'created',
    'updated',
    'created',
    'updated',
  ]);
  expect((await it.read('A'))?.data.issuer).toBe('issuer 4');
});

test('what peers cannot see keeps the date', async () => {
  await put();
  it.pass(60_000);
  await it.write([changeSettings({ uid: 'A', type: 'RFID' }, restrict({ hasNoCredit: true }))]);
  expect(await it.read('A')).toMatchObject({
    data: { last_updated: '2026-03-01T12:00:08.000Z' },
    settings: { hasNoCredit: true },
  });
});

test('the moment at which a Token expires is published, once', async () => {
  await put();
  const expiresAt = '2026-03-02T00:00:00.000Z';
  await it.write([changeSettings({ uid: 'A', type: 'RFID' }, restrict({ expiresAt }))]);
  expect(await publishExpired(it.runtime)).toBe(0);
  expect((await it.read('A'))?.data.valid).toBe(true);

  it.pass(12 * 3_600_000);
  expect(await publishExpired(it.runtime)).toBe(1);
  expect((await it.read('A'))?.data).toMatchObject({ valid: false, last_updated: '2026-03-02T00:00:08.000Z' });
  expect(await publishExpired(it.runtime)).toBe(0);
  it.pass(48 * 3_600_000);
  await publishExpired(it.runtime);
  expect(await it.runtime.backend.records.list({ collection: 'expiry-days', limit: 10 })).toEqual({ items: [] });
});

test('an expiry that was put off in the meantime is not published', async () => {
  await put();
  const address = { uid: 'A', type: 'RFID' };
  await it.write([changeSettings(address, restrict({ expiresAt: '2026-03-02T00:00:00.000Z' }))]);
  await it.write([changeSettings(address, restrict({ expiresAt: '2026-04-02T00:00:00.000Z' }))]);
  it.pass(24 * 3_600_000);
  expect(await publishExpired(it.runtime)).toBe(0);
  expect((await it.read('A'))?.data.valid).toBe(true);
});
