/** A hub is one because the operator says so; what it lists is kept beside it and claims nothing (CRED-04, COO-07). */
import { beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../../lib/credentials/access-token.ts';
import { addPeer } from '../../../lib/credentials/add.ts';
import { invite } from '../../../lib/credentials/invite.ts';
import { peersCall } from '../../../lib/crud/calls.ts';
import type { VersionNumber } from '../../../lib/ocpi/versions.ts';
import { accessOf, mayAskAboutType, mayReadOurTokens, mayReadTokensOf } from '../../../lib/peers/access.ts';
import { mostListed } from '../../../lib/peers/listed.ts';
import { ownsTokensOf } from '../../../lib/peers/reach.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { changePeer, removePeer } from '../../../lib/peers/store.ts';
import { credentialsOf, network, type Platform, peerOf } from './network.ts';

const party = (text: string) => ({ country_code: text.slice(0, 2), party_id: text.slice(3) });

let us: Platform;
let hub: Platform;

beforeEach(async () => {
  const { platform } = network();
  us = platform('us', 'CPO NL LCP, EMSP NL LMS');
  hub = platform('hub', 'CPO XX XXX');
  await addPeer(hub.runtime, { roles: [{ ...party('NL LCP'), role: 'CPO' }], version: '2.3.0', token: 'hub-secret' });
});

const asHub = { hub_party_id: 'NLHUB' };

async function register(parties: string, settings: PeerSettings = { isHub: true }, version: VersionNumber = '2.3.0') {
  const { token } = await invite(us.runtime, 'hub', settings);
  await us.answer(
    'POST',
    token,
    credentialsOf('hub', 'hub-secret', parties, version === '2.3.0' ? asHub : {}),
    version,
  );
}

async function again(parties: string): Promise<void> {
  const token = 'in-use';
  await changePeer(us.runtime, 'hub', (peer) => ({ ...peer, tokensWeGave: [{ sha256: sha256(token) }] }));
  await us.answer('PUT', token, credentialsOf('hub', 'hub-secret', parties, asHub), '2.3.0');
}

const owns = async (text: string): Promise<boolean> =>
  ownsTokensOf(us.runtime.backend, peersCall, accessOf(await peerOf(us, 'hub')), party(text));

const many = (count: number): string =>
  Array.from({ length: count }, (_, i) => `EMSP DE ${i.toString(36).padStart(3, '0').toUpperCase()}`).join(', ');

describe('what a hub lists', () => {
  test('1200 parties are taken, and nothing that every request reads grows with them', async () => {
    await register(many(1_200));
    const peer = await peerOf(us, 'hub');
    expect(peer.roles).toEqual([]);
    expect(peer.listed?.parties).toBe(1_200);
    expect(JSON.stringify(accessOf(peer)).length).toBeLessThan(600);
    expect(await owns('DE 000')).toBe(true);
    expect(await owns('de 0xb')).toBe(true);
    expect(await owns('DE 0XC')).toBe(false);
  });

  test('more than can be kept are refused with the number', async () => {
    const attempt = register(many(mostListed + 1));
    await expect(attempt).rejects.toMatchObject({
      status: 2001,
      message: expect.stringContaining(`hold ${mostListed + 1}`),
    });
  });

  test('we, and who is no eMSP, are not among those whom it speaks for', async () => {
    await register('EMSP NL LMS, CPO DE ABC, EMSP FR DEF');
    expect(await Promise.all(['NL LMS', 'DE ABC', 'FR DEF', 'fr def'].map(owns))).toEqual([false, false, true, true]);
  });

  test('a party that connects directly is its own, and the hub’s again when it has gone', async () => {
    await register('EMSP DE VIC, EMSP FR DEF');
    await addPeer(us.runtime, { roles: [{ ...party('DE VIC'), role: 'EMSP' }], version: '2.2.1', id: 'victim' });
    expect(await owns('DE VIC')).toBe(false);
    await removePeer(us.runtime.backend, 'victim');
    expect(await owns('DE VIC')).toBe(true);
  });

  test('so is one that was there before the hub', async () => {
    await addPeer(us.runtime, { roles: [{ ...party('DE VIC'), role: 'OTHER' }], version: '2.2.1', id: 'victim' });
    await register('EMSP DE VIC, EMSP FR DEF');
    expect(await Promise.all(['DE VIC', 'FR DEF'].map(owns))).toEqual([false, true]);
  });

  test('only those that the operator expects, if he says whom', async () => {
    await register('EMSP DE VIC, EMSP FR DEF', { isHub: true, expectedParties: [party('FR DEF')] });
    expect(await Promise.all(['DE VIC', 'FR DEF'].map(owns))).toEqual([false, true]);
  });

  test('is replaced as a whole by what it announces next, and nothing of the former list is left', async () => {
    await register('EMSP DE ONE, EMSP DE TWO');
    const { listed: former } = await peerOf(us, 'hub');
    await again('EMSP DE TWO, EMSP DE TRE');
    expect(await Promise.all(['DE ONE', 'DE TWO', 'DE TRE'].map(owns))).toEqual([false, true, true]);
    expect(await left(former?.collection ?? '')).toBe(0);
  });

  test('leaves nothing behind when the hub is refused, unregisters or is removed', async () => {
    await register('EMSP DE ONE');
    const { listed } = await peerOf(us, 'hub');
    await removePeer(us.runtime.backend, 'hub');
    expect(await left(listed?.collection ?? '')).toBe(0);
  });
});

async function left(collection: string): Promise<number> {
  const { items } = await us.runtime.backend.records.list({ collection, limit: 1_000 });
  return items.length;
}

describe('for whom a hub may push', () => {
  test('in 2.2.1, where it announces itself alone: the parties that the operator lets it speak for', async () => {
    await register('HUB NL HUB', { isHub: true, hubParties: [party('FR ABC')] }, '2.2.1');
    expect(await Promise.all(['fr abc', 'FR XYZ', 'NL HUB'].map(owns))).toEqual([true, false, false]);
    expect((await peerOf(us, 'hub')).roles).toMatchObject([{ role: 'HUB' }]);
  });

  test('those are nobody else’s as long as it speaks for them', async () => {
    await register('HUB NL HUB', { isHub: true, hubParties: [party('FR ABC')] }, '2.2.1');
    const addition = { roles: [{ ...party('FR ABC'), role: 'EMSP' as const }], version: '2.2.1' as const };
    await expect(addPeer(us.runtime, addition)).rejects.toThrow('EMSP FR ABC is a party of the peer hub');
    const change = changePeer(us.runtime, 'hub', (peer) => ({
      ...peer,
      settings: { isHub: true, hubParties: [party('NL LMS')] },
    }));
    await expect(change).rejects.toThrow('EMSP NL LMS is a party of ours');
  });

  test('no hub: only its own parties, whatever the settings say, and none as a charge point operator (COO-06)', async () => {
    const settings: PeerSettings = { hubParties: [party('FR ABC')] };
    await register('EMSP DE ONE, CPO DE TWO', settings, '2.2.1');
    expect(await Promise.all(['FR ABC', 'DE ONE', 'DE TWO'].map(owns))).toEqual([false, true, false]);
  });

  test('a hub reads our Tokens, an eMSP does not', () => {
    const of = (roles: Parameters<typeof mayReadOurTokens>[0]['roles'], settings: PeerSettings = {}) =>
      mayReadOurTokens(accessOf({ id: 'a', tokensWeGave: [], roles, settings }));
    expect(of([{ ...party('DE ONE'), role: 'EMSP' }])).toBe(false);
    expect(of([{ ...party('DE ONE'), role: 'CPO' }])).toBe(true);
    expect(of([], { isHub: true })).toBe(true);
    expect(of([])).toBe(false);
  });
});

test('a hub that the operator no longer takes for one is none, whatever it has announced', async () => {
  await register('EMSP FR DEF');
  const isOne = async () => mayReadOurTokens(accessOf(await peerOf(us, 'hub')));
  expect([await isOne(), await owns('FR DEF')]).toEqual([true, true]);
  await changePeer(us.runtime, 'hub', ({ settings: _, ...peer }) => peer);
  expect((await peerOf(us, 'hub')).hub_party_id).toBe('NLHUB');
  expect([await isOne(), await owns('FR DEF')]).toEqual([false, false]);
});

test('a peer may be limited to some of our parties and to some types', () => {
  const limited = accessOf({
    id: 'a',
    roles: [],
    tokensWeGave: [],
    settings: { ownParties: [party('NL LMS')], tokenTypes: ['RFID'] },
  });
  const free = accessOf({ id: 'b', roles: [], tokensWeGave: [] });
  expect([limited, free].map((access) => mayReadTokensOf(access, party('nl lms')))).toEqual([true, true]);
  expect([limited, free].map((access) => mayReadTokensOf(access, party('NL XXX')))).toEqual([false, true]);
  expect([limited, free].map((access) => mayAskAboutType(access, 'RFID'))).toEqual([true, true]);
  expect([limited, free].map((access) => mayAskAboutType(access, 'APP_USER'))).toEqual([false, true]);
});
