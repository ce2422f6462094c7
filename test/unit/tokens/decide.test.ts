import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LocationReferences } from '../../../lib/ocpi/token.ts';
import { decideByRecord } from '../../../lib/tokens/decide.ts';
import type { TokenSettings } from '../../../lib/tokens/settings.ts';
import { fullToken, swapCase, token } from '../../support/builders.ts';

const now = '2026-01-31T12:00:00.000Z';
const earlier = '2026-01-31T11:59:59.999Z';
const later = '2026-01-31T12:00:00.001Z';

/** Decides about a Token with these settings; the reference tells how many were made. */
function decide(settings: TokenSettings, location?: LocationReferences, valid = true) {
  let made = 0;
  const newReference = () => `reference ${++made}`;
  return { info: decideByRecord({ token: fullToken({ valid }), settings, location, now, newReference }), made };
}

const here = { location_id: 'LOC1' };
const only = (location_id: string, ...evse_uids: string[]) => ({
  allowedLocations: [{ location_id, ...(evse_uids.length > 0 && { evse_uids }) }],
});

describe('authorize', () => {
  it.each<[string, TokenSettings, boolean, LocationReferences | undefined, string | undefined]>([
    ['nothing against it', {}, true, undefined, 'ALLOWED'],
    ['nothing against it, at a location', {}, true, here, 'ALLOWED'],
    ['every setting says no restriction', { hasNoCredit: false, needsLocation: false }, true, here, 'ALLOWED'],
    ['invalid', {}, false, undefined, 'BLOCKED'],
    ['blocked', { blocked: true }, true, here, 'BLOCKED'],
    ['expired before now', { expiresAt: earlier }, true, here, 'EXPIRED'],
    ['expires right now', { expiresAt: now }, true, here, 'EXPIRED'],
    ['expires later', { expiresAt: later }, true, here, 'ALLOWED'],
    ['no credit', { hasNoCredit: true }, true, here, 'NO_CREDIT'],
    ['location needed, none given (AUTH-09)', { needsLocation: true }, true, undefined, undefined],
    ['location needed and given (AUTH-09)', { needsLocation: true }, true, here, 'ALLOWED'],
    ['restricted, no location given (AUTH-09)', only('LOC1'), true, undefined, undefined],
    ['restricted to this location', only('LOC1'), true, here, 'ALLOWED'],
    ['restricted to this location, spelt otherwise (DT-02)', only('loc1'), true, here, 'ALLOWED'],
    ['restricted to another location', only('LOC2'), true, here, 'NOT_ALLOWED'],
    ['restricted to no location at all', { allowedLocations: [] }, true, here, 'NOT_ALLOWED'],
    ['unknown location, no restriction (AUTH-08)', {}, true, { location_id: 'private' }, 'ALLOWED'],
    // What is decided first, where several settings would.
    ['blocked and expired', { blocked: true, expiresAt: earlier }, true, here, 'BLOCKED'],
    ['expired and invalid', { expiresAt: earlier }, false, here, 'EXPIRED'],
    ['invalid and without credit', { hasNoCredit: true }, false, here, 'BLOCKED'],
    ['no credit, elsewhere', { hasNoCredit: true, ...only('LOC2') }, true, here, 'NO_CREDIT'],
    ['no credit, location needed', { hasNoCredit: true, needsLocation: true }, true, undefined, 'NO_CREDIT'],
    ['invalid, location needed', { needsLocation: true }, false, undefined, 'BLOCKED'],
    ['expired, location needed', { expiresAt: earlier, needsLocation: true }, true, undefined, 'EXPIRED'],
  ])('decides: %s (AUTH-06)', (_, settings, valid, location, allowed) => {
    expect(decide(settings, location, valid).info?.allowed).toBe(allowed);
  });

  it.each<[string, TokenSettings, boolean]>([
    ['ALLOWED', {}, true],
    ['BLOCKED', { blocked: true }, true],
    ['BLOCKED', {}, false],
    ['EXPIRED', { expiresAt: now }, true],
    ['NO_CREDIT', { hasNoCredit: true }, true],
    ['NOT_ALLOWED', only('LOC2'), true],
  ])('has the complete Token when %s (AUTH-13)', (allowed, settings, valid) => {
    const { info } = decide(settings, here, valid);
    expect(info).toMatchObject({ allowed });
    expect(info?.token).toStrictEqual(fullToken({ valid }));
  });

  it('has location and authorization_reference with a permission only (AUTH-14, AUTH-15)', () => {
    expect(decide({}, here)).toStrictEqual({
      info: { allowed: 'ALLOWED', token: fullToken(), location: here, authorization_reference: 'reference 1' },
      made: 1,
    });
    expect(decide({})).toStrictEqual({
      info: { allowed: 'ALLOWED', token: fullToken(), authorization_reference: 'reference 1' },
      made: 1,
    });
    const refusing: TokenSettings[] = [{ blocked: true }, { expiresAt: now }, { hasNoCredit: true }, only('LOC2')];
    for (const settings of refusing) {
      const { info, made } = decide(settings, here);
      expect(Object.keys(info ?? {}).sort()).toEqual(['allowed', 'token']);
      expect(made).toBe(0);
    }
    expect(decide({ needsLocation: true })).toEqual({ info: undefined, made: 0 });
  });

  it.each<[string, TokenSettings, LocationReferences, LocationReferences | undefined]>([
    ['no restriction', {}, { ...here, evse_uids: ['E1', 'E2'] }, { ...here, evse_uids: ['E1', 'E2'] }],
    ['the whole location allowed', only('LOC1'), { ...here, evse_uids: ['E1'] }, { ...here, evse_uids: ['E1'] }],
    ['some allowed', only('LOC1', 'E2', 'E3'), { ...here, evse_uids: ['E1', 'E2'] }, { ...here, evse_uids: ['E2'] }],
    [
      'all allowed',
      only('LOC1', 'E2', 'E1'),
      { ...here, evse_uids: ['E1', 'E2'] },
      { ...here, evse_uids: ['E1', 'E2'] },
    ],
    ['none allowed', only('LOC1', 'E3'), { ...here, evse_uids: ['E1', 'E2'] }, undefined],
    ['the whole location asked', only('LOC1', 'E2'), here, { ...here, evse_uids: ['E2'] }],
    ['the whole location asked by []', only('LOC1', 'E2'), { ...here, evse_uids: [] }, { ...here, evse_uids: ['E2'] }],
    ['letter case (DT-02)', only('loc1', 'e1'), { ...here, evse_uids: ['E1'] }, { ...here, evse_uids: ['E1'] }],
    [
      '2.1.1 connectors',
      only('LOC1', 'E1'),
      { ...here, evse_uids: ['E1', 'E2'], connector_ids: ['1'] },
      { ...here, evse_uids: ['E1'], connector_ids: ['1'] },
    ],
  ])('returns the permitted EVSEs: %s (AUTH-14)', (_, settings, asked, location) => {
    const { info } = decide(settings, asked);
    expect(info?.allowed).toBe(location ? 'ALLOWED' : 'NOT_ALLOWED');
    expect(info?.location).toEqual(location);
  });

  it('returns no EVSE that was not both asked for and allowed, as the CPO spelt it and in its order (AUTH-14)', () => {
    const evses = fc.array(fc.constantFrom('E1', 'e1', 'E2', 'e2', 'E3', 'E4', 'e4'), { minLength: 1, maxLength: 6 });
    const isIn = (list: string[], uid: string) => list.includes(uid) || list.includes(swapCase(uid));
    fc.assert(
      fc.property(evses, evses, (asked, allowed) => {
        const { info } = decide(only('LOC1', ...allowed), { ...here, evse_uids: asked });
        const permitted = asked.filter((uid) => isIn(allowed, uid));
        expect(info?.allowed).toBe(permitted.length > 0 ? 'ALLOWED' : 'NOT_ALLOWED');
        expect(info?.location?.evse_uids ?? []).toEqual(permitted);
      }),
    );
  });

  it('does not change what it decides on', () => {
    const settings = only('LOC1', 'E1');
    const asked = { ...here, evse_uids: ['E1', 'E2'] };
    const own = { token: token(), settings };
    decideByRecord({ ...own, location: asked, now, newReference: () => 'reference' });
    expect([own, asked]).toEqual([
      { token: token(), settings: only('LOC1', 'E1') },
      { ...here, evse_uids: ['E1', 'E2'] },
    ]);
  });
});
