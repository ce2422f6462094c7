/** Peers over the owner's API, between two platforms; and the line that each change leaves, the owner's and the peer's. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { operations } from '../../lib/operator/api/all.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { type Json, type Owner, problem, startOwner } from '../support/owner.ts';

let us: Instance;
let them: Instance;
let ours: Owner;
let theirs: Owner;

beforeEach(async () => {
  us = await startInstance({ parties: 'CPO NL AAA, EMSP NL BBB' });
  them = await startInstance({ parties: 'EMSP DE CCC' });
  [ours, theirs] = await Promise.all([startOwner(us.runtime), startOwner(them.runtime)]);
});
afterEach(() => Promise.all([ours, theirs, us, them].map((each) => each.stop())));

const changesIn = ({ logged }: Instance): Json[] =>
  logged.map((line) => JSON.parse(line) as Json).filter(({ message }) => message === 'changed');
const shownOf = (instance: Instance) =>
  changesIn(instance).map(({ operation, by }) => `${String(by)}: ${String(operation)}`);
const me = expect.stringMatching(/^local:user\//);

const secrets: string[] = [];
const keep = (secret: unknown): string => {
  secrets.push(String(secret));
  return String(secret);
};

test('invites, registers, rotates, upgrades and unregisters, and says who did it on either side', async () => {
  const invited = await theirs.post('peers/invite', { id: 'us' });
  const [{ url: versionsUrl }] = invited.data.versionsUrls as [{ url: string }];
  const tokenA = keep(invited.data.token);
  const registered = await ours.post('peers/register', { id: 'them', versionsUrl, tokenA, version: '2.2.1' });
  expect(registered).toMatchObject({ http: 200, data: { peer: { state: 'registered', version: '2.2.1' } } });
  expect((await ours.post('peers/rotate', { id: 'them' })).http).toBe(200);
  const upgraded = await ours.post('peers/upgrade', { id: 'them' });
  expect(upgraded.data).toMatchObject({ hasChanged: true, peer: { version: '2.3.0' } });
  expect((await theirs.get('peers/show', { id: 'us' })).data).toMatchObject({ peer: { version: '2.3.0' } });
  expect((await ours.post('peers/unregister', { id: 'them' })).data).toMatchObject({ peer: { state: 'unregistered' } });
  expect((await theirs.get('peers/show', { id: 'us' })).data).toMatchObject({ peer: { state: 'unregistered' } });

  expect(changesIn(us).map(({ operation }) => operation)).toEqual([
    'peers/register',
    'peers/rotate',
    'peers/upgrade',
    'peers/unregister',
  ]);
  expect(changesIn(us)).toEqual(changesIn(us).map(() => expect.objectContaining({ by: me, peer: 'them' })));
  expect(shownOf(them).slice(1)).toEqual([
    'us: credentials/post',
    'us: credentials/put',
    'us: credentials/put',
    'us: credentials/delete',
  ]);
  expect(changesIn(them)[1]).toMatchObject({ before: { state: 'invited' }, after: { state: 'registered' } });
  for (const secret of secrets) expect([...us.logged, ...them.logged].join('\n')).not.toContain(secret);
});

test('every operation that changes something leaves a line, and those that change nothing leave none', async () => {
  const [uid, contract_id] = ['SECRETUID', 'NL-BBB-SECRETCONTRACT'];
  const token = { uid, type: 'RFID', contract_id, issuer: 'Lumen', valid: true, whitelist: 'ALLOWED' };
  const roles = [{ role: 'EMSP', country_code: 'FR', party_id: 'FFF' }];
  const made = await theirs.post('peers/invite', { id: 'us' });
  const [{ url: versionsUrl }] = made.data.versionsUrls as [{ url: string }];
  const bodies: [operation: string, body: unknown][] = [
    ['tokens/put', { token }],
    ['tokens/patch', { uid, token: { issuer: 'Lux' } }],
    ['tokens/import', JSON.stringify({ ...token, issuer: 'Lumos' })],
    ['tokens/block', { uid, why: 'SECRETREASON' }],
    ['tokens/unblock', { uid }],
    ['tokens/erase', { uid }],
    ['peers/add', { id: 'fff', roles }],
    ['peers/settings', { id: 'fff', settings: { timeoutMs: 5_000 } }],
    ['peers/settings', { id: 'fff', settings: { timeoutMs: null } }],
    ['peers/remove', { id: 'fff' }],
    ['peers/invite', { id: 'ggg' }],
    ['peers/register', { id: 'them', versionsUrl, tokenA: keep(made.data.token), version: '2.2.1' }],
    ['peers/rotate', { id: 'them' }],
    ['peers/upgrade', { id: 'them' }],
    ['peers/steer', { id: 'them', pause: true }],
    ['peers/unregister', { id: 'them' }],
  ];
  for (const [operation, body] of bodies) {
    const { http, data } = await ours.post(operation, body);
    expect(http, operation).toBe(200);
    if (data.token && typeof data.token === 'string') keep(data.token);
  }
  expect(changesIn(us).map(({ operation }) => operation)).toEqual(bodies.map(([operation]) => operation));
  // A question about a card changes nothing that is the owner's.
  const changing = operations
    .filter(({ method, name }) => method === 'POST' && name !== 'may-charge')
    .map(({ name }) => name);
  expect([...new Set(bodies.map(([operation]) => operation))].sort()).toEqual(changing.sort());
  expect(changesIn(us)[8]).toMatchObject({ before: { settings: { timeoutMs: 5_000 } } });
  expect(JSON.stringify(changesIn(us)[8]?.after)).not.toContain('timeoutMs');

  const before = changesIn(us).length;
  await ours.get('tokens/list');
  await ours.get('peers/list');
  await ours.get('doctor/platform');
  await ours.post('tokens/import?dry_run=true', JSON.stringify(token));
  await ours.post('tokens/block', { uid: 'NONE' });
  expect(changesIn(us)).toHaveLength(before);
  const log = us.logged.join('\n');
  expect(log).not.toMatch(/secret(uid|contract|reason)/i);
  for (const secret of secrets) expect(log).not.toContain(secret);
});

test('says what is in the way of a change of a peer', async () => {
  const roles = [{ role: 'EMSP', country_code: 'FR', party_id: 'FFF' }];
  await ours.post('peers/add', { id: 'fff', roles });
  expect(await ours.post('peers/add', { id: 'other', roles })).toMatchObject({
    http: 409,
    data: problem('taken', 409),
  });
  expect(await ours.post('peers/rotate', { id: 'fff' })).toMatchObject({ http: 409, data: problem('conflict', 409) });
  expect(await ours.get('peers/show', { id: 'none' })).toMatchObject({ http: 404, data: problem('not-found', 404) });
  const gone = { id: 'x', versionsUrl: 'http://127.0.0.1:1/versions', tokenA: 'a-token' };
  expect(await ours.post('peers/register', gone)).toMatchObject({ http: 502, data: problem('peer-fails', 502) });
});

test('limits nobody to a party that is none of ours, which would keep all Tokens from him without a word', async () => {
  const roles = [{ role: 'CPO', country_code: 'FR', party_id: 'FFF' }];
  await ours.post('peers/add', { id: 'fff', roles });
  const settings = (party_id: string) => ({ ownParties: [{ country_code: 'NL', party_id }] });
  for (const [operation, input] of [
    ['peers/settings', { id: 'fff' }],
    ['peers/add', { id: 'ggg', roles: [{ role: 'CPO', country_code: 'FR', party_id: 'GGG' }] }],
    ['peers/invite', { id: 'hhh' }],
    ['peers/register', { id: 'iii', versionsUrl: 'http://127.0.0.1:1/versions', tokenA: 'a-token' }],
  ] as const) {
    // NL AAA is ours, and has no Tokens.
    for (const party of ['BBC', 'AAA']) {
      expect(await ours.post(operation, { ...input, settings: settings(party) }), operation).toMatchObject({
        http: 400,
        data: { ...problem('invalid', 400), detail: `NL ${party} is not an EMSP party of ours (NL BBB)` },
      });
    }
  }
  expect((await ours.post('peers/settings', { id: 'fff', settings: settings('bbb') })).http).toBe(200);
  expect((await ours.post('peers/settings', { id: 'fff', settings: { ownParties: null } })).http).toBe(200);
  expect((await ours.get('peers/list')).data.peers).toHaveLength(1);
});
