import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { v2_2_1 } from '../../../lib/wire/v2_2_1.ts';
import { v2_3_0 } from '../../../lib/wire/v2_3_0.ts';
import { foreignParty, token, tokenArbitrary } from '../../support/builders.ts';
import { json, refusal, wireProperties } from './properties.ts';

const types = ['AD_HOC_USER', 'APP_USER', 'OTHER', 'RFID'];

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

describe('2.2.1', () => {
  wireProperties(v2_2_1, { fields, lossy: ['type'] });

  it('is what its number says', () => {
    expect(v2_2_1).toMatchObject({
      version: '2.2.1',
      authorizationEncodings: ['base64', 'raw'],
      hasRoutingHeaders: true,
      unknownTokenStatus: 2004,
      defaultTokenType: 'RFID',
      typesKnownAsOther: ['EMAID'],
      patchRequiresLastUpdated: true,
    });
  });

  it('takes its own TokenTypes only (ENUM-02)', () => {
    for (const type of types) {
      expect(v2_2_1.decodeToken({ ...token(), type }, foreignParty).type).toBe(type);
      expect(v2_2_1.decodeTokenType(type)).toBe(type);
    }
    for (const type of ['EMAID', 'PLATE', 'rfid', '', 'toString']) {
      const refused = `type should be one of AD_HOC_USER, APP_USER, OTHER, RFID, but was "${type}"`;
      expect(refusal(() => v2_2_1.decodeTokenType(type))).toBe(refused);
      expect(refusal(() => v2_2_1.decodeToken({ ...token(), type }, foreignParty))).toBe(refused);
    }
  });

  it('gives every other type as OTHER (ENUM-03)', () => {
    for (const type of types) expect(v2_2_1.encodeTokenType(type)).toBe(type);
    for (const type of ['EMAID', 'PLATE', 'rfid', 'toString']) expect(v2_2_1.encodeTokenType(type)).toBe('OTHER');
  });

  it('differs from 2.3.0 in the type alone (TOK-OBJ-06)', () => {
    fc.assert(
      fc.property(tokenArbitrary, (token) => {
        const newer = json(v2_3_0.encodeToken(token));
        const type = types.includes(token.type) ? token.type : 'OTHER';
        expect(json(v2_2_1.encodeToken(token))).toStrictEqual({ ...newer, type });
        expect(json(v2_2_1.encodeAuthorizationInfo({ allowed: 'BLOCKED', token }))).toStrictEqual({
          allowed: 'BLOCKED',
          token: { ...newer, type },
        });
      }),
    );
  });

  it('reads LocationReferences as 2.3.0 does (AUTH-05)', () => {
    expect(v2_2_1.decodeLocationReferences({ location_id: 'L', connector_ids: ['1'] })).toEqual({ location_id: 'L' });
    expect(refusal(() => v2_2_1.decodeLocationReferences({ location_id: 'l'.repeat(37) }))).toMatch(/ 1 to 36 /);
  });
});
