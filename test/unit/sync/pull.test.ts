/** Pull (docs/requirements.md: Lists; Sender): a peer's list is read to its end, in whatever way it pages. */
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { TokenActions } from '../../../lib/crud/crud.ts';
import { memoryStorage } from '../../../lib/crud/memory.ts';
import { versionNumbers } from '../../../lib/ocpi/versions.ts';
import { backendOn } from '../../../lib/runtime/backend.ts';
import { receivedCreation, token } from '../../support/builders.ts';
import { type OddSender, pagings, startOddSender } from '../../support/odd-sender.ts';
import { began, listed, object, type Puller, startPuller, uidsIn } from '../../support/pulling.ts';

let sender: OddSender;
beforeEach(async () => {
  sender = await startOddSender();
});
afterEach(() => sender.stop());

describe.each(pagings)('a list that is paged by %s', (paging) => {
  test.each(versionNumbers)('is read to its end in %s', async (version) => {
    sender.paging = paging;
    sender.objects = listed(version, 10);
    const puller = await startPuller({ endpoint: sender.endpoint, version });
    await puller.run();
    expect(uidsIn(await puller.copy())).toEqual(sender.objects.map((each) => (each as { uid: string }).uid));
    expect(puller.state).toMatchObject({
      full: { at: began, counts: { created: 10, unchanged: 0, updated: 0, invalid: 0 } },
      from: '2026-03-01T11:58:00.000Z',
      problems: [],
    });
    expect(puller.state.walk).toBeUndefined();
    expect(puller.state.stopped).toBeUndefined();
    expect(sender.seen.length).toBeLessThanOrEqual(6);
    expect(new Set(sender.seen.map(({ url }) => url.href)).size).toBe(sender.seen.length);
  });

  test.each([1, 4, 100])('is asked for %i at a time if the settings say so', async (pullLimit) => {
    sender.paging = paging;
    sender.objects = listed('2.2.1', 7);
    const puller = await startPuller({ endpoint: sender.endpoint, settings: { pullLimit } });
    await puller.run();
    expect(await puller.copy()).toHaveLength(7);
    expect(sender.seen[0]?.url.search).toBe(`?limit=${pullLimit}`);
  });
});

/** A storage in memory that has the action ReadTokens. */
async function readingMany() {
  const ambient = { now: () => new Date(began), newId: () => randomUUID() };
  const { tokens, ...storage } = memoryStorage(ambient);
  const ReadTokens: TokenActions['ReadTokens'] = (call) =>
    Promise.all(call.data.map((address) => tokens.get({ ...call, ...address })));
  return backendOn({ ...storage, tokens: { ...tokens, actions: { ReadTokens } } }, ambient);
}

describe('what a pull costs', () => {
  const callsOf = ({ calls }: Puller) => {
    const tokens = calls.filter((call) => call.startsWith('tokens.'));
    return Object.fromEntries(
      [...new Set(tokens)].map((call) => [call, tokens.filter((each) => each === call).length]),
    );
  };

  test('is one request for a Token that is unchanged, and two for one that is new or has changed', async () => {
    sender.pageSize = 100;
    sender.objects = listed('2.2.1', 50);
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    // Our copy is gone through at the end, in pages of a thousand.
    expect(callsOf(puller)).toEqual({ 'tokens.get': 50, 'tokens.create': 50, 'tokens.list': 1 });

    sender.objects = [
      ...listed('2.2.1', 30),
      ...listed('2.2.1', 50, { last_updated: '2026-02-01T00:00:00.000Z' }).slice(30),
    ];
    puller.calls.length = 0;
    puller.wishes = { full: '2026-03-01T12:00:01.000Z' };
    await puller.run();
    expect(puller.state.full?.counts).toMatchObject({ unchanged: 30, updated: 20 });
    expect(callsOf(puller)).toEqual({ 'tokens.get': 50, 'tokens.update': 20, 'tokens.list': 1 });
  });

  test('is no read of its own for a Token where the storage reads many at once', async () => {
    sender.pageSize = 250;
    sender.objects = [...listed('2.2.1', 200), object('2.2.1', { uid: 'KNOWN', type: 'OTHER' })];
    const backend = await readingMany();
    const known = token({ uid: 'KNOWN', type: 'EMAID' });
    await backend.tokens.create(receivedCreation(known, '2026-02-28T12:00:00.000Z'));
    const puller = await startPuller({ endpoint: sender.endpoint, backend });
    await puller.run();
    expect(puller.state.full?.counts).toMatchObject({ created: 200, unchanged: 1 });
    // Of type OTHER, as 2.2.1 has it, there is none: so it is looked for.
    expect(callsOf(puller)).toEqual({ 'tokens.do': 3, 'tokens.create': 200, 'tokens.get': 2, 'tokens.list': 1 });

    sender.objects = [
      ...listed('2.2.1', 190),
      ...listed('2.2.1', 200, { last_updated: '2026-02-01T00:00:00.000Z' }).slice(190),
    ];
    puller.calls.length = 0;
    puller.wishes = { full: '2026-03-01T12:00:01.000Z' };
    await puller.run();
    expect(puller.state.full?.counts).toMatchObject({ unchanged: 190, updated: 10 });
    expect(callsOf(puller)).toEqual({ 'tokens.do': 3, 'tokens.update': 10, 'tokens.list': 1 });
  });

  test('what many read at once has changed since is read again before it is written', async () => {
    sender.pageSize = 250;
    sender.objects = listed('2.2.1', 3);
    const backend = await readingMany();
    const puller = await startPuller({ endpoint: sender.endpoint, backend });
    const pushed = token({ uid: 'CARD0001', valid: false, last_updated: '2026-02-02T00:00:00.000Z' });
    let isPushed = false;
    const { create } = backend.tokens;
    backend.tokens.create = async (call) => {
      if (!isPushed) {
        isPushed = true;
        await create(receivedCreation(pushed, began));
      }
      return create(call);
    };
    await puller.run();
    expect(puller.state.full?.counts).toMatchObject({ created: 2, late: 1 });
    expect((await puller.copy()).map(({ data }) => data.valid)).toEqual([true, false, true]);
  });

  test('no more than sixteen Tokens are under way at once', async () => {
    sender.pageSize = 100;
    sender.objects = listed('2.2.1', 60);
    const puller = await startPuller({ endpoint: sender.endpoint });
    let [now, most] = [0, 0];
    puller.around = (call, when) => {
      if (!call.startsWith('tokens.')) return;
      now += when === 'before' ? 1 : -1;
      most = Math.max(most, now);
    };
    await puller.run();
    expect(most).toBe(16);
  });
});

describe('a delta', () => {
  test('asks from the time of the first page on, less two minutes, and only for what is due', async () => {
    sender.objects = listed('2.2.1', 4);
    sender.timestamp = () => '2026-03-01T11:00:00.500Z';
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    expect(puller.state.from).toBe('2026-03-01T10:58:00.500Z');
    sender.seen.length = 0;
    await puller.run();
    expect(sender.seen).toEqual([]);

    sender.objects.push(object('2.2.1', { uid: 'NEW', last_updated: '2026-03-01T10:58:00.000Z' }));
    puller.advance(2 * 3_600_000);
    await puller.run();
    expect(sender.seen.map(({ url }) => url.search)).toEqual(['?date_from=2026-03-01T10%3A58%3A00Z']);
    expect(puller.state).toMatchObject({ changes: { read: 1, counts: { created: 1 } }, full: { read: 4 } });
  });

  test.each([
    ['ahead of ours', '2026-03-01T15:00:00Z'],
    ['unknown', undefined],
  ])('never asks from later than our own clock, where the peer’s is %s', async (_how, timestamp) => {
    sender.objects = listed('2.2.1', 4);
    sender.timestamp = () => timestamp;
    const puller = await startPuller({ endpoint: sender.endpoint });
    puller.callMs = 1_000;
    await puller.run();
    expect(puller.state.from).toBe('2026-03-01T11:58:00.000Z');
  });

  test('asks again from where it was if it did not get through', async () => {
    sender.objects = listed('2.2.1', 4);
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    const { from } = puller.state;
    puller.advance(2 * 3_600_000);
    sender.timestamp = () => '2026-03-01T14:00:00Z';
    sender.objects = listed('2.2.1', 7, { last_updated: '2026-03-01T12:30:00.000Z' });
    sender.instead = [() => undefined, () => ({ http: 500, body: 'down' })];
    await expect(puller.run()).rejects.toThrow('500');
    expect(puller.state).toMatchObject({ from, walk: { kind: 'changes', pages: 1, offset: 3, date_from: from } });
    sender.seen.length = 0;
    await puller.run();
    expect(sender.seen.map(({ url }) => url.searchParams.get('offset'))).toEqual(['3', '6']);
    expect(puller.state.from).toBe('2026-03-01T13:58:00.000Z');
    expect(puller.state.changes?.counts).toMatchObject({ updated: 4, created: 3 });
  });
});
