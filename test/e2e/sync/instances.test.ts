/** Two instances of ours in step by push and pull, in each version, each of them on a storage of its own. */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { invite } from '../../../lib/credentials/invite.ts';
import { register } from '../../../lib/credentials/register.ts';
import { unregister } from '../../../lib/credentials/unregister.ts';
import { receivedTokensCall } from '../../../lib/crud/calls.ts';
import { versionNumbers } from '../../../lib/ocpi/versions.ts';
import { completeErasures, eraseToken } from '../../../lib/sync/erasures.ts';
import { statesCollection } from '../../../lib/sync/state.ts';
import { wakeDue } from '../../../lib/sync/wake.ts';
import { writeWishes } from '../../../lib/sync/wishes.ts';
import { block, changeSettings } from '../../../lib/tokens/own/change.ts';
import { fromSource } from '../../../lib/tokens/own/source.ts';
import { createWriteOwn } from '../../../lib/tokens/own/write.ts';
import { ownToken } from '../../support/builders.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { type Opened, startAllStorages } from '../../support/storages.ts';
import { type Syncing, syncing } from '../../support/syncing.ts';

const all = await startAllStorages();
afterAll(() => all.stop());

const emspParty = { country_code: 'DE', party_id: 'BBB' };
const hourMs = 3_600_000;

const storageOf = (name: string) => all.storages.find(([each]) => each === name)?.[1] ?? all.storages[0]?.[1];

let opened: Opened[];
let cpo: Instance;
let emsp: Instance;
let pulling: Syncing;
let pushing: Syncing;

async function start(ofCpo: string, ofEmsp: string): Promise<void> {
  const open = async (name: string) => {
    const storage = await storageOf(name)?.();
    if (!storage) throw new Error(`There is no ${name}`);
    return storage;
  };
  opened = [await open(ofCpo), await open(ofEmsp)];
  const [first, second] = opened as [Opened, Opened];
  cpo = await startInstance({ parties: 'CPO NL AAA', openBackend: first.openBackend });
  emsp = await startInstance({ parties: 'EMSP DE BBB', openBackend: second.openBackend });
  pulling = syncing(cpo.runtime);
  pushing = syncing(emsp.runtime);
}

afterEach(async () => {
  await Promise.all([cpo.stop(), emsp.stop()]);
  for (const storage of opened) await storage.close();
});

async function connect(version: (typeof versionNumbers)[number], settings = {}): Promise<void> {
  const { token: tokenA } = await invite(cpo.runtime, 'the-emsp', {});
  const tree = version === '2.1.1' ? '/cpo' : '';
  const versionsUrl = `${cpo.url}/ocpi${tree}/versions`;
  await register(emsp.runtime, { id: 'the-cpo', versionsUrl, tokenA, settings, version });
}

const put = (uids: readonly string[]) =>
  createWriteOwn(pushing.runtime)(
    uids.map((uid) => {
      const { last_updated: _, ...token } = ownToken(emspParty, { uid });
      return fromSource({ token });
    }),
  );

async function copy(): Promise<Map<string, boolean>> {
  const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: 1_000 };
  const { items } = await cpo.runtime.backend.tokens.list({ ...receivedTokensCall, ...emspParty, filters });
  return new Map(items.map(({ data }) => [data.uid, data.valid]));
}

const recordOf = ({ runtime }: Instance, id: string) =>
  runtime.backend.records.get({ collection: statesCollection, id });

const many = Array.from({ length: 45 }, (_, i) => `CARD${i}`);

describe.each([
  ['SQLite', 'DynamoDB'],
  ['DynamoDB', 'SQLite'],
])('a CPO on %s and an eMSP on %s', (ofCpo, ofEmsp) => {
  beforeEach(() => start(ofCpo, ofEmsp));

  test.each(versionNumbers)('in %s hold the same, pushed and pulled (TOK-FLOW-02, TOK-FLOW-04)', async (version) => {
    await put(many);
    await connect(version);
    await pulling.minute();
    expect((await copy()).size).toBe(many.length);

    await createWriteOwn(pushing.runtime)([changeSettings({ uid: 'CARD7', type: 'RFID' }, block({}))]);
    await put(['LATER']);
    await pushing.minute();
    await pushing.minute();
    expect(await copy()).toEqual(new Map([...many.map((uid) => [uid, uid !== 'CARD7'] as const), ['LATER', true]]));

    cpo.advance(2 * hourMs);
    await pulling.minute();
    const state = await recordOf(cpo, 'the-emsp/pull');
    expect(state?.data).toMatchObject({ changes: { counts: { created: 0, invalid: 0, foreign: 0 } }, problems: [] });
  });
});

describe('between an eMSP and a CPO', () => {
  beforeEach(async () => {
    await start('memory', 'memory');
    await put(many.slice(0, 5));
    await connect('2.2.1');
    await pushing.minute();
  });

  test('nothing is sent while push is paused, and all when it is resumed', async () => {
    const lane = { peer: 'the-cpo', direction: 'push' } as const;
    await writeWishes(emsp.runtime.backend, lane, () => ({ paused: new Date().toISOString() }));
    await put(['PAUSED']);
    await pushing.minute();
    expect((await copy()).has('PAUSED')).toBe(false);
    await writeWishes(emsp.runtime.backend, lane, () => ({}));
    await pushing.minute();
    expect((await copy()).has('PAUSED')).toBe(true);
  });

  test('what was unregistered is forgotten, and who registers again is sent everything', async () => {
    expect(await recordOf(emsp, 'the-cpo/push')).toBeDefined();
    await unregister(emsp.runtime, 'the-cpo', false);
    expect(await recordOf(emsp, 'the-cpo/push')).toBeUndefined();
    expect(await recordOf(cpo, 'the-emsp/push')).toBeUndefined();

    const [lost] = await copy();
    const call = { ...receivedTokensCall, ...emspParty, id: lost?.[0] ?? '', token_type: 'RFID' };
    const stored = await cpo.runtime.backend.tokens.get(call);
    await cpo.runtime.backend.tokens.delete({ ...call, revision: stored?.revision ?? '' });
    await connect('2.2.1');
    await pushing.minute();
    expect((await copy()).has(lost?.[0] ?? '')).toBe(true);
  });

  test('an erased Token is invalid at the CPO, and what is left in its place is never sent', async () => {
    const runtime = { ...pushing.runtime, config: { ...emsp.runtime.config, eraseAfterDays: 7 } };
    expect(await eraseToken(runtime, { uid: 'CARD1', type: 'RFID' })).toMatchObject({ outcome: 'waiting' });
    await pushing.minute();
    await pushing.minute();
    expect((await copy()).get('CARD1')).toBe(false);

    emsp.advance(60_000);
    await pushing.minute();
    expect(await completeErasures(runtime)).toBe(1);
    await pushing.minute();
    await pushing.minute();
    expect([...(await copy()).keys()].toSorted()).toEqual(many.slice(0, 5));
  });

  test('at rest a minute wakes nobody', async () => {
    emsp.advance(120_000);
    await pushing.minute();
    emsp.advance(120_000);
    await wakeDue(pushing.runtime);
    expect(pushing.wakes).toEqual([]);
  });
});
