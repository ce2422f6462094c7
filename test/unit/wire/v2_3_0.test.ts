import { describe, expect, it } from 'vitest';
import { v2_3_0 } from '../../../lib/wire/v2_3_0.ts';
import { foreignParty, fullToken, token } from '../../support/builders.ts';
import { json, refusal, wireProperties } from './properties.ts';

const fields = [
  'country_code',
  'party_id',
  'uid',
  'type',
  'contract_id',
  'visual_number',
  'issuer',
  'group_id',
  'valid',
  'whitelist',
  'language',
  'default_profile_type',
  'energy_contract',
  'last_updated',
];

describe('2.3.0', () => {
  wireProperties(v2_3_0, { fields, lossy: [] });

  it('is what its number says', () => {
    expect(v2_3_0).toMatchObject({
      version: '2.3.0',
      authorizationEncodings: ['base64', 'raw'],
      hasRoutingHeaders: true,
      unknownTokenStatus: 2004,
      defaultTokenType: 'RFID',
      typesKnownAsOther: [],
      patchRequiresLastUpdated: true,
    });
  });

  it('takes and gives any TokenType (ENUM-02, TRN-26)', () => {
    for (const type of ['AD_HOC_USER', 'APP_USER', 'EMAID', 'OTHER', 'RFID', 'PLATE', 'rfid', 'x'.repeat(36)]) {
      expect(v2_3_0.decodeToken({ ...token(), type }, foreignParty).type).toBe(type);
      expect(v2_3_0.decodeTokenType(type)).toBe(type);
      expect(v2_3_0.encodeTokenType(type)).toBe(type);
    }
    for (const type of ['', 'x'.repeat(37), 'PLÄTE']) {
      expect(refusal(() => v2_3_0.decodeTokenType(type))).toMatch(
        /^type should be a string of 1 to 36 printable ASCII/,
      );
    }
  });

  it('takes the owner from the body, not from elsewhere (COO-05)', () => {
    const elsewhere = { country_code: 'FR', party_id: 'XXX' };
    expect(v2_3_0.decodeToken(token(), elsewhere)).toStrictEqual(token());
  });

  it('emits Z always, and no fraction or one of three digits (DT-08)', () => {
    expect(v2_3_0.encodeDateTime('2026-01-31T12:00:00.000Z')).toBe('2026-01-31T12:00:00Z');
    expect(v2_3_0.encodeDateTime('2026-01-31T12:00:00.120Z')).toBe('2026-01-31T12:00:00.120Z');
    expect(v2_3_0.encodeDateTime('2026-01-31T12:00:00.001Z')).toBe('2026-01-31T12:00:00.001Z');
  });

  it('checks energy_contract as a whole (COO-14)', () => {
    const put = (energy_contract: unknown) => v2_3_0.decodeToken({ ...token(), energy_contract }, foreignParty);
    expect(put({ supplier_name: 'A', contract_id: null, more: 1 }).energy_contract).toStrictEqual({
      supplier_name: 'A',
    });
    for (const incomplete of [{}, { contract_id: 'C' }, { supplier_name: null }]) {
      expect(refusal(() => put(incomplete))).toMatch(
        /^energy_contract\.supplier_name should be a string of at most 64/,
      );
      expect(refusal(() => v2_3_0.decodeTokenChanges({ energy_contract: incomplete }))).toBe(
        refusal(() => put(incomplete)),
      );
    }
  });

  it('gives the complete Token with every answer (AUTH-13)', () => {
    for (const allowed of ['ALLOWED', 'BLOCKED'] as const) {
      expect(json(v2_3_0.encodeAuthorizationInfo({ allowed, token: fullToken() }))).toStrictEqual({
        allowed,
        token: { ...fullToken(), last_updated: '2026-01-31T12:00:00Z' },
      });
    }
    const more = {
      location: { location_id: 'LOC1', evse_uids: ['E1'] },
      authorization_reference: 'reference',
      info: { language: 'pl', text: 'Miłej jazdy' },
    };
    expect(json(v2_3_0.encodeAuthorizationInfo({ allowed: 'ALLOWED', token: token(), ...more }))).toMatchObject(more);
  });

  it('reads LocationReferences with ids of at most 36 characters, without connectors (AUTH-05)', () => {
    const read = (body: unknown) => v2_3_0.decodeLocationReferences(body);
    const longest = { location_id: 'l'.repeat(36), evse_uids: ['e'.repeat(36)] };
    expect(read({ ...longest, connector_ids: ['1'] })).toStrictEqual(longest);
    expect(read({ location_id: 'L' })).toStrictEqual({ location_id: 'L' });
    expect(read({ location_id: 'L', evse_uids: null })).toStrictEqual({ location_id: 'L' });
    expect(read({ location_id: 'L', evse_uids: [] })).toStrictEqual({ location_id: 'L', evse_uids: [] });
    expect(refusal(() => read({ location_id: 'l'.repeat(37) }))).toMatch(/^location_id should be .* 1 to 36 /);
    expect(refusal(() => read({ location_id: 'L', evse_uids: ['E', 'e'.repeat(37)] }))).toMatch(/^evse_uids\.1 should/);
    expect(refusal(() => read({ location_id: 'L', evse_uids: 'E' }))).toMatch(
      /^evse_uids should be a list of at most 1000, but was "E"$/,
    );
    expect(refusal(() => read({ evse_uids: ['E'] }))).toMatch(/^location_id .* is missing$/);
    expect(refusal(() => read([]))).toBe('the LocationReferences should be an object, but was a list of 0');
  });
});
