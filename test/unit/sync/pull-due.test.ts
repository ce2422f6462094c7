/** When a peer's list is read next (LIST-18), and whether it is read at all. */
import { describe, expect, test } from 'vitest';
import type { Peer } from '../../../lib/peers/peer.ts';
import { kindDue, pullDueAt, pullsDue } from '../../../lib/sync/pull/due.ts';
import { pull } from '../../../lib/sync/pull/pull.ts';
import { noCounts } from '../../../lib/sync/pull/take-objects.ts';
import type { PullState } from '../../../lib/sync/state.ts';
import { foreignParty } from '../../support/builders.ts';
import { began, startPuller } from '../../support/pulling.ts';

const walked = { at: began, read: 1, counts: noCounts };
const fresh: PullState = { scope: 's', begun: 0, met: {}, problems: [], litter: [] };
const rested: PullState = { ...fresh, from: began, full: walked, changes: walked };
const subject = (id: string, settings = {}) => ({ id, settings });
const minutesTo = (date: Date) => (date.getTime() - Date.parse(began)) / 60_000;

describe('a pull', () => {
  test('of a new peer is due now, in full', () => {
    expect(pullDueAt(fresh, subject('a'), {}).getTime()).toBe(0);
    expect(kindDue(fresh, subject('a'), {}, new Date(began))).toBe('full');
  });

  test('is due hourly and monthly, or as the settings say, half an interval later at the soonest', () => {
    for (const [settings, every, days] of [
      [{}, 60, 30],
      [{ pullEveryMinutes: 10, pullAllEveryDays: 2 }, 10, 2],
    ] as const) {
      for (let id = 0; id < 50; id += 1) {
        const { full, changes } = pullsDue(rested, subject(`peer-${id}`, settings));
        expect(minutesTo(changes) / every).toBeGreaterThanOrEqual(0.499);
        expect(minutesTo(changes) / every).toBeLessThanOrEqual(1.5);
        expect(minutesTo(full) / 1_440 / days).toBeGreaterThanOrEqual(0.499);
        expect(minutesTo(full) / 1_440 / days).toBeLessThanOrEqual(1.5);
        const next = pullsDue(
          { ...rested, changes: { ...walked, at: changes.toISOString() } },
          subject(`peer-${id}`, settings),
        );
        expect(Math.round((next.changes.getTime() - changes.getTime()) / 60_000)).toBe(every);
      }
    }
  });

  test('of many peers is spread over the interval, always the same for a peer', () => {
    const moments = Array.from({ length: 200 }, (_, id) => minutesTo(pullsDue(rested, subject(`peer-${id}`)).changes));
    const parts = new Set(moments.map((minutes) => Math.floor(minutes / 6)));
    expect(parts.size).toBeGreaterThanOrEqual(10);
    expect(pullsDue(rested, subject('peer-1'))).toEqual(pullsDue(rested, subject('peer-1')));
  });

  test('that the operator wants is due until it has begun', () => {
    const now = new Date(began);
    expect(kindDue(rested, subject('a'), {}, now)).toBeUndefined();
    expect(kindDue(rested, subject('a'), { now: began }, now)).toBe('changes');
    expect(kindDue(rested, subject('a'), { full: began }, now)).toBe('full');
    expect(
      kindDue({ ...rested, met: { now: began, full: began } }, subject('a'), { now: began, full: began }, now),
    ).toBeUndefined();
    expect(pullDueAt(rested, subject('a'), { now: began }).getTime()).toBe(0);
  });

  test('that is under way is due now, and one that fails when it is to be tried again', () => {
    const failing = { since: began, nextAt: '2026-03-01T13:00:00.000Z', times: 1, why: 'down' };
    expect(pullDueAt({ ...rested, litter: ['names'] }, subject('a'), {}).getTime()).toBe(0);
    expect(pullDueAt({ ...fresh, failing }, subject('a'), {}).toISOString()).toBe(failing.nextAt);
    expect(pullDueAt({ ...fresh, failing }, subject('a'), { full: began }).getTime()).toBe(0);
  });
});

describe('the scope of a pull', () => {
  test.each([
    ['that is not to be pulled', { settings: { pulls: false } }],
    ['that has no Tokens', { roles: [{ ...foreignParty, role: 'CPO' as const }] }],
    ['that is not connected', { connection: undefined }],
  ])('there is none of a peer %s', async (_what, overrides) => {
    const puller = await startPuller({ endpoint: 'http://127.0.0.1:1/tokens' });
    expect(pull.scopeOf(puller)).toEqual(expect.any(String));
    expect(pull.scopeOf({ ...puller, peer: { ...puller.peer, ...overrides } as never })).toBeUndefined();
  });

  test('is the same whatever the order of the members in which a storage gives the settings back', async () => {
    const puller = await startPuller({ endpoint: 'http://127.0.0.1:1/tokens' });
    const [one, other] = [
      { country_code: 'FR', party_id: 'AAA' },
      { party_id: 'AAA', country_code: 'FR' },
    ].map((party) => ({
      ...puller.peer,
      settings: { isHub: true, hubParties: [party], pullParties: [party], ownersByIssuer: [{ ...party, issuer: 'X' }] },
    }));
    expect(pull.scopeOf({ ...puller, peer: other as Peer })).toBe(pull.scopeOf({ ...puller, peer: one as Peer }));
  });

  test('there is none if we are no CPO', async () => {
    const { runtime, peer: subject } = await startPuller({ endpoint: 'http://127.0.0.1:1/tokens' });
    const config = { ...runtime.config, parties: [{ role: 'EMSP' as const, country_code: 'NL', party_id: 'LMS' }] };
    expect(pull.scopeOf({ runtime: { ...runtime, config }, peer: subject })).toBeUndefined();
  });

  test.each([
    [
      'another endpoint',
      { connection: { endpoints: [{ identifier: 'tokens', role: 'SENDER', url: 'http://127.0.0.1:2/t' }] } },
    ],
    ['another party', { roles: [{ country_code: 'DE', party_id: 'XXX', role: 'EMSP' }] }],
    ['other owners by issuer', { settings: { ownersByIssuer: [{ issuer: 'X', ...foreignParty }] } }],
  ])('is another one with %s, and begins anew with what was kept marked to be removed', async (_what, overrides) => {
    const puller = await startPuller({ endpoint: 'http://127.0.0.1:1/tokens', settings: { pullMissing: 'report' } });
    const other = { ...puller, peer: { ...puller.peer, ...overrides } as typeof puller.peer };
    const scope = pull.scopeOf(other);
    expect(scope).not.toBe(pull.scopeOf(puller));
    await puller.step();
    const { startedAt } = puller.state.walk ?? {};
    expect(pull.begin(other, scope ?? '', puller.state)).toMatchObject({ scope, litter: ['', startedAt] });
  });
});
