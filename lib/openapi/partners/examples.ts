/** What the document shows, spelt by the wire of its version: made up here, and good with the demo data of a local server. */
import type { Token } from '../../ocpi/token.ts';
import { moduleEndpoints, versionEntries, versionsUrl } from '../../ocpi/urls.ts';
import { type Platform, partiesOf, type Role } from '../../ocpi/versions.ts';
import type { Wire } from '../../wire/wire.ts';

const updated = '2026-01-31T12:00:00.000Z';

/** A card of the partner that pushes it, which nothing else has pushed later. */
export const pushedToken: Token = {
  country_code: 'DE',
  party_id: 'DMS',
  uid: '04E1F2A3B4C5D7',
  type: 'RFID',
  contract_id: 'DE-DMS-C00000001',
  visual_number: 'DMS 0001',
  issuer: 'Demo Mobility',
  valid: true,
  whitelist: 'ALLOWED',
  language: 'de',
  last_updated: updated,
};

/** A card of ours. */
export function ownToken(platform: Pick<Platform, 'parties'>): Token {
  const { country_code = 'NL', party_id = 'LMS' } = partiesOf(platform, 'EMSP')[0] ?? {};
  return {
    country_code,
    party_id,
    uid: 'DEMO0001',
    type: 'RFID',
    contract_id: `${country_code}-${party_id}-C00000001`,
    visual_number: 'Demo card 0001',
    issuer: 'Local Mobility',
    valid: true,
    whitelist: 'ALLOWED',
    language: 'en',
    last_updated: updated,
  };
}

export const location = { location_id: 'LOC1', evse_uids: ['3256'] };

const partnersUrl = 'https://ocpi.partner.example/ocpi/versions';

/** All bodies, requests and answers, by name. */
export function examplesOf(wire: Wire, platform: Platform, ourRole: Role | undefined) {
  const token = ownToken(platform);
  const role = ourRole === 'EMSP' ? 'CPO' : 'EMSP';
  const party = { role, country_code: 'DE', party_id: 'DMS', business_details: { name: 'Demo Mobility' } } as const;
  const ours = platform.parties.map(({ role, country_code, party_id }) => ({
    role,
    business_details: { name: `${country_code} ${party_id}` },
    party_id,
    country_code,
  }));
  const theirs = { token: 'the-token-that-we-are-to-use', url: partnersUrl, roles: [party] };
  return {
    pushed: wire.encodeToken(pushedToken),
    own: wire.encodeToken(token),
    changes: { valid: false, last_updated: wire.encodeDateTime('2026-02-01T08:30:00.000Z') },
    location,
    authorization: wire.encodeAuthorizationInfo({
      allowed: 'ALLOWED',
      token,
      location,
      authorization_reference: '5f0f4b6e-31d2-4c0a-9a57-0c1d6d1f3a11',
    }),
    versions: versionEntries(platform, ourRole),
    details: {
      version: wire.version,
      endpoints: moduleEndpoints(platform, wire.version, ourRole).map((each) => wire.encodeModuleEndpoint(each)),
    },
    ours: wire.encodeCredentials(
      { token: 'the-token-that-you-use-with-us', url: versionsUrl(platform, ourRole), roles: ours },
      ourRole,
    ),
    // It is about a party of the partner's, and so of the role that is not ours.
    partners: wire.encodeCredentials(theirs, ourRole && role),
  };
}
