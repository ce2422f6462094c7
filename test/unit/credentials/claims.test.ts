import { describe, expect, test } from 'vitest';
import { withRightfulRoles } from '../../../lib/credentials/claims.ts';
import type { Credentials } from '../../../lib/ocpi/credentials.ts';
import { isHub, mayReadOurTokens, ownsTokensOf, type Peer } from '../../../lib/peers/peer.ts';
import { peer } from '../../support/builders.ts';
import { config } from '../../support/runtime.ts';

const party = (country_code: string, party_id: string) => ({ country_code, party_id });

const credentials = (parties: ReturnType<typeof party>[], others: Partial<Credentials> = {}): Credentials => ({
  token: 'b',
  url: 'https://partner.example.com/versions',
  roles: parties.map((each) => ({ role: 'EMSP' as const, business_details: { name: 'P' }, ...each })),
  ...others,
});

const fresh: Peer = { id: 'new', roles: [], tokensWeGave: [] };
const known = peer({ id: 'known', roles: [{ role: 'EMSP', ...party('DE', 'DMS') }] });

const claim = (claimed: Credentials, by: Peer = fresh) => withRightfulRoles(claimed, by, [known], config);

describe('TRN-14 which parties a peer may announce', () => {
  test('any that is neither ours nor another peer’s', () => {
    expect(claim(credentials([party('FR', 'ABC')])).roles).toHaveLength(1);
  });

  test.each([
    ['ours', party('nl', 'lms')],
    ['another peer’s', party('de', 'dms')],
  ])('not %s, in any letter case', (_whose, claimed) => {
    expect(() => claim(credentials([party('FR', 'ABC'), claimed]))).toThrow(expect.objectContaining({ status: 2001 }));
  });

  test.each(['OTHER', 'NSP', 'SCSP'] as const)('not as %s either, which may push Tokens too', (role) => {
    for (const owner of [party('DE', 'DMS'), party('NL', 'LMS')]) {
      const claimed = credentials([owner]);
      const roles = claimed.roles.map((entry) => ({ ...entry, role }));
      expect(() => claim({ ...claimed, roles })).toThrow(expect.objectContaining({ status: 2001 }));
    }
  });

  test('VER-08 the same company as CPO is another matter', () => {
    const asCpo = credentials([party('DE', 'DMS'), party('NL', 'LMS')]);
    const roles = asCpo.roles.map((entry) => ({ ...entry, role: 'CPO' as const }));
    expect(claim({ ...asCpo, roles }).roles).toHaveLength(2);
  });

  test('only those that were agreed on, if any were; then also one that another peer has', () => {
    const agreed = { ...fresh, settings: { expectedParties: [party('DE', 'DMS')] } };
    expect(claim(credentials([party('de', 'dms')]), agreed).roles).toHaveLength(1);
    expect(() => claim(credentials([party('FR', 'ABC')]), agreed)).toThrow('agreed');
  });

  const everybody = credentials([party('NL', 'LMS'), party('DE', 'DMS'), party('FR', 'ABC')], {
    hub_party_id: 'DEHUB',
  });
  const knownHub: Peer = { ...fresh, id: 'hub', settings: { isHub: true } };

  test('CRED-04 a hub that we know lists everybody whom it reaches: us and other peers it does not speak for', () => {
    expect(claim(everybody, knownHub).roles).toEqual([expect.objectContaining(party('FR', 'ABC'))]);
  });

  test('a peer that merely calls itself a hub is refused like any other', () => {
    expect(() => claim(everybody)).toThrow(expect.objectContaining({ status: 2001 }));
  });

  test('COO-07 what a hub lists keeps nobody from connecting directly', () => {
    const hub = { ...knownHub, roles: [{ role: 'EMSP' as const, ...party('FR', 'ABC') }] };
    expect(withRightfulRoles(credentials([party('FR', 'ABC')]), fresh, [hub], config).roles).toHaveLength(1);
  });
});

describe('COO-07 for whom a hub may push', () => {
  const hub221 = peer({
    roles: [{ role: 'HUB', ...party('DE', 'HUB') }],
    settings: { hubParties: [party('FR', 'ABC')] },
  });
  const hub230 = peer({ roles: [{ role: 'EMSP', ...party('FR', 'ABC') }], hub_party_id: 'DEHUB' });
  const direct = peer({ settings: { hubParties: [party('FR', 'ABC')] } });

  test.each([
    ['a 2.2.1 hub: the parties that the operator lets it speak for', hub221, party('fr', 'abc'), true],
    ['a 2.2.1 hub: not others', hub221, party('FR', 'XYZ'), false],
    ['a 2.2.1 hub: not itself', hub221, party('DE', 'HUB'), false],
    ['a 2.3.0 hub: the parties in its roles', hub230, party('FR', 'ABC'), true],
    ['a 2.3.0 hub: not others', hub230, party('FR', 'XYZ'), false],
    ['no hub: only its own parties, whatever the settings say', direct, party('FR', 'ABC'), false],
  ])('%s', (_what, by, owner, expected) => {
    expect(ownsTokensOf(by, owner)).toBe(expected);
  });

  test('COO-06 a charge point operator owns no Tokens', () => {
    expect(ownsTokensOf(peer({ roles: [{ role: 'CPO', ...party('FR', 'DCP') }] }), party('FR', 'DCP'))).toBe(false);
  });

  test('hubs read our Tokens, eMSPs do not', () => {
    expect([hub221, hub230].map(isHub)).toEqual([true, true]);
    expect([hub221, hub230].map(mayReadOurTokens)).toEqual([true, true]);
    expect(mayReadOurTokens(direct)).toBe(false);
  });
});
