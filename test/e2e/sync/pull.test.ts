/** A CPO that pulls an eMSP's list, slice by slice as deployed, steered by the owner's API, on storages that are no memory. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { receivedTokensCall } from '../../../lib/crud/calls.ts';
import type { PartyId } from '../../../lib/ocpi/versions.ts';
import type { LaneView } from '../../../lib/operator/api/sync.ts';
import type { Peer } from '../../../lib/peers/peer.ts';
import { runSlice } from '../../../lib/sync/slice.ts';
import { type PullState, readState } from '../../../lib/sync/state.ts';
import { peer } from '../../support/builders.ts';
import { type Platform, startPlatform } from '../../support/http.ts';
import { type OddSender, startOddSender } from '../../support/odd-sender.ts';
import { type Owner, startOwner } from '../../support/owner.ts';
import { listed, object } from '../../support/pulling.ts';
import { type Opened, startAllStorages } from '../../support/storages.ts';
import { type Syncing, syncing } from '../../support/syncing.ts';

const all = await startAllStorages();
afterAll(() => all.stop());

const hour = 3_600_000;
const [first, second]: [PartyId, PartyId] = [
  { country_code: 'FR', party_id: 'AAA' },
  { country_code: 'FR', party_id: 'BBB' },
];
const lane = { peer: 'the-lister', direction: 'pull' } as const;
const storages = all.storages.filter(([name]) => name !== 'memory');

describe.each(storages)('on %s', (_name, open) => {
  let opened: Opened;
  let platform: Platform;
  let owner: Owner;
  let sender: OddSender;
  let sync: Syncing;
  let aheadMs: number;

  beforeEach(async () => {
    [opened, sender] = await Promise.all([open(), startOddSender()]);
    platform = await startPlatform({ openBackend: opened.openBackend });
    const { now } = platform.runtime;
    aheadMs = 0;
    Object.assign(platform.runtime, { now: () => new Date(now().getTime() + aheadMs) });
    sync = syncing({ ...platform.runtime });
    owner = await startOwner(Object.assign(platform.runtime, { queue: sync.runtime.queue, now: sync.runtime.now }));
    sender.timestamp = () => new Date().toISOString();
  });
  afterEach(async () => {
    await owner.stop();
    await sender.stop();
    await platform.stop();
    await opened.close();
  });

  async function connect(overrides: Partial<Peer> = {}): Promise<void> {
    const made = peer({
      id: lane.peer,
      roles: [{ ...first, role: 'EMSP' }],
      version: '2.2.1',
      ourRole: 'CPO',
      connection: {
        versionsUrl: sender.endpoint,
        endpoints: [{ identifier: 'tokens', role: 'SENDER', url: sender.endpoint }],
        sealedToken: await platform.runtime.vault.seal('our-token', lane.peer),
        authorizationEncoding: 'base64',
        exchangedAt: '2026-01-01T00:00:00.000Z',
      },
      ...overrides,
    });
    await platform.add(made);
  }

  async function steer(wanted: object): Promise<LaneView> {
    const { http, data } = await owner.post('peers/steer', { id: lane.peer, direction: 'pull', ...wanted });
    expect([http, data]).toEqual([200, expect.anything()]);
    return (data.lanes as LaneView[])[0] as LaneView;
  }

  async function view(): Promise<LaneView> {
    const { data } = await owner.get('peers/sync', { id: lane.peer });
    return (data.lanes as LaneView[])[0] as LaneView;
  }

  const stateNow = async (): Promise<PullState | undefined> => (await readState(platform.runtime.backend, lane))?.data;

  async function copyOf(party: PartyId): Promise<Record<string, boolean>> {
    const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: 1_000 };
    const { items } = await platform.runtime.backend.tokens.list({ ...receivedTokensCall, ...party, filters });
    return Object.fromEntries(items.map(({ data }) => [data.uid, data.valid]));
  }

  const cards = (from: number, to: number) => listed('2.2.1', to, first).slice(from);
  const uidsOf = (objects: readonly unknown[]) => objects.map((each) => (each as { uid: string }).uid);

  test('what it lists is here, a delta brings what has changed, and what all no longer names is made invalid', async () => {
    await connect();
    sender.pageSize = 15;
    sender.objects = cards(0, 40);
    await sync.minute();
    expect(Object.keys(await copyOf(first)).sort()).toEqual(uidsOf(sender.objects));
    expect(await view()).toMatchObject({
      state: 'at rest',
      pull: { full: { read: 40, missing: 0, counts: { created: 40 } }, problems: [] },
    });

    const last_updated = new Date().toISOString();
    sender.objects[7] = object('2.2.1', { ...first, uid: 'CARD0007', valid: false, last_updated });
    await steer({ now: true });
    await sync.workOff();
    expect(await view()).toMatchObject({ pull: { changes: { read: 1, counts: { updated: 1 } } } });

    aheadMs = hour;
    sender.objects.splice(20, 2);
    await steer({ full: true });
    await sync.workOff();
    expect(await view()).toMatchObject({ pull: { full: { missing: 2, counts: { unchanged: 38 } } } });
    const settings = { pullMissing: 'invalidate' };
    expect((await owner.post('peers/settings', { id: lane.peer, settings })).http).toBe(200);
    await steer({ full: true });
    await sync.workOff();
    expect(await view()).toMatchObject({ pull: { full: { missing: 2, invalidated: 2 } } });
    const invalid = Object.entries(await copyOf(first)).filter(([, valid]) => !valid);
    expect(invalid.map(([uid]) => uid).sort()).toEqual(['CARD0007', 'CARD0020', 'CARD0021']);

    sender.objects.splice(0, 30);
    await steer({ full: true });
    await sync.workOff();
    const { pull } = await view();
    expect(pull?.full).toMatchObject({ missing: 29, withheld: expect.stringContaining('29 of 37') });
    expect(JSON.stringify((await owner.get('doctor/platform')).data)).toContain('29 of 37');
    expect(await stateNow()).toMatchObject({ litter: [] });
    const names = await platform.runtime.backend.records.list({ collection: 'named/the-lister', limit: 1 });
    expect(names.items).toEqual([]);
  });

  test('a pause in the middle of a walk leaves it where it is, and it goes on there', async () => {
    await connect();
    sender.objects = cards(0, 9);
    sender.instead = [() => undefined, () => steer({ pause: true }).then(() => undefined)];
    await sync.minute();
    expect(sender.seen).toHaveLength(2);
    expect(await view()).toMatchObject({ state: 'paused', pull: { walk: { read: 6 } } });
    await sync.minute();
    expect(sender.seen).toHaveLength(2);

    await steer({ resume: true });
    await sync.workOff();
    expect(sender.seen.map(({ url }) => url.searchParams.get('offset'))).toEqual([null, '3', '6']);
    expect(await view()).toMatchObject({ state: 'at rest', pull: { full: { read: 9 } } });
  });

  test('one party of a hub alone, as the operator wants it, has figures of its own and is no full pull', async () => {
    const both = [first, second];
    await connect({
      roles: [{ country_code: 'FR', party_id: '107', role: 'HUB' }],
      settings: { isHub: true, hubParties: both, pullParties: both },
    });
    const listOf = (of: PartyId, uid: string) => [object('2.2.1', { ...of, uid })];
    const answer = ({ headers }: OddSender['seen'][number]) => ({
      body: headers['ocpi-to-party-id'] === 'AAA' ? listOf(first, 'A') : listOf(second, 'B'),
    });
    sender.instead = [answer, answer];
    await sync.minute();
    expect(sender.seen.map(({ headers }) => headers['ocpi-to-party-id'])).toEqual(['AAA', 'BBB']);
    const { pull: before } = await view();
    expect(before).toMatchObject({ full: { read: 2 } });

    sender.instead = [answer];
    await steer({ full: true, party: second });
    await sync.workOff();
    expect(sender.seen.slice(2).map(({ headers }) => headers['ocpi-to-party-id'])).toEqual(['BBB']);
    const { pull: after } = await view();
    expect(after).toMatchObject({ full: before?.full, ofOne: { party: second, read: 1, counts: { unchanged: 1 } } });

    sender.instead = [() => ({ body: [], headers: { Link: '<https://evil.example/>; rel=next' } })];
    await steer({ now: true, party: second });
    await sync.workOff();
    expect((await view()).pull).toMatchObject({
      full: before?.full,
      ofOne: { party: second, read: 0, why: 'the Link leads elsewhere' },
      problems: [{ why: 'The list of changes was left: the Link leads elsewhere' }],
    });
  });

  test('a Token that ends each worker that takes it is found by smaller pages, and passed over', async () => {
    await connect();
    sender.pageSize = 8;
    sender.objects = cards(0, 17);
    const { tokens } = sync.runtime.backend;
    const { create } = tokens;
    let die: () => void = () => {};
    tokens.create = (call) => {
      if (call.data.uid !== 'CARD0012') return create(call);
      die();
      return new Promise(() => {});
    };
    let deaths = 0;
    for (let slices = 0; slices < 30 && !(await stateNow())?.full; slices += 1) {
      const dead = new Promise<void>((resolve) => {
        die = resolve;
      }).then(() => true);
      const slice = runSlice(sync.runtime, lane, new Date(sync.runtime.now().getTime() + 45_000)).then(() => false);
      if (await Promise.race([dead, slice])) deaths += 1;
      // Its lease ends by itself.
      aheadMs += 31_000;
    }
    // Three starts with eight to a page, with two, and with one.
    expect(deaths).toBe(9);
    expect(Object.keys(await copyOf(first)).sort()).toEqual(uidsOf(cards(0, 17)).filter((uid) => uid !== 'CARD0012'));
    expect(await view()).toMatchObject({
      pull: {
        full: { counts: { invalid: 1 } },
        problems: [{ why: 'Object 12: passed over, because taking it never ended' }],
      },
    });
    expect((await view()).pull?.full).not.toHaveProperty('missing');
  });
});
