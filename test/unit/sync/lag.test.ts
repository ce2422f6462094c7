/** Whether push and pull keep up with what the settings of a peer allow. */
import { describe, expect, test } from 'vitest';
import type { Peer } from '../../../lib/peers/peer.ts';
import type { PeerSettings } from '../../../lib/peers/settings.ts';
import { isFailing, lagOf, refusedIn, type Seen, tokensEnding } from '../../../lib/sync/lag.ts';
import type { PullState, PushState } from '../../../lib/sync/state.ts';
import { accessToken, peer } from '../../support/builders.ts';
import { pullState, pushState, syncedPeer } from '../../support/lanes.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const ago = (minutes: number) => new Date(now.getTime() - minutes * 60_000).toISOString();
const ahead = (minutes: number) => ago(-minutes);
const days = 24 * 60;

const seen = (
  direction: 'push' | 'pull',
  state: PushState | PullState | undefined,
  more: Partial<Seen> = {},
): Seen => ({
  peer: syncedPeer('acme'),
  direction,
  state,
  isNew: false,
  isPaused: false,
  unsent: undefined,
  ...more,
});
const withSettings = (settings: PeerSettings) => ({ peer: syncedPeer('acme', { settings }) });
const failing = (minutes: number) => ({ since: ago(minutes), nextAt: ahead(1), times: 3, why: 'down' });

describe('push, where fifteen minutes are allowed', () => {
  const atRest = pushState(ago(10 * days));
  const cases: [string, PushState | undefined, Partial<Seen>, number][] = [
    ['at rest, however long ago the last change was', atRest, {}, 0],
    ['with a change that nobody has begun to send', atRest, { unsent: ago(30) }, 2],
    ['with a change that is stamped ahead', atRest, { unsent: ahead(1) }, 0],
    [
      'in a walk of changes',
      { ...atRest, changes: { from: ago(10 * days), walk: { began: ago(3), offset: 0 } } },
      {},
      0.2,
    ],
    ['that fails', { ...atRest, failing: failing(60) }, {}, 4],
    ['that fails and is paused', { ...atRest, failing: failing(60) }, { isPaused: true }, 0],
    ['that fails, of a place that is no more', { ...atRest, failing: failing(60) }, { isNew: true }, 0],
    [
      'in a full push of hours that goes on',
      { ...atRest, full: { began: ago(600), offset: 1, total: 9 }, succeededAt: ago(0) },
      {},
      0,
    ],
    [
      'in a full push that does not',
      { ...atRest, full: { began: ago(600), offset: 1, total: 9 }, succeededAt: ago(60) },
      {},
      4,
    ],
    [
      'in one that has had no success yet',
      { ...atRest, full: { began: ago(15), offset: 0, total: 0 }, succeededAt: ago(days) },
      {},
      1,
    ],
    [
      'that tries what was refused, and goes on',
      { ...atRest, retrying: {}, retriedAt: ago(60), succeededAt: ago(0) },
      {},
      0,
    ],
    ['that tries what was refused, and does not', { ...atRest, retrying: {}, retriedAt: ago(30) }, {}, 2],
  ];
  test.each(cases)('%s', (_, state, more, lag) => {
    expect(lagOf(seen('push', state, more), now)).toBe(lag);
  });

  test('that has not begun waits since the peer was connected', () => {
    const connected = syncedPeer('acme');
    const connection = { ...connected.connection, exchangedAt: ago(30) } as NonNullable<Peer['connection']>;
    expect(lagOf(seen('push', undefined, { peer: { ...connected, connection } }), now)).toBe(2);
  });

  test('a walk may take longer, the more of it is sent and the fewer a second the settings allow', () => {
    const walk = { began: ago(60), offset: 2_700 };
    const state = { ...atRest, changes: { from: ago(days), walk } };
    expect(lagOf(seen('push', state, withSettings({ pushesPerSecond: 1 })), now)).toBe(1);
    expect(lagOf(seen('push', state, withSettings({ pushesPerSecond: 20 })), now)).toBeGreaterThan(3);
  });
});

describe('pull, in units of its interval', () => {
  const hourly = withSettings({ pullEveryMinutes: 60 });
  const walk = { kind: 'changes', startedAt: ago(600) } as NonNullable<PullState['walk']>;

  test('is not late as long as its moment of the interval may still come', () => {
    for (const minutes of [1, 30, 60, 89]) {
      const lag = lagOf(seen('pull', pullState(ago(minutes)), hourly), now);
      expect(lag).toBeLessThanOrEqual(Math.max(0, (minutes - 30) / 60));
    }
  });

  test('is late once it was due', () => {
    const lag = lagOf(seen('pull', pullState(ago(300)), hourly), now);
    expect(lag).toBeGreaterThanOrEqual(2.5);
    expect(lag).toBeLessThanOrEqual(4.5);
  });

  test('a walk of hours is not late as long as it goes on', () => {
    expect(lagOf(seen('pull', { ...pullState(ago(900)), walk, succeededAt: ago(0) }, hourly), now)).toBe(0);
    expect(lagOf(seen('pull', { ...pullState(ago(900)), walk, succeededAt: ago(90) }, hourly), now)).toBe(1.5);
  });

  test('what fails waits since it failed, and more often than each quarter of an hour is not asked of anybody', () => {
    const state = { ...pullState(ago(20)), failing: failing(30) };
    expect(lagOf(seen('pull', state, withSettings({ pullEveryMinutes: 60 })), now)).toBe(0.5);
    expect(lagOf(seen('pull', state, withSettings({ pullEveryMinutes: 1 })), now)).toBe(2);
  });

  test('what was never read is late since the peer was connected, and not since the beginning of time', () => {
    const { full: _, from: __, ...state } = pullState(ago(1));
    const connected = syncedPeer('acme');
    const connection = { ...connected.connection, exchangedAt: ago(30) } as NonNullable<Peer['connection']>;
    expect(lagOf(seen('pull', state, { peer: { ...connected, connection } }), now)).toBe(0.5);
  });
});

test('a lane fails unless it is paused or begins anew', () => {
  const state = { ...pushState(ago(5)), failing: failing(1) };
  expect(isFailing(seen('push', state))).toBe(true);
  expect(isFailing(seen('push', pushState(ago(5))))).toBe(false);
  expect(isFailing(seen('push', state, { isPaused: true }))).toBe(false);
  expect(isFailing(seen('push', state, { isNew: true }))).toBe(false);
});

test('what was refused counts as it stands now, and of a pull in its last walk', () => {
  const counts = (invalid: number) => ({
    created: 9,
    updated: 9,
    unchanged: 9,
    late: 9,
    duplicate: 9,
    foreign: 1,
    invalid,
  });
  const full = { at: ago(days), read: 9, counts: counts(9) };
  const changes = { at: ago(5), read: 9, counts: counts(2) };
  expect(refusedIn(seen('push', { ...pushState(ago(1)), refused: ['a', 'b'] }))).toBe(2);
  expect(refusedIn(seen('pull', { ...pullState(ago(1)), full, changes }))).toBe(3);
  expect(refusedIn(seen('pull', { ...pullState(ago(1)), full }))).toBe(10);
  expect(refusedIn(seen('pull', undefined))).toBe(0);
});

describe('a token ends soon', () => {
  const old = { ...accessToken('old'), expiresAt: ahead(10 * 60) };
  const fresh = accessToken('new');
  const used = (token: typeof fresh) => ({ sha256: token.sha256, at: ago(1) });
  const ending = (tokensWeGave: Peer['tokensWeGave'], lastUse?: ReturnType<typeof used>, graceHours = 24) =>
    tokensEnding({ data: peer({ tokensWeGave }), ...(lastUse && { lastUse }) }, now, graceHours);

  test('if the peer still comes with it, although it has a new one', () => {
    expect(ending([old, fresh], used(old))).toBe(1);
    expect(ending([old, fresh], used(fresh))).toBe(0);
    expect(ending([old, fresh])).toBe(0);
  });

  test('but not right after it was replaced', () => {
    expect(ending([{ ...old, expiresAt: ahead(13 * 60) }, fresh], used(old))).toBe(0);
    expect(ending([{ ...old, expiresAt: ahead(50) }, fresh], used(old), 1)).toBe(0);
    expect(ending([{ ...old, expiresAt: ahead(20) }, fresh], used(old), 1)).toBe(1);
  });

  test('if it is an invitation that nobody has used, within a day and not later', () => {
    const invitation = (expiresAt: string) => ({ ...accessToken('a'), isForRegistration: true, expiresAt }) as const;
    expect(ending([invitation(ahead(23 * 60))])).toBe(1);
    expect(ending([invitation(ahead(25 * 60))])).toBe(0);
    expect(ending([invitation(ago(1))])).toBe(0);
  });
});
