/** A question about a card and its answer, as each version writes and reads them. */
import { describe, expect, test } from 'vitest';
import { versionNumbers } from '../../../lib/ocpi/versions.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { fullToken, token } from '../../support/builders.ts';
import { json, refusal } from './properties.ts';

const location = { location_id: 'LOC1', evse_uids: ['E1', 'E2'], connector_ids: ['1'] };
const info = { language: 'en', text: 'Please call us' };

describe.each(versionNumbers)('%s', (version) => {
  const wire = wires[version];
  const isOld = version === '2.1.1';

  test('names connectors only where the version has them', () => {
    const { connector_ids: _, ...newer } = location;
    expect(json(wire.encodeLocationReferences(location))).toStrictEqual(isOld ? location : newer);
    expect(json(wire.encodeLocationReferences({ location_id: 'LOC1' }))).toStrictEqual({ location_id: 'LOC1' });
  });

  test('reads what it writes itself', () => {
    const full = { allowed: 'ALLOWED', token: fullToken(), location, info, authorization_reference: 'REF1' } as const;
    const { token: _, authorization_reference: __, ...old } = full;
    expect(wire.decodeAuthorizationInfo(json(wire.encodeAuthorizationInfo(full)))).toStrictEqual(isOld ? old : full);
  });

  test.each(['BLOCKED', 'EXPIRED', 'NO_CREDIT', 'NOT_ALLOWED'])('reads %s without anything else', (allowed) => {
    expect(wire.decodeAuthorizationInfo({ allowed })).toStrictEqual({ allowed });
  });

  test.each([
    ['a list', []],
    ['nothing', null],
    ['a text', 'ALLOWED'],
    ['an object without allowed', {}],
    ['another case', { allowed: 'allowed' }],
    ['a value that OCPI does not have', { allowed: 'MAYBE' }],
    ['true', { allowed: true }],
  ])('takes %s for no decision', (_what, body) => {
    expect(refusal(() => wire.decodeAuthorizationInfo(body))).toMatch(/AuthorizationInfo|allowed/);
  });

  test('passes over what decides nothing and cannot be read', () => {
    const odd = { token: { uid: 7 }, location: 'LOC1', info: 'hello', authorization_reference: 12, more: true };
    expect(wire.decodeAuthorizationInfo({ allowed: 'ALLOWED', ...odd })).toStrictEqual({ allowed: 'ALLOWED' });
    const empty = { token: null, location: null, info: null, authorization_reference: '' };
    expect(wire.decodeAuthorizationInfo({ allowed: 'ALLOWED', ...empty })).toStrictEqual({ allowed: 'ALLOWED' });
  });

  test('reads the authorization_id of GIREVE as what has to be sent back, whatever its length (AUTH-15)', () => {
    const authorization_id = 'x'.repeat(40);
    expect(wire.decodeAuthorizationInfo({ allowed: 'ALLOWED', authorization_id })).toStrictEqual({
      allowed: 'ALLOWED',
      authorization_reference: authorization_id,
    });
    const both = { authorization_reference: 'REF1', authorization_id: 'ID1' };
    expect(wire.decodeAuthorizationInfo({ allowed: 'ALLOWED', ...both }).authorization_reference).toBe('REF1');
  });
});

test('2.2.1 does not read a Token of a type that it does not have', () => {
  const answer = { allowed: 'ALLOWED', token: token({ type: 'EMAID' }) };
  expect(wires['2.2.1'].decodeAuthorizationInfo(answer)).not.toHaveProperty('token');
  expect(wires['2.3.0'].decodeAuthorizationInfo(answer)).toHaveProperty('token');
});
