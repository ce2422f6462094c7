import { describe, expect, test } from 'vitest';
import { describe as describePeer, summary } from '../../../lib/cli/known-peers.ts';
import type { PeerView } from '../../../lib/operator/api/peers.ts';

const now = new Date('2026-03-31T12:00:00.000Z');
const before = '2026-03-31T11:59:59.000Z';
const after = '2026-03-31T12:00:01.000Z';

const view = (overrides: Partial<PeerView> = {}): PeerView => ({
  id: 'acme',
  state: 'registered',
  roles: [{ role: 'EMSP', country_code: 'DE', party_id: 'DMS', name: 'Demo' }],
  isHub: false,
  tokens: [],
  settings: {},
  advice: [],
  ...overrides,
});

const connection: Partial<PeerView> = {
  versionsUrl: 'https://a.example/versions',
  endpoints: [{ identifier: 'tokens', role: 'SENDER', url: 'https://a.example/\u001b[31mtokens' }],
  authorizationEncoding: 'base64',
  exchangedAt: '2026-03-29T12:00:00.000Z',
};

describe('what is shown of a peer', () => {
  test('tokens by purpose and expiry', () => {
    const tokens: PeerView['tokens'] = [
      { purpose: 'replaced', expiresAt: before, isExpired: true },
      { purpose: 'in use' },
      { purpose: 'pending' },
      { purpose: 'invitation', expiresAt: after },
    ];
    expect(describePeer(view({ tokens }), now)).toContain(
      `replaced, expired ${before}; in use; pending; invitation, until ${after}`,
    );
    expect(describePeer(view(), now)).toMatch(/^tokens we gave +none$/m);
  });

  test('a connection: how they read, how old its tokens are, when they last called', () => {
    const text = describePeer(view({ ...connection, lastUsedAt: before }), now);
    expect(text).toMatch(/^they read +Authorization: Token in base64$/m);
    expect(text).toMatch(/^tokens exchanged +2026-03-29T12:00:00\.000Z, 2 days ago$/m);
    expect(text).toMatch(new RegExp(`^last contact +${before}$`, 'm'));
    expect(describePeer(view(connection), now)).toMatch(/^last contact +none yet$/m);
    expect(describePeer(view(), now)).not.toContain('last contact');
  });

  test('a hub, and how many it lists', () => {
    expect(describePeer(view({ isHub: true }), now)).toMatch(/^hub +yes$/m);
    const listing = view({ isHub: true, hub_party_id: 'DEHUB', listedParties: 7 });
    expect(describePeer(listing, now)).toMatch(/^hub +DEHUB, with 7 parties$/m);
    expect(describePeer(view(), now)).not.toContain('hub');
  });

  test('what it announces besides what was agreed on', () => {
    const ignoredRoles: PeerView['ignoredRoles'] = [{ role: 'CPO', country_code: 'DE', party_id: 'DMS', name: 'Demo' }];
    expect(describePeer(view({ ignoredRoles }), now)).toMatch(/^not agreed on +CPO DE DMS$/m);
    expect(describePeer(view(), now)).not.toContain('agreed');
  });

  test('settings and advice, if there are any', () => {
    const text = describePeer(view({ settings: { timeoutMs: 500 }, advice: ['Do it', 'Do that'] }), now);
    expect(text).toMatch(/^settings +\{"timeoutMs":500\}$/m);
    expect(text).toMatch(/\n\nAdvice: Do it\nAdvice: Do that$/);
  });

  test('nothing that steers a terminal', () => {
    const steering = view({ ...connection, version: '2.2.1', advice: [] });
    for (const text of [describePeer(steering, now), summary([steering])]) expect(text).not.toContain('\u001b');
    expect(describePeer(steering, now)).toContain('https://a.example/ [31mtokens');
  });
});

test('of many parties a list names some', () => {
  const roles = Array.from({ length: 6 }, (_, i) => ({ role: 'CPO' as const, country_code: 'DE', party_id: `A0${i}` }));
  expect(summary([view({ roles })])).toContain('CPO DE A03, and 2 more');
  expect(describePeer(view({ roles }), now)).toContain('CPO DE A05');
});

test('a list of none says so', () => {
  expect(summary([])).toBe('No peers yet.');
});
