/** Pull (docs/requirements.md: Lists; Sender): a peer's list is read to its end, in whatever way it pages. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { versionNumbers } from '../../../lib/ocpi/versions.ts';
import { type OddSender, pagings, startOddSender } from '../../support/odd-sender.ts';
import { began, listed, object, startPuller, uidsIn } from '../../support/pulling.ts';

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

describe('what a pull costs', () => {
  test('is one request for a Token that is unchanged, and two for one that is new or has changed', async () => {
    sender.pageSize = 100;
    sender.objects = listed('2.2.1', 50);
    const puller = await startPuller({ endpoint: sender.endpoint });
    await puller.run();
    expect(puller.calls.filter((call) => call.startsWith('tokens.'))).toHaveLength(100);

    sender.objects = [
      ...listed('2.2.1', 30),
      ...listed('2.2.1', 50, { last_updated: '2026-02-01T00:00:00.000Z' }).slice(30),
    ];
    puller.calls.length = 0;
    puller.wishes = { full: '2026-03-01T12:00:01.000Z' };
    await puller.run();
    expect(puller.state.full?.counts).toMatchObject({ unchanged: 30, updated: 20 });
    expect(puller.calls.filter((call) => call === 'tokens.get')).toHaveLength(50);
    expect(puller.calls.filter((call) => call === 'tokens.update')).toHaveLength(20);
    expect(puller.calls.filter((call) => call === 'tokens.create')).toHaveLength(0);
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
