/** Two platforms register, renew, upgrade and unregister, without HTTP in between. */
import { beforeEach, describe, expect, test } from 'vitest';
import { PeerError } from '../../../lib/client/peer-error.ts';
import { invite } from '../../../lib/credentials/invite.ts';
import { register } from '../../../lib/credentials/register.ts';
import { renew } from '../../../lib/credentials/renew.ts';
import { unregister } from '../../../lib/credentials/unregister.ts';
import { hasTreePerRole, type VersionNumber, versionNumbers } from '../../../lib/ocpi/versions.ts';
import { network, type Platform, peerIds, peerOf } from './network.ts';

let cpo: Platform;
let emsp: Platform;

beforeEach(() => {
  const { platform } = network();
  cpo = platform('cpo', 'CPO NL AAA');
  emsp = platform('emsp', 'EMSP DE BBB');
});

async function connect(version: VersionNumber = '2.2.1', settings = {}): Promise<void> {
  const { token: tokenA } = await invite(cpo.runtime, 'the-emsp', settings);
  const versionsUrl = cpo.versionsUrl(hasTreePerRole(version) ? 'CPO' : undefined);
  await register(emsp.runtime, { id: 'the-cpo', versionsUrl, tokenA, settings: {}, version });
}

describe('connecting', () => {
  test.each(versionNumbers)('registers, renews from both sides and unregisters in %s (CRED-10)', async (version) => {
    await connect(version);
    expect(await peerOf(cpo, 'the-emsp')).toMatchObject({ version, roles: [{ role: 'EMSP', party_id: 'BBB' }] });
    expect(await peerOf(emsp, 'the-cpo')).toMatchObject({ version, roles: [{ role: 'CPO', party_id: 'AAA' }] });
    await renew(emsp.runtime, 'the-cpo');
    await renew(cpo.runtime, 'the-emsp');
    await renew(emsp.runtime, 'the-cpo');
    await unregister(emsp.runtime, 'the-cpo', false);
    for (const [side, id] of [[cpo, 'the-emsp'] as const, [emsp, 'the-cpo'] as const]) {
      expect(await peerOf(side, id)).toMatchObject({ tokensWeGave: [], roles: [] });
      expect((await peerOf(side, id)).connection).toBeUndefined();
    }
  });

  test('moves to a newer version (CRED-31)', async () => {
    await connect('2.1.1');
    for (const version of ['2.2.1', '2.3.0'] as const) {
      await renew(emsp.runtime, 'the-cpo', version);
      expect((await peerOf(cpo, 'the-emsp')).version).toBe(version);
    }
  });
});

describe('a registration that the partner refuses', () => {
  test('leaves no peer behind that was not there before', async () => {
    const attempt = register(emsp.runtime, {
      id: 'the-cpo',
      versionsUrl: cpo.versionsUrl(),
      tokenA: (await invite(cpo.runtime, 'the-emsp', { expectedRoles: ['CPO'] })).token,
      settings: {},
    });
    await expect(attempt).rejects.toThrow('refused our credentials');
    expect(await peerIds(emsp)).toEqual([]);
  });

  test.each([307, 308])('leaves no peer behind whose answer is a redirect (%i) that we do not follow', async (http) => {
    const { token: tokenA } = await invite(cpo.runtime, 'the-emsp', {});
    const redirect = async () => {
      throw new PeerError('broken', `cpo redirects us (HTTP ${http}) upon POST to another URL`, { http });
    };
    cpo.faults.push(
      (proceed) => proceed(),
      (proceed) => proceed(),
      () => redirect(),
    );
    const attempt = register(emsp.runtime, { id: 'the-cpo', versionsUrl: cpo.versionsUrl(), tokenA, settings: {} });
    await expect(attempt).rejects.toThrow(`(HTTP ${http}) upon POST to another URL. Nothing has changed`);
    expect(await peerIds(emsp)).toEqual([]);
  });

  test('leaves no peer behind that announces what it may not', async () => {
    const { token: tokenA } = await invite(cpo.runtime, 'the-emsp', {});
    const attempt = register(emsp.runtime, {
      id: 'the-cpo',
      versionsUrl: cpo.versionsUrl(),
      tokenA,
      settings: { expectedRoles: ['EMSP'] },
    });
    await expect(attempt).rejects.toThrow('announces what it may not: roles should hold EMSP: CPO was not');
    expect(await peerIds(emsp)).toEqual([]);
    expect((await peerOf(cpo, 'the-emsp')).connection).toBeUndefined();
  });

  test('gives a peer that was there its settings back', async () => {
    await invite(emsp.runtime, 'the-cpo', { timeoutMs: 5_000 });
    const before = await peerOf(emsp, 'the-cpo');
    const { token: tokenA } = await invite(cpo.runtime, 'the-emsp', { expectedRoles: ['CPO'] });
    const settings = { timeoutMs: 9_000 };
    const attempt = register(emsp.runtime, { id: 'the-cpo', versionsUrl: cpo.versionsUrl(), tokenA, settings });
    await expect(attempt).rejects.toThrow('Nothing has changed');
    expect(await peerOf(emsp, 'the-cpo')).toEqual(before);
  });

  test('stays as a registration that got no answer if the answer was lost (CRED-30)', async () => {
    const { token: tokenA } = await invite(cpo.runtime, 'the-emsp', {});
    cpo.faults.push(
      (proceed) => proceed(),
      (proceed) => proceed(),
      async (proceed) => {
        await proceed();
        throw new Error('the answer is lost');
      },
    );
    const attempt = register(emsp.runtime, { id: 'the-cpo', versionsUrl: cpo.versionsUrl(), tokenA, settings: {} });
    await expect(attempt).rejects.toThrow('gave no usable answer');
    expect((await peerOf(emsp, 'the-cpo')).tokensWeGave).toMatchObject([{ isPending: true }]);
  });
});
