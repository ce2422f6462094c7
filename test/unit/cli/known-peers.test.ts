import { describe, expect, test } from 'vitest';
import { adviceFor, describe as describePeer, stateOf, summary, visible } from '../../../lib/cli/known-peers.ts';
import type { AccessToken, Connection, Peer } from '../../../lib/peers/peer.ts';
import { peer, sha256 } from '../../support/builders.ts';

const now = new Date('2026-03-31T12:00:00.000Z');
const before = '2026-03-31T11:59:59.000Z';
const after = '2026-03-31T12:00:01.000Z';

const token: AccessToken = { sha256: sha256('a token') };
const invitation = (expiresAt: string): AccessToken => ({ ...token, isForRegistration: true, expiresAt });
const pending: AccessToken = { ...token, isPending: true };
const connection: Connection = {
  versionsUrl: 'https://a.example/versions',
  endpoints: [{ identifier: 'tokens', role: 'SENDER', url: 'https://a.example/\u001b[31mtokens' }],
  sealedToken: 'c2VhbGVk',
  authorizationEncoding: 'base64',
  exchangedAt: '2026-03-31T00:00:00.000Z',
};
const known = (overrides: Partial<Peer>, lastUsedAt?: string) => ({
  data: peer({ id: 'acme', ...overrides }),
  revision: 'r',
  ...(lastUsedAt && { lastUsedAt }),
});

describe('the state of a peer', () => {
  test.each([
    ['registered', { connection, tokensWeGave: [token] }],
    ['registered', { connection, tokensWeGave: [token, pending, invitation(after)] }],
    ['registering', { tokensWeGave: [pending] }],
    ['invited', { tokensWeGave: [invitation(after)] }],
    ['invitation expired', { tokensWeGave: [invitation(before)] }],
    ['by hand', { tokensWeGave: [token] }],
    ['by hand', { tokensWeGave: [token, invitation(before)] }],
    ['unregistered', { tokensWeGave: [] }],
  ])('%s', (state, overrides) => {
    expect(stateOf(known(overrides).data, now)).toBe(state);
  });
});

describe('advice', () => {
  const exchanged = (exchangedAt: string) => ({ connection: { ...connection, exchangedAt }, tokensWeGave: [token] });

  test.each([
    [exchanged('2026-02-28T12:00:00.000Z'), []],
    [exchanged('2026-02-28T11:59:59.000Z'), ['The tokens are older than a month: peers rotate acme']],
    [{ connection, tokensWeGave: [token, pending] }, ['The last exchange of tokens got no answer: peers rotate acme']],
    [{ tokensWeGave: [invitation(before)] }, ['Nobody has used the invitation: peers invite acme']],
    [{ tokensWeGave: [invitation(after)] }, []],
  ])('CRED-28 %j', (overrides, advice) => {
    expect(adviceFor(known(overrides).data, now)).toEqual(advice);
  });
});

describe('what is shown', () => {
  const tokensWeGave = [{ ...token, expiresAt: before }, { ...token, sha256: 'b' }, pending, invitation(after)];
  const full = known({ connection, tokensWeGave, hub_party_id: 'DEHUB' }, before);

  test('tokens by purpose and expiry, and a hub', () => {
    expect(visible(full, now)).toMatchObject({
      state: 'registered',
      isHub: true,
      hub_party_id: 'DEHUB',
      lastUsedAt: before,
      tokens: [
        { purpose: 'replaced', expiresAt: before, isExpired: true },
        { purpose: 'in use' },
        { purpose: 'pending' },
        { purpose: 'invitation', expiresAt: after },
      ],
    });
    expect(describePeer(full, now)).toContain(
      `replaced, expired ${before}; in use; pending; invitation, until ${after}`,
    );
  });

  test('no hash, no sealed token, and nothing that steers a terminal', () => {
    const shown = [JSON.stringify(visible(full, now)), describePeer(full, now), summary([full], now)];
    for (const text of shown) {
      for (const hidden of [token.sha256, connection.sealedToken, '\u001b']) expect(text).not.toContain(hidden);
    }
  });

  test('of many parties a list names some', () => {
    const roles = Array.from({ length: 6 }, (_, i) => ({
      role: 'CPO' as const,
      country_code: 'DE',
      party_id: `A0${i}`,
    }));
    expect(summary([known({ roles })], now)).toContain('CPO DE A03, and 2 more');
    expect(describePeer(known({ roles }), now)).toContain('CPO DE A05');
  });

  test('settings in their own order, whatever that of the database', () => {
    const settings = { timeoutMs: 500, authorizationEncoding: 'raw' as const };
    expect(JSON.stringify(visible(known({ settings }), now).settings)).toBe(
      '{"authorizationEncoding":"raw","timeoutMs":500}',
    );
  });
});
