/** Erasing a Token of ours in two steps, on every storage: partners know first that it is invalid, and then nothing is left. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { completeErasures } from '../../lib/sync/erasures.ts';
import { type PushState, statesCollection } from '../../lib/sync/state.ts';
import { tokenName } from '../../lib/sync/token-name.ts';
import { type Platform, startPlatform } from '../support/http.ts';
import { pushState, syncedPeer } from '../support/lanes.ts';
import { type Json, type Owner, problem, startOwner } from '../support/owner.ts';
import { type Opened, startAllStorages } from '../support/storages.ts';

const all = await startAllStorages();
afterAll(() => all.stop());
if (all.missing) describe.skip(`DynamoDB: ${all.missing}`);

const uid = 'SECRET77';
const name = tokenName({ uid, type: 'RFID' });
const minute = 60_000;
const day = 24 * 60 * minute;
const token = {
  uid,
  type: 'RFID',
  contract_id: 'NL-LMS-SECRET',
  issuer: 'Lumen',
  valid: true,
  whitelist: 'ALLOWED',
};

describe.each(all.storages)('on %s', (_name, open) => {
  let opened: Opened;
  let platform: Platform;
  let owner: Owner;

  beforeEach(async () => {
    opened = await open();
    platform = await startPlatform({ openBackend: opened.openBackend, config: { eraseAfterDays: 7 } });
    // It reads our list, and takes no push: so nobody knows when it knows.
    await platform.runtime.backend.credentials.delete({ module_id: 'credentials', version: '2.3.0', id: 'fr-dcp' });
    owner = await startOwner(platform.runtime);
    await owner.post('tokens/put', { token });
  });
  afterEach(async () => {
    await owner.stop();
    await platform.stop();
    await opened.close();
  });

  const at = (ms: number) => new Date(platform.runtime.now().getTime() + ms).toISOString();
  const store = (id: string, data: PushState) =>
    platform.runtime.backend.records.create({ collection: statesCollection, id, data: { ...data } });
  async function change(id: string, edit: (state: PushState) => PushState) {
    const { records } = platform.runtime.backend;
    const address = { collection: statesCollection, id };
    const { data, revision } = (await records.get(address)) as unknown as { data: PushState; revision: string };
    await records.update({ ...address, data: { ...edit(data) }, revision });
  }
  const erase = () => owner.post('tokens/erase', { uid });
  const complete = () => completeErasures(platform.runtime);
  const contents = async () => (opened.contents ? opened.contents() : '');
  const waits = { http: 200, data: { own: 0, waiting: 1, until: expect.any(String) } };

  test('goes at once where nobody can hold a copy', async () => {
    expect((await erase()).data).toEqual({ own: 1, received: 0, waiting: 0 });
    expect(await contents()).not.toMatch(/secret/i);
  });

  test('is invalid at once, and goes when every push is past that', async () => {
    await platform.add(syncedPeer('cpo', { takes: true }), syncedPeer('two', { takes: true }));
    await store('cpo/push', { ...pushState(at(-minute)), refused: [name], fresh: { [name]: at(0) } });
    await store('two/push', pushState(at(minute)));
    const { records } = platform.runtime.backend;
    await records.create({ collection: 'refused/cpo', id: `RFID#${uid}`, data: { uid, type: 'RFID' } });
    await records.create({
      collection: 'urgent',
      id: 'NL-LMS',
      data: { tokens: [{ uid, type: 'RFID', stamp: at(0) }] },
    });

    expect(await erase()).toMatchObject(waits);
    const now = await owner.get('tokens/get', { uid });
    expect(now.data).toMatchObject({ token: { valid: false }, settings: { erasing: expect.any(String) } });
    expect(await complete()).toBe(0);
    await change('cpo/push', (state) => ({ ...state, changes: { from: at(minute) } }));
    expect(await complete()).toBe(1);
    expect((await owner.get('tokens/get', { uid })).http).toBe(404);
    expect(await contents()).not.toMatch(/secret/i);
    for (const collection of ['erasures', 'refused/cpo']) {
      expect((await records.list({ collection, limit: 1 })).items).toEqual([]);
    }
    expect(await records.get({ collection: 'urgent', id: 'NL-LMS' })).toMatchObject({ data: { tokens: [] } });
    expect(await records.get({ collection: 'sync', id: 'cpo/push' })).toMatchObject({
      data: { refused: [], fresh: {} },
    });
  });

  test.each<[string, (now: string) => Partial<PushState>]>([
    ['a full push that began before', (now) => ({ full: { began: now, offset: 0, total: 1 } })],
    ['a worker that may have its name at hand', () => ({ lease: { holder: 'x', until: '2999-01-01T00:00:00.000Z' } })],
  ])('waits for %s', async (_what, more) => {
    await platform.add(syncedPeer('cpo', { takes: true }));
    await store('cpo/push', { ...pushState(at(minute)), ...more(at(-minute)) });
    expect(await erase()).toMatchObject(waits);
    expect(await complete()).toBe(0);
    await change('cpo/push', ({ full: _, lease: __, ...state }) => state);
    expect(await complete()).toBe(1);
    expect(await contents()).not.toMatch(/secret/i);
  });

  test('goes after some days even if a partner does not know', async () => {
    await platform.add(syncedPeer('cpo', { takes: true }));
    expect(await erase()).toMatchObject(waits);
    platform.advance(7 * day - minute);
    expect(await complete()).toBe(0);
    platform.advance(2 * minute);
    expect(await complete()).toBe(1);
    expect(await contents()).not.toMatch(/secret/i);
  });

  test('waits so long for a partner that only reads our list', async () => {
    await platform.add(syncedPeer('cpo', { takes: true, settings: { pushes: false } }));
    expect(await erase()).toMatchObject(waits);
    expect(await complete()).toBe(0);
    platform.advance(8 * day);
    expect(await complete()).toBe(1);
  });

  test('nothing brings it back in between, and asking again changes nothing', async () => {
    await platform.add(syncedPeer('cpo', { takes: true }));
    const first = await erase();
    expect((await erase()).data.until).toBe(first.data.until);
    const refused = { http: 409, data: problem('conflict', 409) };
    expect(await owner.post('tokens/put', { token })).toMatchObject(refused);
    expect(await owner.post('tokens/patch', { uid, token: { valid: true } })).toMatchObject(refused);
    const { data } = await owner.post('tokens/import', JSON.stringify(token));
    expect((data.outcomes as Json[])[0]).toMatchObject({
      outcome: 'invalid',
      problem: expect.stringMatching(/erased/),
    });
    await owner.post('tokens/block', { uid });
    expect((await owner.post('tokens/unblock', { uid })).data).toMatchObject({ token: { valid: false } });
    const { items } = await platform.runtime.backend.records.list({ collection: 'erasures', limit: 9 });
    expect(items).toHaveLength(1);
  });

  test('a new Token of the same uid is left alone', async () => {
    await platform.add(syncedPeer('cpo', { takes: true }));
    await store('cpo/push', { ...pushState(at(minute)), lease: { holder: 'x', until: at(minute) } });
    await erase();
    expect((await owner.get('tokens/get', { uid })).http).toBe(404);
    await owner.post('tokens/put', { token });
    await change('cpo/push', ({ lease: _, ...state }) => state);
    expect(await complete()).toBe(1);
    expect((await owner.get('tokens/get', { uid })).data).toMatchObject({ token: { valid: true } });
  });
});
