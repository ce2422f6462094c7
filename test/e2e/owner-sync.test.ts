/** Push and pull over the owner's API, on every storage: what is seen of their states, which stand here as their workers write them. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { failingAfter, NeedsOperator } from '../../lib/sync/backoff.ts';
import type { Wake } from '../../lib/sync/runtime.ts';
import { type PullState, type PushState, statesCollection } from '../../lib/sync/state.ts';
import { tokenName } from '../../lib/sync/token-name.ts';
import { readWishes } from '../../lib/sync/wishes.ts';
import { emspCall } from '../support/builders.ts';
import { type Platform, startPlatform, us } from '../support/http.ts';
import { pullState, pushState, syncedPeer } from '../support/lanes.ts';
import { type Json, type Owner, problem, startOwner } from '../support/owner.ts';
import { type Opened, startAllStorages } from '../support/storages.ts';

const all = await startAllStorages();
afterAll(() => all.stop());
if (all.missing) describe.skip(`DynamoDB: ${all.missing}`);

const at = (offsetMs: number) => new Date(Date.now() + offsetMs).toISOString();
const minute = 60_000;
const hour = 60 * minute;
const party = { country_code: 'DE', party_id: 'ABC' };

describe.each(all.storages)('on %s', (_name, open) => {
  let opened: Opened;
  let platform: Platform;
  let owner: Owner;
  let wakes: Wake[];

  beforeEach(async () => {
    opened = await open();
    platform = await startPlatform({ openBackend: opened.openBackend });
    wakes = [];
    const queue = { send: async (sent: readonly Wake[]) => void wakes.push(...sent) };
    owner = await startOwner(Object.assign(platform.runtime, { queue }));
  });
  afterEach(async () => {
    await owner.stop();
    await platform.stop();
    await opened.close();
  });

  const store = (id: string, data: PushState | PullState) =>
    platform.runtime.backend.records.create({ collection: statesCollection, id, data: { ...data } });
  const refuse = (peer: string, uid: string) =>
    platform.runtime.backend.records.create({
      collection: `refused/${peer}`,
      id: `RFID#${uid}`,
      data: {
        uid,
        type: 'RFID',
        stamp: at(-hour),
        at: at(-minute),
        status_code: 2001,
        why: 'no such contract',
        tries: 3,
      },
    });
  const lanesOf = ({ data }: { data: Json }) => data.lanes as Json[];
  const wishes = (direction: 'push' | 'pull') => readWishes(platform.runtime.backend, { peer: 'cpo', direction });
  const card = (uid: string, more: object = {}) => ({
    token: { uid, type: 'RFID', contract_id: `C${uid}`, issuer: 'Lumen', valid: true, whitelist: 'ALLOWED', ...more },
  });

  test('shows how far each is, what fails, what was refused and what comes next', async () => {
    await platform.add(syncedPeer('both'), syncedPeer('cpo', { takes: true }), syncedPeer('emsp', { lists: true }));
    const failing = { since: at(-hour), nextAt: at(minute), times: 7, why: 'HTTP 503', http: 503 };
    const full = { began: at(-hour), offset: 40, total: 100 };
    await store('cpo/push', { ...pushState(at(-minute)), failing, full, taken: 40, refused: ['RFID#R1'] });
    await refuse('cpo', 'R1');
    await store('emsp/pull', { ...pullState(at(-10 * minute)), lease: { holder: 'x', until: at(minute) } });

    const lanes = lanesOf(await owner.get('peers/sync'));
    expect(lanes.map(({ peer, direction, state }) => [peer, direction, state].join(' '))).toEqual([
      'both push not begun',
      'both pull not begun',
      'cpo push failing',
      'emsp pull working',
    ]);
    expect(lanes[2]).toMatchObject({
      failing,
      push: { full: { since: full.began, done: 40, total: 100 }, refused: 1 },
    });
    const { nextChangesAt, nextFullAt } = (lanes[3] as { pull: Record<string, string> }).pull;
    // Spread over the interval, so that not all are asked at the same moment (LIST-18).
    expect(Date.parse(nextChangesAt ?? '')).toBeGreaterThan(Date.now() + 19 * minute);
    expect(Date.parse(nextFullAt ?? '')).toBeGreaterThan(Date.now() + 14 * 24 * hour);

    const [one] = lanesOf(await owner.get('peers/sync', { id: 'cpo' }));
    const why = expect.objectContaining({ uid: 'R1', why: 'no such contract', tries: 3 });
    expect(one).toMatchObject({ push: { left: 0, refusedTokens: [why] } });
    expect(await owner.get('peers/sync', { id: 'none' })).toMatchObject({ http: 404, data: problem('not-found', 404) });
  });

  test('of a peer that refuses too much there is no time at which it is tried again', async () => {
    await platform.add(syncedPeer('cpo', { takes: true }));
    const failing = failingAfter(undefined, new NeedsOperator('refuses'), new Date(), 1);
    await store('cpo/push', { ...pushState(at(-minute)), failing });
    const [lane] = lanesOf(await owner.get('peers/sync'));
    const { nextAt: _, ...others } = failing;
    expect(lane).toHaveProperty('failing', { ...others, waitsForOperator: true });
    await owner.post('tokens/put', card('A1'));
    const { data } = await owner.get('tokens/told', { uid: 'A1' });
    expect(data.peers).toMatchObject([{ failing: { waitsForOperator: true } }]);
  });

  test('counts what is left to push', async () => {
    const ids = ['cpo', 'sent', 'many', 'ahead', 'again'];
    await platform.add(...ids.map((id, i) => syncedPeer(id, { takes: true, party_id: `X0${i}` })));
    const left = () =>
      Promise.all(
        ids.map(async (id) => {
          const [lane] = lanesOf(await owner.get('peers/sync', { id }));
          return (lane as { push: { left: number } }).push.left;
        }),
      );
    for (const uid of ['A1', 'A2']) await owner.post('tokens/put', card(uid));
    const { tokens } = platform.runtime.backend;
    const stored = (await tokens.get(emspCall({ id: 'A1', token_type: 'RFID' }))) ?? expect.unreachable();
    const none = pushState(at(-minute));
    const fresh = { [tokenName(stored.data)]: stored.data.last_updated };
    const many = (offset: number, began: string): Partial<PushState> => ({
      changes: { from: began },
      many: { from: at(-hour), began, offset, told: {} },
    });
    await store('cpo/push', none);
    await store('sent/push', { ...none, fresh });
    await store('many/push', { ...none, ...many(1, at(minute)) });
    // The walk through the many passes by what is stamped after its beginning, without sending it.
    await store('ahead/push', { ...none, ...many(2, at(-minute)) });
    await store('again/push', { ...none, ...many(1, stored.data.last_updated), fresh });
    expect(await left()).toEqual([2, 1, 1, 2, 1]);
    // What has been sent and has changed again is to be sent again.
    await owner.post('tokens/block', { uid: 'A1' });
    expect(await left()).toEqual([2, 2, 1, 2, 2]);
  });

  test('says of no change that it has been sent while it waits among many', async () => {
    await platform.add(syncedPeer('cpo', { takes: true }));
    const from = at(-hour);
    const began = at(-minute);
    const many = { from, began, offset: 1, told: {} };
    await store('cpo/push', { ...pushState(began), many });
    expect(lanesOf(await owner.get('peers/sync'))[0]).toMatchObject({
      push: { changesFrom: from, many: { since: began, done: 1 } },
    });
  });

  test('shows all peers in pages', async () => {
    const ids = Array.from({ length: 60 }, (_, i) => `p${String(i).padStart(2, '0')}`);
    await platform.add(
      ...ids.map((id, i) => syncedPeer(id, { takes: true, party_id: `X${String(i).padStart(2, '0')}` })),
    );
    const first = await owner.get('peers/sync');
    const second = await owner.get('peers/sync', { after: String(first.data.next) });
    expect(lanesOf(first)).toHaveLength(50);
    expect([...lanesOf(first), ...lanesOf(second)].map(({ peer }) => peer)).toEqual(ids);
    expect(second.data).not.toHaveProperty('next');
  });

  test('writes down what the owner wants, wakes who does it, and leaves a line', async () => {
    await platform.add(syncedPeer('cpo', { settings: { pullParties: [party] } }));
    await store('cpo/push', pushState(at(-minute)));
    const steered = await owner.post('peers/steer', { id: 'cpo', direction: 'push', now: true, retryRefused: true });
    expect(lanesOf(steered)[0]).toMatchObject({ wishes: ['now', 'retry'] });
    expect(await wishes('push')).toEqual({ now: expect.any(String), retry: expect.any(String) });
    const correlationId = expect.any(String);
    expect(wakes).toEqual([{ peer: 'cpo', direction: 'push', because: expect.any(String), correlationId }]);

    await owner.post('peers/steer', { id: 'cpo', pause: true });
    const { paused } = await wishes('pull');
    expect((await wishes('push')).paused).toBe(paused);
    expect(wakes).toHaveLength(1);
    await owner.post('peers/steer', { id: 'cpo', pause: true });
    expect((await wishes('pull')).paused).toBe(paused);
    await owner.post('peers/steer', { id: 'cpo', resume: true });
    expect(await wishes('pull')).toEqual({});

    await owner.post('peers/steer', { id: 'cpo', full: true, party });
    expect(await wishes('pull')).toEqual({ full: expect.any(String), party });
    await owner.post('peers/steer', { id: 'cpo', direction: 'pull', full: true });
    expect(await wishes('pull')).toEqual({ full: expect.any(String) });
    const lines = platform.logged
      .map((line) => JSON.parse(line) as Json)
      .filter(({ message }) => message === 'changed');
    expect(lines).toHaveLength(6);
    expect(lines[0]).toMatchObject({ operation: 'peers/steer', peer: 'cpo', before: { sync: { push: {} } } });
  });

  test('a wish that has been met is no more to come', async () => {
    await platform.add(syncedPeer('cpo', { takes: true }));
    await owner.post('peers/steer', { id: 'cpo', now: true });
    const { now = '' } = await wishes('push');
    await store('cpo/push', { ...pushState(at(-minute)), met: { now } });
    expect(lanesOf(await owner.get('peers/sync'))[0]).toMatchObject({ wishes: [] });
  });

  test.each([
    [{}, 'invalid', 400],
    [{ now: false }, 'invalid', 400],
    [{ pause: true, resume: true }, 'invalid', 400],
    [{ direction: 'pull', retryRefused: true }, 'invalid', 400],
    [{ party, now: true }, 'invalid', 400],
    [{ direction: 'pull', now: true }, 'conflict', 409],
  ])('refuses %j of a peer that only takes', async (wanted, type, status) => {
    await platform.add(syncedPeer('cpo', { takes: true }));
    expect(await owner.post('peers/steer', { id: 'cpo', ...wanted })).toMatchObject({
      http: status,
      data: problem(type, status),
    });
    expect(wakes).toEqual([]);
  });

  test('says what each partner has been told of a card', async () => {
    await owner.post('tokens/put', card('A1'));
    const { items } = await platform.runtime.backend.tokens.list({
      module_id: 'tokens',
      role: 'EMSP',
      version: '2.3.0',
      ...us,
      filters: { date_from: undefined, date_to: undefined, offset: 0, limit: 1 },
    });
    const stamp = items[0]?.data.last_updated ?? '';
    const past = new Date(Date.parse(stamp) + 1).toISOString();
    const ids = ['behind', 'begun', 'early', 'first', 'past', 'refuses', 'strange'];
    const settingsOf = (id: string) => (id === 'strange' ? { settings: { tokenTypes: ['APP_USER'] } } : {});
    await platform.add(...ids.map((id, i) => syncedPeer(id, { takes: true, party_id: `X0${i}`, ...settingsOf(id) })));
    await store('behind/push', pushState(stamp));
    await store('early/push', { ...pushState(stamp), fresh: { [tokenName({ uid: 'A1', type: 'RFID' })]: stamp } });
    const { fullAt: _, ...first } = pushState(past);
    await store('first/push', { ...first, full: { began: past, offset: 0, total: 1 } });
    await store('past/push', pushState(past));
    await store('refuses/push', { ...pushState(past), refused: [tokenName({ uid: 'A1', type: 'RFID' })] });
    await refuse('refuses', 'A1');
    const { data } = await owner.get('tokens/told', { uid: 'a1' });
    expect((data.peers as Json[]).map(({ peer, told }) => [peer, told].join(': '))).toEqual([
      'begun: waiting',
      'behind: waiting',
      'early: told',
      'first: waiting',
      'past: told',
      'refuses: refused',
      'strange: not theirs',
    ]);
    expect((data.peers as Json[])[5]).toMatchObject({ refused: { why: 'no such contract', status_code: 2001 } });
    expect((await owner.get('tokens/told', { uid: 'NONE' })).http).toBe(404);
  });

  test('a peer that is removed takes its state, its wishes and its refusals with it', async () => {
    await platform.add(syncedPeer('cpo'));
    await store('cpo/push', pushState(at(0)));
    await store('cpo/pull', pullState(at(0)));
    await refuse('cpo', 'R1');
    await owner.post('peers/steer', { id: 'cpo', pause: true });
    await owner.post('peers/remove', { id: 'cpo' });
    const { records } = platform.runtime.backend;
    for (const collection of ['sync', 'sync-wishes', 'refused/cpo']) {
      expect(await records.list({ collection, limit: 1 })).toEqual({ items: [] });
    }
  });
});
