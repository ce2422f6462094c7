/** The tokens that a peer may come with: which authenticate, for how long, and how many there are. */
import { beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../../lib/credentials/access-token.ts';
import { addPeer } from '../../../lib/credentials/add.ts';
import { authenticate } from '../../../lib/credentials/authenticate.ts';
import { invite } from '../../../lib/credentials/invite.ts';
import { register } from '../../../lib/credentials/register.ts';
import { renew } from '../../../lib/credentials/renew.ts';
import { peersCall } from '../../../lib/crud/calls.ts';
import type { AccessToken } from '../../../lib/peers/peer.ts';
import { changePeer } from '../../../lib/peers/store.ts';
import { mostTokens } from '../../../lib/peers/tokens.ts';
import { credentialsOf, network, type Platform, peerOf } from './network.ts';

const dayMs = 86_400_000;

let us: Platform;
let partner: Platform;

beforeEach(async () => {
  const { platform } = network();
  us = platform('us', 'CPO NL AAA');
  partner = platform('partner', 'EMSP DE BBB');
  const { token: tokenA } = await invite(us.runtime, 'p', {});
  await register(partner.runtime, { id: 'us', versionsUrl: us.versionsUrl(), tokenA, settings: {}, version: '2.2.1' });
});

const give = (...tokensWeGave: AccessToken[]) => changePeer(us.runtime, 'p', (peer) => ({ ...peer, tokensWeGave }));

const holds = async (token: string): Promise<boolean> =>
  (await authenticate(us.runtime, peersCall, [sha256(token)])) !== undefined;

const use = (token: string, at: Date = us.runtime.now()) =>
  us.runtime.backend.credentials.recordUse({ ...peersCall, id: 'p', at: at.toISOString(), sha256: sha256(token) });

const named = (name: string, more: Partial<AccessToken> = {}): AccessToken => ({ sha256: sha256(name), ...more });

describe('which tokens authenticate', () => {
  test('the one before stays good until the newest is used, and not longer (CRED-30)', async () => {
    await give(named('a'), named('b'), named('c'));
    expect(await Promise.all(['a', 'b', 'c', 'd'].map(holds))).toEqual([true, true, true, false]);
    await use('b');
    expect(await Promise.all(['a', 'b', 'c'].map(holds))).toEqual([false, true, true]);
    await use('c');
    expect(await Promise.all(['a', 'b', 'c'].map(holds))).toEqual([false, false, true]);
  });

  test('a note that arrives late brings no token back', async () => {
    await give(named('a'), named('b'), named('c'));
    const before = us.runtime.now();
    us.advance(1_000);
    await use('c');
    await use('b', before);
    expect(await Promise.all(['a', 'b', 'c'].map(holds))).toEqual([false, false, true]);
  });

  test('a note about a token that is gone ends nothing', async () => {
    await give(named('a'), named('b'));
    await use('gone');
    expect(await holds('a')).toBe(true);
  });

  test('neither what was only sent nor an invitation ends another', async () => {
    await give(named('a'), named('invitation', { isForRegistration: true }), named('sent', { isPending: true }));
    expect(await Promise.all(['a', 'invitation', 'sent'].map(holds))).toEqual([true, true, true]);
  });

  test('none beyond its end', async () => {
    await give(named('a', { expiresAt: new Date(us.runtime.now().getTime() + 1_000).toISOString() }), named('b'));
    expect(await holds('a')).toBe(true);
    us.advance(1_000);
    expect(await holds('a')).toBe(false);
  });

  test('looking up the newest is one read', async () => {
    await give(named('a'), named('b'));
    const { credentials } = us.runtime.backend;
    let reads = 0;
    credentials.lastUse = async () => {
      reads += 1;
      return undefined;
    };
    await holds('b');
    expect(reads).toBe(0);
    await holds('a');
    expect(reads).toBe(1);
  });
});

describe('how many there are', () => {
  test('a hundred rotations within the grace period keep a few tokens, and the newest works', async () => {
    for (let i = 0; i < 100; i += 1) await renew(us.runtime, 'p');
    const { tokensWeGave } = await peerOf(us, 'p');
    expect(tokensWeGave.length).toBe(mostTokens);
    await renew(partner.runtime, 'us');
    await renew(us.runtime, 'p');
  });

  test('a replaced token ends at its own time, however often another takes over after it', async () => {
    await renew(us.runtime, 'p');
    const [first] = (await peerOf(us, 'p')).tokensWeGave;
    us.advance(dayMs / 2);
    await renew(us.runtime, 'p');
    expect((await peerOf(us, 'p')).tokensWeGave[0]).toEqual(first);
    us.advance(dayMs / 2);
    await renew(us.runtime, 'p');
    expect((await peerOf(us, 'p')).tokensWeGave.map((token) => token.sha256)).not.toContain(first?.sha256);
  });

  test('the newest that the peer has used is never given up, because it may have no other', async () => {
    await give(named('used'), ...['b', 'c', 'd', 'e'].map((name) => named(name, { isPending: true })));
    await use('used');
    await changePeer(us.runtime, 'p', (peer) => ({ ...peer, tokensWeGave: [...peer.tokensWeGave, named('f')] }));
    const kept = (await peerOf(us, 'p')).tokensWeGave.map((token) => token.sha256);
    expect(kept).toEqual(['used', 'c', 'd', 'e', 'f'].map(sha256));
  });

  test('a partner that keeps renewing and never uses what it gets has two', async () => {
    const secret = 'known';
    await addPeer(partner.runtime, {
      roles: [{ role: 'CPO', country_code: 'FR', party_id: 'X01' }],
      version: '2.2.1',
      token: 'z',
    });
    await give(named(secret));
    for (let i = 0; i < 8; i += 1) {
      await us.answer('PUT', secret, credentialsOf('partner', 'z', 'EMSP DE BBB'));
      expect((await peerOf(us, 'p')).tokensWeGave).toHaveLength(2);
    }
  });
});
