/** Our Tokens reach receivers that are not quite OCPI, as there are some. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { register } from '../../../lib/credentials/register.ts';
import { peersCall } from '../../../lib/crud/calls.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import { hasTreePerRole, type VersionNumber, versionNumbers } from '../../../lib/ocpi/versions.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { ownCreation, ownToken, peerUpdate } from '../../support/builders.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { type OddPeer, startOddPeer } from '../../support/odd-peer.ts';
import { type Syncing, syncing } from '../../support/syncing.ts';

const party = { country_code: 'NL', party_id: 'BBB' };

let us: Instance;
let odd: OddPeer;
let sync: Syncing;

beforeEach(async () => {
  us = await startInstance({ parties: 'EMSP NL BBB' });
  sync = syncing(us.runtime, { sleep: async (ms) => us.advance(ms) });
});
afterEach(async () => {
  await Promise.all([us.stop(), odd.stop()]);
});

/** Registered with a CPO of this version that takes Tokens. */
async function connect(version: VersionNumber, settings: PeerSettings = {}) {
  odd = await startOddPeer(version);
  const role = !hasTreePerRole(version) && { role: 'RECEIVER' };
  odd.endpoints = odd.endpoints.map((endpoint) => ({ ...(endpoint as object), ...role }));
  const versionsUrl = `${odd.url}/versions`;
  await register(us.runtime, { id: 'odd', versionsUrl, tokenA: 'token-a', settings, version, ourRole: 'EMSP' });
}

const has = (changes: Partial<Token>) => us.runtime.backend.tokens.create(ownCreation(ownToken(party, changes)));

const pushed = () =>
  odd.seen
    .filter(({ method, path }) => method === 'PUT' && path.startsWith('/tokens/'))
    .map(({ path, body }) => ({
      uid: decodeURIComponent(path).replace(/^.*NL.BBB.|[?].*/g, ''),
      body: JSON.parse(body),
    }));

const optional: Record<VersionNumber, string[]> = {
  '2.1.1': ['visual_number', 'language'],
  '2.2.1': ['visual_number', 'group_id', 'language', 'default_profile_type', 'energy_contract'],
  '2.3.0': ['visual_number', 'group_id', 'language', 'default_profile_type', 'energy_contract'],
};

describe.each(versionNumbers)('%s', (version) => {
  test('names what a Token does not have as null for who wants every key (TRN-24)', async () => {
    await connect(version, { sendsNullMembers: true });
    await has({ uid: 'CARD1' });
    await sync.minute();
    const [{ body } = { body: {} }] = pushed();
    for (const name of optional[version]) expect(body).toHaveProperty(name, null);
    expect(body).toMatchObject({ uid: 'CARD1', valid: true });
  });

  test('leaves out what a Token does not have, for everybody else (TRN-24)', async () => {
    await connect(version);
    await has({ uid: 'CARD1' });
    await sync.minute();
    const [{ body } = { body: {} }] = pushed();
    for (const name of optional[version]) expect(body).not.toHaveProperty(name);
  });

  test('names the type in the URL as OCPI does, and as py_ocpi reads it for whom that is set (PUSH-03)', async () => {
    await connect(version, { sendsTokenType: true });
    await has({ uid: 'CARD1', type: 'APP_USER' });
    await sync.minute();
    const { credentials } = us.runtime.backend;
    const known = await credentials.get({ ...peersCall, id: 'odd' });
    if (known) await credentials.update(peerUpdate({ ...known.data, settings: {} }, known.revision));
    us.advance(3_600_000);
    await has({ uid: 'CARD2', type: 'APP_USER', last_updated: us.runtime.now().toISOString() });
    await sync.minute();
    const queries = odd.seen
      .filter(({ method, path }) => method === 'PUT' && path.startsWith('/tokens/'))
      .map(({ path }) => path.replace(/^[^?]*/, ''));
    expect(queries).toEqual(version === '2.1.1' ? ['', ''] : ['?type=APP_USER&token_type=APP_USER', '?type=APP_USER']);
  });

  test('a uid that their router cannot find holds nobody else up', async () => {
    await connect(version);
    odd.refusal = { http: 404, body: '{"detail":"Not Found"}', paths: /AA.BB/ };
    for (const uid of ['CARD1', 'AA/BB', 'CARD2']) await has({ uid });
    await sync.minute();
    await has({ uid: 'CARD3', last_updated: us.runtime.now().toISOString() });
    await sync.minute();
    expect(new Set(pushed().map(({ uid }) => uid))).toEqual(new Set(['CARD1', 'AA/BB', 'CARD2', 'CARD3']));
    const { items } = await us.runtime.backend.records.list({ collection: 'refused/odd', limit: 10 });
    expect(items).toEqual([
      expect.objectContaining({
        data: expect.objectContaining({ uid: 'AA/BB', why: expect.stringContaining('Not Found') }),
      }),
    ]);
  });

  test('a receiver that is not there is its failure, and of no Token', async () => {
    await connect(version);
    odd.refusal = { http: 404, body: '{"detail":"Not Found"}', paths: /tokens/ };
    await has({ uid: 'CARD1' });
    await sync.minute();
    const { items } = await us.runtime.backend.records.list({ collection: 'refused/odd', limit: 10 });
    expect(items).toEqual([]);
  });
});

test('names what an energy contract does not have as null, too (TRN-24)', async () => {
  await connect('2.3.0', { sendsNullMembers: true });
  await has({ uid: 'CARD1', energy_contract: { supplier_name: 'Sun' } });
  await sync.minute();
  expect(pushed()[0]?.body.energy_contract).toEqual({ supplier_name: 'Sun', contract_id: null });
});
