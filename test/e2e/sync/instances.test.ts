/**
 * Two instances of ours in each version, one on the README's SQLite and the other on DynamoDB: the eMSP pushes and the CPO pulls at
 * once, and the CPO's copy is what the eMSP has. And a platform that is both.
 */
import { afterAll, afterEach, beforeEach, describe, expect, test } from 'vitest';
import { invite } from '../../../lib/credentials/invite.ts';
import { register } from '../../../lib/credentials/register.ts';
import { ownTokensCall, receivedTokensCall } from '../../../lib/crud/calls.ts';
import type { VersionNumber } from '../../../lib/ocpi/versions.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { readState } from '../../../lib/sync/state.ts';
import { block, changeSettings } from '../../../lib/tokens/own/change.ts';
import { fromSource } from '../../../lib/tokens/own/source.ts';
import { createWriteOwn } from '../../../lib/tokens/own/write.ts';
import { ownToken } from '../../support/builders.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { type Opened, startAllStorages } from '../../support/storages.ts';
import { type Syncing, syncing } from '../../support/syncing.ts';

const all = await startAllStorages();
afterAll(() => all.stop());
if (all.missing) console.warn(`SQLite stands on both sides: ${all.missing}`);

const storageNamed = (name: string) => all.storages.find(([each]) => each === name)?.[1];
const sqlite = storageNamed('SQLite');
if (!sqlite) throw new Error('There is no SQLite');
const sides = { SQLite: sqlite, DynamoDB: storageNamed('DynamoDB') ?? sqlite };
type Side = keyof typeof sides;

type Party = Parameters<typeof ownToken>[0];
const aaa = { country_code: 'NL', party_id: 'AAA' };
const bbb = { country_code: 'DE', party_id: 'BBB' };
const page = { date_from: undefined, date_to: undefined, offset: 0, limit: 1_000 };
const hour = 3_600_000;
const many = 60;

const opened: Opened[] = [];
const instances: Instance[] = [];
afterEach(async () => {
  for (const instance of instances.splice(0)) await instance.stop();
  for (const each of opened.splice(0)) await each.close();
});

async function start(side: Side, parties: string): Promise<{ instance: Instance; sync: Syncing }> {
  const storage = await sides[side]();
  opened.push(storage);
  const instance = await startInstance({ parties, openBackend: storage.openBackend });
  instances.push(instance);
  return { instance, sync: syncing(instance.runtime) };
}

async function write({ runtime }: Instance, party: Party, uids: readonly string[]): Promise<void> {
  const changes = uids.map((uid) => {
    const { last_updated: _, ...token } = ownToken(party, { uid });
    return fromSource({ token });
  });
  await createWriteOwn(runtime)(changes);
}

const blockOwn = ({ runtime }: Instance, uid: string) =>
  createWriteOwn(runtime)([changeSettings({ uid, type: 'RFID' }, block({}))]);

/** What is valid and what is not, by uid. */
async function listed({ runtime }: Instance, call: typeof ownTokensCall | typeof receivedTokensCall, party: Party) {
  const { items } = await runtime.backend.tokens.list({ ...call, ...party, filters: page });
  return Object.fromEntries(items.map(({ data }) => [data.uid, data.valid]));
}

async function expectCopy(holder: Instance, owner: Instance, party: Party): Promise<void> {
  const own = await listed(owner, ownTokensCall, party);
  expect(Object.keys(own).length).toBeGreaterThan(many);
  expect(await listed(holder, receivedTokensCall, party)).toEqual(own);
}

const uids = Array.from({ length: many }, (_, n) => `CARD${n}`);

/** The one who registers is an eMSP to the other. */
async function connect(cpo: Instance, emsp: Instance, version: VersionNumber): Promise<void> {
  const { token: tokenA } = await invite(cpo.runtime, 'emsp', {});
  const versionsUrl = `${cpo.url}/ocpi${version === '2.1.1' ? '/cpo' : ''}/versions`;
  await register(emsp.runtime, { id: 'cpo', versionsUrl, tokenA, settings: {}, version });
}

// A storage does not see versions, so each is once on either side.
describe.each([
  ['2.1.1', 'SQLite', 'DynamoDB'],
  ['2.2.1', 'DynamoDB', 'SQLite'],
  ['2.3.0', 'SQLite', 'DynamoDB'],
] as const)('in %s, the CPO on %s and the eMSP on %s', (version, ofCpo, ofEmsp) => {
  let cpo: Awaited<ReturnType<typeof start>>;
  let emsp: Awaited<ReturnType<typeof start>>;

  beforeEach(async () => {
    cpo = await start(ofCpo, 'CPO NL AAA');
    emsp = await start(ofEmsp, 'EMSP DE BBB');
    await write(emsp.instance, bbb, [...uids, 'OLD']);
    await connect(cpo.instance, emsp.instance, version);
  });

  test('push and pull at once bring all, then what has changed, and a pull undoes no block (PUSH-01, TOK-FLOW-04)', async () => {
    await Promise.all([emsp.sync.minute(), cpo.sync.minute()]);
    await expectCopy(cpo.instance, emsp.instance, bbb);

    await blockOwn(emsp.instance, 'OLD');
    await write(emsp.instance, bbb, ['NEW']);
    cpo.instance.advance(2 * hour);
    await Promise.all([cpo.sync.minute(), emsp.sync.minute()]);
    await expectCopy(cpo.instance, emsp.instance, bbb);
    expect(await listed(cpo.instance, receivedTokensCall, bbb)).toMatchObject({ OLD: false, NEW: true });

    const push = await readState(emsp.instance.runtime.backend, { peer: 'cpo', direction: 'push' });
    const pull = await readState(cpo.instance.runtime.backend, { peer: 'emsp', direction: 'pull' });
    expect(push?.data).toMatchObject({ refused: [], fullAt: expect.any(String) });
    expect(push?.data).not.toHaveProperty('failing');
    expect(pull?.data).toMatchObject({ full: { counts: { invalid: 0, foreign: 0 } }, problems: [] });
    expect(pull?.data).not.toHaveProperty('failing');
  });
});

describe.each(['2.2.1', '2.3.0'] as const)('two platforms that are both, in %s', (version) => {
  test('hold each other’s Tokens, and none of their own (TOK-FLOW-02, TOK-FLOW-04)', async () => {
    const a = await start('SQLite', 'CPO NL AAA, EMSP NL AAA');
    const b = await start('DynamoDB', 'CPO DE BBB, EMSP DE BBB');
    await write(a.instance, aaa, [...uids, 'OF-A']);
    await write(b.instance, bbb, [...uids, 'OF-B']);
    const settings: PeerSettings = { expectedRoles: ['CPO', 'EMSP'] };
    const { token: tokenA } = await invite(a.instance.runtime, 'emsp', settings);
    const versionsUrl = `${a.instance.url}/ocpi/versions`;
    await register(b.instance.runtime, { id: 'cpo', versionsUrl, tokenA, settings, version });

    await Promise.all([a.sync.minute(), b.sync.minute()]);
    await expectCopy(b.instance, a.instance, aaa);
    await expectCopy(a.instance, b.instance, bbb);
    await blockOwn(a.instance, 'OF-A');
    await blockOwn(b.instance, 'OF-B');
    await Promise.all([a.sync.minute(), b.sync.minute()]);
    expect(await listed(b.instance, receivedTokensCall, aaa)).toMatchObject({ 'OF-A': false });
    expect(await listed(a.instance, receivedTokensCall, bbb)).toMatchObject({ 'OF-B': false });
    expect(await listed(a.instance, receivedTokensCall, aaa)).toEqual({});
  });
});
