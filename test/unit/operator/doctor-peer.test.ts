/** What the doctor says of a peer: by its state, and by what it announces. */
import { describe, expect, test } from 'vitest';
import type { Announcement } from '../../../lib/credentials/discover.ts';
import { invalid } from '../../../lib/errors.ts';
import type { ModuleEndpoint, PartyRole } from '../../../lib/ocpi/credentials.ts';
import { checkEndpoints, checkState, checkVersions } from '../../../lib/operator/doctor/peer-state.ts';
import { addresseeOf } from '../../../lib/peers/tokens-line.ts';
import { peer } from '../../support/builders.ts';

describe('the state of a peer', () => {
  const now = new Date('2026-03-01T12:00:00.000Z');
  const expiresAt = '2026-03-02T12:00:00.000Z';

  test.each([
    [{ tokensWeGave: [] }, 'fail', 'peers invite acme'],
    [{ tokensWeGave: [{ sha256: 'a', isForRegistration: true as const, expiresAt }] }, 'warn', 'Wait for them'],
    [{ tokensWeGave: [{ sha256: 'a', isPending: true as const }] }, 'fail', 'register again'],
    [{ tokensWeGave: [{ sha256: 'a' }], settings: { rotateEveryDays: 30 } }, 'warn', 'peers invite acme'],
  ])('%j: %s', (overrides, status, advice) => {
    const known = { data: peer({ id: 'acme', ...overrides }), revision: 'r' };
    expect(checkState(known, now)).toMatchObject({ status, advice: expect.stringContaining(advice) });
  });
});

describe('whom a probe is addressed to', () => {
  const roles = (...names: PartyRole[]) =>
    names.map((role) => ({ role, country_code: 'DE', party_id: role.slice(0, 3) }));

  test.each([
    [roles('EMSP', 'CPO'), 'EMS', 'CPO'],
    [roles('CPO', 'EMSP'), 'EMS', 'CPO'],
    [roles('CPO', 'NSP'), 'NSP', 'CPO'],
    [roles('EMSP'), 'EMS', undefined],
    [roles('HUB'), undefined, undefined],
  ])('is the first party of the role of the interface: %j (RTE-01)', (parties, sender, receiver) => {
    const them = peer({ roles: parties, settings: { expectedRoles: ['CPO', 'EMSP', 'NSP'] } });
    expect(addresseeOf(them, 'SENDER')?.party_id).toBe(sender);
    expect(addresseeOf(them, 'RECEIVER')?.party_id).toBe(receiver);
  });
});

describe('what a peer announces', () => {
  const entries = (...versions: string[]) =>
    versions.map((version) => ({ version, url: `https://a.example/${version}` }));

  test.each([
    [['2.1.1', '2.2.1'], '2.2.1', 'ok', undefined],
    [['2.2.1', '2.3.0', '3.0'], '2.2.1', 'warn', 'peers upgrade acme moves to 2.3.0'],
    [['2.3.0'], '2.2.1', 'fail', 'peers upgrade acme'],
    [['3.0'], '2.2.1', 'fail', 'Ask them'],
  ] as const)('versions %j, %s in use: %s', (versions, inUse, status, advice) => {
    const finding = checkVersions(entries(...versions), inUse, 'acme');
    expect(finding.status).toBe(status);
    expect(finding.advice).toEqual(advice && expect.stringContaining(advice));
  });

  const credentials = { identifier: 'credentials', role: 'SENDER', url: 'https://a.example/credentials' } as const;
  const tokens = { identifier: 'tokens', role: 'SENDER', url: 'https://a.example/tokens' } as const;
  const connection = {
    versionsUrl: 'https://a.example/versions',
    endpoints: [credentials, tokens],
    sealedToken: '',
    authorizationEncoding: 'base64',
    exchangedAt: '2026-03-01T12:00:00.000Z',
  } as const;
  const check = (endpoints: ModuleEndpoint[], settings = {}, faults: Announcement['faults'] = []) =>
    checkEndpoints(
      { endpoints, faults },
      { connection: { ...connection, endpoints: [...connection.endpoints] }, peer: peer({ id: 'acme', settings }) },
    );

  test('endpoints, in any order', () => {
    expect(check([tokens, credentials]).status).toBe('ok');
    expect(check([credentials, { ...tokens, role: 'RECEIVER' }]).status).toBe('warn');
    expect(check([credentials, tokens, { ...tokens, role: 'RECEIVER' }]).advice).toContain('peers rotate acme');
    expect(check([credentials]).advice).toContain('peers settings acme --requires-tokens no');
    expect(check([credentials], { requiresTokensModule: false }).status).toBe('warn');
    expect(check([tokens]).advice).toContain('mandatory');
  });

  test('an endpoint that cannot be used is a fault where the connection needs it, and none elsewhere', () => {
    const fault = (identifier: string) => [{ identifier, error: invalid('role should be SENDER') }];
    expect(check([credentials, tokens], {}, fault('tokens'))).toMatchObject({
      status: 'fail',
      message: 'their endpoint tokens cannot be used: role should be SENDER',
    });
    expect(check([credentials, tokens], {}, fault('cdrs')).status).toBe('ok');
  });
});
