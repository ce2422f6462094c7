import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { v2_1_1 } from '../../../lib/wire/v2_1_1.ts';
import { foreignParty, fullToken, stringArbitrary, token, tokenArbitrary } from '../../support/builders.ts';
import { json, refusal, wireProperties } from './properties.ts';

const fields = ['uid', 'type', 'auth_id', 'visual_number', 'issuer', 'valid', 'whitelist', 'language', 'last_updated'];

const lossy = [
  'type',
  'visual_number',
  'issuer',
  'group_id',
  'default_profile_type',
  'energy_contract',
  'last_updated',
] as const;

const body = {
  uid: '0A1B2C3D4E5F60',
  type: 'RFID',
  auth_id: 'DE-DMS-C00000001-1',
  visual_number: 'DF000-2001-8999-1',
  issuer: 'Demo Mobility',
  valid: true,
  whitelist: 'ALLOWED',
  language: 'it',
  last_updated: '2026-01-31T12:00:00Z',
};

describe('2.1.1', () => {
  wireProperties(v2_1_1, { fields, lossy });

  it('is what its number says', () => {
    expect(v2_1_1).toMatchObject({
      version: '2.1.1',
      authorizationEncodings: ['raw', 'base64'],
      hasRoutingHeaders: false,
      unknownTokenStatus: 2000,
      defaultTokenType: undefined,
      typesKnownAsOther: ['APP_USER', 'AD_HOC_USER', 'EMAID'],
      patchRequiresLastUpdated: false,
    });
  });

  it('writes contract_id as auth_id, and nothing that 2.1.1 does not have (TOK-OBJ-06)', () => {
    expect(json(v2_1_1.encodeToken(fullToken()))).toStrictEqual(body);
  });

  it('reads auth_id as contract_id, and the owner from elsewhere (TOK-LIST-07)', () => {
    const owner = { country_code: 'fr', party_id: 'Xyz' };
    const { auth_id, ...same } = body;
    const expected = { ...same, contract_id: auth_id, ...owner, last_updated: '2026-01-31T12:00:00.000Z' };
    expect(v2_1_1.decodeToken(body, owner)).toStrictEqual(expected);
    expect(v2_1_1.decodeToken({ ...body, country_code: 'DE', party_id: 'DMS' }, owner)).toStrictEqual(expected);
    expect(v2_1_1.decodeToken(body, { ...owner, role: 'EMSP' } as typeof owner)).toStrictEqual(expected);
  });

  it('does not read what only newer versions have (TOK-OBJ-06)', () => {
    const newer = { ...fullToken(), contract_id: 'newer' };
    const { auth_id } = body;
    const read = v2_1_1.decodeToken({ ...newer, ...body }, foreignParty);
    expect(read).toStrictEqual(token({ contract_id: auth_id, visual_number: body.visual_number, language: 'it' }));
    expect(refusal(() => v2_1_1.decodeToken({ ...body, auth_id: undefined, contract_id: 'C' }, foreignParty))).toMatch(
      /^auth_id .* is missing$/,
    );
  });

  it('reads auth_id in a PATCH as contract_id (COO-09)', () => {
    expect(v2_1_1.decodeTokenChanges({ auth_id: 'A' })).toStrictEqual({ set: { contract_id: 'A' }, clear: [] });
    expect(v2_1_1.decodeTokenChanges({ contract_id: 'A', group_id: null })).toStrictEqual({ set: {}, clear: [] });
  });

  it('knows RFID and OTHER, and gives every other type as OTHER (ENUM-03)', () => {
    for (const type of ['RFID', 'OTHER']) {
      expect(v2_1_1.decodeTokenType(type)).toBe(type);
      expect(v2_1_1.encodeTokenType(type)).toBe(type);
    }
    for (const type of ['APP_USER', 'AD_HOC_USER', 'EMAID', 'rfid']) {
      expect(refusal(() => v2_1_1.decodeTokenType(type))).toBe(`type should be one of OTHER, RFID, but was "${type}"`);
      expect(refusal(() => v2_1_1.decodeToken({ ...body, type }, foreignParty))).toContain('type should be one of');
      expect(v2_1_1.encodeTokenType(type)).toBe('OTHER');
      expect(v2_1_1.encodeToken(token({ type }))).toMatchObject({ type: 'OTHER' });
    }
  });

  it('emits DateTimes with Z and without fraction (DT-06, DT-08)', () => {
    expect(v2_1_1.encodeDateTime('2026-01-31T12:00:00.000Z')).toBe('2026-01-31T12:00:00Z');
    expect(v2_1_1.encodeDateTime('2026-01-31T12:00:00.999Z')).toBe('2026-01-31T12:00:00Z');
    expect(v2_1_1.encodeToken(token({ last_updated: '2026-01-31T12:00:00.999Z' }))).toMatchObject({
      last_updated: '2026-01-31T12:00:00Z',
    });
  });

  it.each([
    ['Łódź', '?odz'],
    ['Käfer & Söhne', 'Kafer & Sohne'],
    ['e\u0301te\u0301', 'ete'],
    ['電気 전기', '?? ??'],
    ['ﬁ ½\u3000\ufdfa', '? ? ?'],
    ['🔌 Strom', '? Strom'],
    ['', ''],
  ])('writes the strings %j in ASCII: %j (DT-04)', (text, ascii) => {
    expect(v2_1_1.encodeToken(token({ issuer: text, visual_number: text }))).toMatchObject({
      issuer: ascii,
      visual_number: ascii,
    });
    const info = { language: 'pl', text };
    expect(v2_1_1.encodeAuthorizationInfo({ allowed: 'BLOCKED', token: token(), info })).toMatchObject({
      info: { language: 'pl', text: ascii },
    });
  });

  it('writes every string in ASCII of at most its length, and ASCII unchanged (DT-04, TOK-OBJ-01)', () => {
    fc.assert(
      fc.property(tokenArbitrary, stringArbitrary(512), (token, text) => {
        const encoded = json(v2_1_1.encodeToken(token));
        const info = { language: 'en', text };
        const authorization = json(v2_1_1.encodeAuthorizationInfo({ allowed: 'BLOCKED', token, info }));
        for (const [given, written, max] of [
          [token.issuer, encoded.issuer, 64],
          [token.visual_number, encoded.visual_number, 64],
          [text, (authorization.info as typeof info).text, 512],
        ] as const) {
          if (given === undefined) expect(written).toBeUndefined();
          else if (/^[\x20-\x7e]*$/.test(given)) expect(written).toBe(given);
          else expect(written).toMatch(new RegExp(`^[\\x20-\\x7e]{0,${max}}$`));
        }
      }),
      { numRuns: 500 },
    );
  });

  it('gives neither the Token nor a reference with its answer (AUTH-13)', () => {
    const location = { location_id: 'LOC1', evse_uids: ['E1'], connector_ids: ['1'] };
    const info = { allowed: 'ALLOWED', token: token(), location, authorization_reference: 'reference' } as const;
    expect(json(v2_1_1.encodeAuthorizationInfo(info))).toStrictEqual({ allowed: 'ALLOWED', location });
    expect(json(v2_1_1.encodeAuthorizationInfo({ allowed: 'BLOCKED', token: token() }))).toStrictEqual({
      allowed: 'BLOCKED',
    });
  });

  it('reads LocationReferences with ids of at most 39 characters, and connectors (AUTH-05, AUTH-06)', () => {
    const read = (body: unknown) => v2_1_1.decodeLocationReferences(body);
    const longest = { location_id: 'l'.repeat(39), evse_uids: ['e'.repeat(39)], connector_ids: ['c'.repeat(36)] };
    expect(read(longest)).toStrictEqual(longest);
    expect(read({ location_id: 'L', evse_uids: null, connector_ids: null })).toStrictEqual({ location_id: 'L' });
    expect(refusal(() => read({ location_id: 'l'.repeat(40) }))).toMatch(/^location_id should be .* 1 to 39 /);
    expect(refusal(() => read({ location_id: 'L', connector_ids: ['c'.repeat(37)] }))).toMatch(/^connector_ids\.0 /);
  });
});
