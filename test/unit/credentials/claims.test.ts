/** Which parties a platform may announce, and that a party is never two peers' (TRN-14). */
import { beforeEach, describe, expect, test } from 'vitest';
import { addPeer } from '../../../lib/credentials/add.ts';
import { invite } from '../../../lib/credentials/invite.ts';
import { register } from '../../../lib/credentials/register.ts';
import { renew } from '../../../lib/credentials/renew.ts';
import { unregister } from '../../../lib/credentials/unregister.ts';
import type { PartyRole } from '../../../lib/ocpi/credentials.ts';
import { accessOf, mayReadOurTokens } from '../../../lib/peers/access.ts';
import { mostClaims } from '../../../lib/peers/claims.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { changePeer, removePeer } from '../../../lib/peers/store.ts';
import { credentialsOf, type Network, network, type Platform, peerOf } from './network.ts';

let net: Network;
/** Ours: both a CPO and an eMSP. */
let us: Platform;

beforeEach(async () => {
  net = network();
  us = net.platform('us', 'CPO NL LCP, EMSP NL LMS');
});

const party = (text: string) => ({ country_code: text.slice(0, 2), party_id: text.slice(3) });

/** A stranger's server, which answers our questions about its versions; the token that it gives us is `secret`. */
async function stranger(name: string, secret = `${name}-secret`): Promise<Platform> {
  const platform = net.platform(name, 'EMSP XX XXX, CPO XX XXX');
  await addPeer(platform.runtime, { roles: [{ ...party('NL LCP'), role: 'CPO' }], version: '2.2.1', token: secret });
  return platform;
}

/** Invites a platform, and lets it announce these parties. */
async function announce(
  name: string,
  parties: string,
  settings: PeerSettings = {},
  more: object = {},
): Promise<unknown> {
  await stranger(name);
  const { token } = await invite(us.runtime, name, settings);
  const version = 'hub_party_id' in more ? '2.3.0' : '2.2.1';
  return us.answer('POST', token, credentialsOf(name, `${name}-secret`, parties, more), version);
}

const refused = (message: string | RegExp) =>
  expect.objectContaining({ status: 2001, message: expect.stringMatching(message) });

describe('a party is one peer’s', () => {
  test('an invitation for a party that another peer has announced is refused, and says who has it', async () => {
    await announce('s', 'EMSP DE VIC');
    const invitation = invite(us.runtime, 'victim', { expectedParties: [party('de vic')] });
    await expect(invitation).rejects.toThrow('EMSP DE VIC is a party of the peer s');
    expect(await us.runtime.backend.credentials.list({ module_id: 'credentials', version: '2.3.0' })).toHaveLength(1);
  });

  test('an invitation keeps its parties for the peer that is to register, in every role that it may have', async () => {
    await invite(us.runtime, 'victim', { expectedParties: [party('DE VIC')], expectedRoles: ['CPO', 'EMSP'] });
    for (const roles of ['EMSP DE VIC', 'OTHER DE VIC', 'CPO DE VIC']) {
      const settings: PeerSettings = { expectedRoles: ['EMSP', 'CPO', 'OTHER'] };
      await expect(announce(`s${roles.length}`, roles, settings)).rejects.toThrow(refused('you may not speak for'));
    }
    await expect(invite(us.runtime, 'twin', { expectedParties: [party('DE VIC')] })).rejects.toThrow('the peer victim');
  });

  test('the partner is not told who has it', async () => {
    await announce('victim', 'EMSP DE VIC');
    const error: unknown = await announce('s', 'EMSP DE ABC, EMSP DE VIC').catch((reason: unknown) => reason);
    expect(error).toEqual(refused(/^roles should not hold EMSP DE VIC, which you may not speak for$/));
    expect((await peerOf(us, 's')).connection).toBeUndefined();
  });

  test.each(['EMSP nl lms', 'NSP NL LMS', 'CPO NL LCP'])(
    '%s is ours, and nobody’s to announce or be invited for',
    async (own) => {
      const settings: PeerSettings = { expectedRoles: ['EMSP', 'CPO', 'NSP'] };
      await expect(announce('s', own, settings)).rejects.toThrow(refused('a party of ours'));
      const expectedParties = [party(own.split(' ').slice(1).join(' '))];
      await expect(invite(us.runtime, 'b', { ...settings, expectedParties })).rejects.toThrow('is a party of ours');
      const [role = ''] = own.split(' ');
      const roles = [{ ...expectedParties[0], role }] as Parameters<typeof addPeer>[1]['roles'];
      await expect(addPeer(us.runtime, { roles, version: '2.2.1' })).rejects.toThrow('is a party of ours');
    },
  );

  test('the same company as CPO is another matter (VER-08)', async () => {
    await announce('emsp', 'EMSP DE ABC', { expectedRoles: ['EMSP'] });
    await announce('cpo', 'CPO DE ABC, CPO NL LMS', { expectedRoles: ['CPO'] });
    expect((await peerOf(us, 'cpo')).roles).toHaveLength(2);
  });

  test('a peer that is added by hand goes the same way', async () => {
    await announce('s', 'EMSP DE VIC');
    const addition = addPeer(us.runtime, { roles: [{ ...party('DE VIC'), role: 'EMSP' }], version: '2.2.1' });
    await expect(addition).rejects.toThrow('EMSP DE VIC is a party of the peer s');
  });

  test('so does a partner that we register with, and it is told goodbye', async () => {
    await announce('s', 'EMSP DE VIC');
    const partner = net.platform('partner', 'EMSP DE VIC');
    const { token: tokenA } = await invite(partner.runtime, 'us', {});
    const attempt = register(us.runtime, { id: 'p', versionsUrl: partner.versionsUrl(), tokenA, settings: {} });
    await expect(attempt).rejects.toThrow('announces what it may not: EMSP DE VIC is a party of the peer s');
    expect((await peerOf(partner, 'us')).connection).toBeUndefined();
  });

  test('of two handshakes at the same moment exactly one gets the party', async () => {
    for (let round = 0; round < 40; round += 1) {
      const claimed = `EMSP DE ${String(round).padStart(3, '0')}`;
      const outcomes = await Promise.allSettled([announce(`a${round}`, claimed), announce(`b${round}`, claimed)]);
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      const [loser] = outcomes.filter((outcome) => outcome.status === 'rejected');
      expect(loser?.reason).toEqual(refused('which you may not speak for'));
    }
  });
});

describe('parties become free', () => {
  test('with the peer, with its connection, and with the role that it gives up', async () => {
    await announce('first', 'EMSP DE ONE, EMSP DE TWO');
    await removePeer(us.runtime.backend, 'first');
    await announce('second', 'EMSP DE ONE, EMSP DE TWO');
    await us.answer('PUT', await tokenOf('second'), credentialsOf('second', 'second-secret', 'EMSP DE TWO'));
    await announce('third', 'EMSP DE ONE');
    await changePeer(us.runtime, 'second', (peer) => ({ ...peer, roles: [] }));
    await announce('fourth', 'EMSP DE TWO');
  });

  test('when an invited peer registers with fewer of them', async () => {
    await announce('first', 'EMSP DE ONE', { expectedParties: [party('DE ONE'), party('DE TWO')] });
    await announce('second', 'EMSP DE TWO');
  });

  test('when a peer unregisters', async () => {
    const partner = net.platform('partner', 'EMSP DE VIC');
    const { token: tokenA } = await invite(us.runtime, 'p', { expectedParties: [party('DE VIC')] });
    await register(partner.runtime, { id: 'us', versionsUrl: us.versionsUrl(), tokenA, settings: {} });
    await unregister(partner.runtime, 'us', false);
    await announce('other', 'EMSP DE VIC');
  });
});

/** The token that a peer has of us: it is known to nobody else, so it gets one more. */
async function tokenOf(id: string): Promise<string> {
  const { sha256 } = await import('../../../lib/credentials/access-token.ts');
  const token = `${id}-in-use`;
  await changePeer(us.runtime, id, (peer) => ({ ...peer, tokensWeGave: [{ sha256: sha256(token) }] }));
  return token;
}

describe('an invitation says what a partner may become', () => {
  test('an eMSP does not become a charge point operator', async () => {
    const settings: PeerSettings = { expectedRoles: ['EMSP'], expectedParties: [party('SE ESC')] };
    await expect(announce('s', 'CPO SE ESC', settings)).rejects.toThrow(
      refused(/^roles should hold EMSP: CPO was not agreed/),
    );
    await announce('s', 'EMSP SE ESC, CPO SE ESC', settings);
    const access = accessOf(await peerOf(us, 's'));
    expect(access.roles).toEqual([{ role: 'EMSP', ...party('SE ESC') }]);
    expect(mayReadOurTokens(access)).toBe(false);
  });

  test('what it announces besides claims nothing, until it is agreed on', async () => {
    await announce('s', 'EMSP SE ESC, CPO SE ESC, CPO SE VIC');
    await announce('victim', 'CPO SE VIC', { expectedRoles: ['CPO'] });
    const widen = (expectedRoles: PartyRole[]) =>
      changePeer(us.runtime, 's', (peer) => ({ ...peer, settings: { ...peer.settings, expectedRoles } }));
    await expect(widen(['EMSP', 'CPO'])).rejects.toThrow('CPO SE VIC is a party of the peer victim');
    await removePeer(us.runtime.backend, 'victim');
    expect(mayReadOurTokens(accessOf(await widen(['EMSP', 'CPO'])))).toBe(true);
    expect(mayReadOurTokens(accessOf(await widen(['EMSP'])))).toBe(false);
    await announce('victim', 'CPO SE VIC', { expectedRoles: ['CPO'] });
  });

  test('nor by an upgrade of its registration, and no party more', async () => {
    const settings: PeerSettings = { expectedRoles: ['EMSP'], expectedParties: [party('SE ESC')] };
    await announce('s', 'EMSP SE ESC', settings);
    await announce('victim', 'EMSP DE VIC');
    const token = await tokenOf('s');
    for (const [roles, reason] of [
      ['CPO SE ESC', 'CPO was not agreed on'],
      ['EMSP SE ESC, EMSP DE VIC', 'DE VIC, which was not agreed on'],
    ] as const) {
      const put = us.answer('PUT', token, credentialsOf('s', 's-secret', roles), '2.3.0');
      await expect(put).rejects.toThrow(refused(reason));
    }
    expect(await peerOf(us, 's')).toMatchObject({ version: '2.2.1', roles: [{ role: 'EMSP', party_id: 'ESC' }] });
  });

  test('an upgrade does not take another peer’s party either', async () => {
    await announce('s', 'EMSP SE ESC');
    await announce('victim', 'EMSP DE VIC');
    const put = us.answer('PUT', await tokenOf('s'), credentialsOf('s', 's-secret', 'EMSP DE VIC'), '2.3.0');
    await expect(put).rejects.toThrow(refused('you may not speak for'));
  });

  test('by default an eMSP, who reads none of our Tokens, if we are both', async () => {
    const { peer } = await invite(us.runtime, 'guest', {});
    expect(peer.settings).toEqual({ expectedRoles: ['EMSP'] });
    await expect(announce('s', 'NSP SE ESC')).rejects.toThrow(refused('hold EMSP: NSP was not agreed on'));
  });

  test.each([
    ['CPO NL AAA', undefined, 'EMSP'],
    ['EMSP NL AAA', undefined, 'CPO'],
    ['CPO NL AAA, EMSP NL AAA', 'CPO', 'EMSP'],
    ['CPO NL AAA, EMSP NL AAA', 'EMSP', 'CPO'],
  ] as const)('of %s, in a connection as %s, the counterpart: %s', async (parties, ourRole, expected) => {
    const { runtime } = net.platform('host', parties);
    const { peer } = await invite(runtime, 'guest', {}, 7, ourRole);
    expect(peer.settings).toEqual({ expectedRoles: [expected] });
  });

  test('in 2.1.1 the tree that a partner chooses makes it nothing else', async () => {
    await stranger('s');
    const { token } = await invite(us.runtime, 's', {});
    const { url, token: theirs } = credentialsOf('s', 's-secret', 'CPO SE ESC') as { url: string; token: string };
    const old = { url, token: theirs, country_code: 'SE', party_id: 'ESC', business_details: { name: 'S' } };
    await expect(us.answer('POST', token, old, '2.1.1', 'EMSP')).rejects.toThrow(refused('CPO was not agreed on'));
  });

  test('two that are both take each other on, each as what was agreed on', async () => {
    const partner = net.platform('partner', 'CPO DE BBB, EMSP DE BBB');
    const { token: tokenA } = await invite(us.runtime, 'p', {});
    await register(partner.runtime, { id: 'us', versionsUrl: us.versionsUrl(), tokenA, settings: {} });
    const rolesOf = async (platform: Platform, id: string) =>
      accessOf(await peerOf(platform, id)).roles.map(({ role }) => role);
    expect(await rolesOf(us, 'p')).toEqual(['EMSP']);
    expect(await rolesOf(partner, 'us')).toEqual(['CPO', 'EMSP']);
  });

  test('nobody becomes a hub by saying so, in any version', async () => {
    await expect(announce('s', 'HUB NL HUB')).rejects.toThrow(refused('HUB was not agreed on'));
    await expect(announce('t', 'EMSP NL HUB', {}, { hub_party_id: 'NLHUB' })).rejects.toThrow(refused('^hub_party_id'));
  });
});

describe('the number of parties is bounded', () => {
  const many = (count: number, country: string) =>
    Array.from({ length: count }, (_, i) => `EMSP ${country} ${String(i).padStart(3, '0')}`).join(', ');

  test('1000 roles of a platform that is no hub are refused with the number', async () => {
    await expect(announce('s', many(1_000, 'DE'))).rejects.toThrow(refused('at most 40 .* but hold 1000'));
    await expect(announce('t', many(mostClaims + 1, 'DE'))).rejects.toThrow(refused(`hold ${mostClaims + 1}`));
  });

  test('all of them may be replaced at once by as many others', async () => {
    await announce('s', many(mostClaims, 'DE'));
    await us.answer('PUT', await tokenOf('s'), credentialsOf('s', 's-secret', many(mostClaims, 'FR')));
    expect((await peerOf(us, 's')).roles[0]).toMatchObject({ country_code: 'FR' });
    await announce('t', many(mostClaims, 'DE'));
  });

  test('an invitation for too many is refused', async () => {
    const expectedParties = Array.from({ length: 21 }, (_, i) => party(`DE ${String(i).padStart(3, '0')}`));
    const settings: PeerSettings = { expectedParties, expectedRoles: ['CPO', 'EMSP'] };
    await expect(invite(us.runtime, 's', settings)).rejects.toThrow('may have 40 parties');
  });

  test('renewing keeps what a peer has', async () => {
    const partner = net.platform('partner', 'EMSP DE VIC');
    const { token: tokenA } = await invite(us.runtime, 'p', {});
    await register(partner.runtime, { id: 'us', versionsUrl: us.versionsUrl(), tokenA, settings: {} });
    await renew(partner.runtime, 'us');
    await expect(announce('s', 'EMSP DE VIC')).rejects.toThrow(refused('you may not speak for'));
  });
});
