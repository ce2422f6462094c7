/**
 * OCPI 2.1.1: 2.2.1 with auth_id for contract_id, one party in the credentials, and without owner, routing headers and status 2004.
 * Lost on the way out: country_code and party_id (they stand in the URL, or are the connection's: TOK-LIST-07), group_id,
 * default_profile_type, energy_contract, types other than RFID and OTHER, fractions of a second, characters beyond ASCII,
 * and of an AuthorizationInfo the token and the authorization_reference.
 */
import { businessDetails, credentialsEntries, endpointWithoutRole } from '../ocpi/credentials.ts';
import * as canonical from '../ocpi/token.ts';
import { ciString, decode, decodeChanges, object, oneOf } from '../ocpi/values.ts';
import { v2_2_1 } from './v2_2_1.ts';
import { decodeDecision } from './v2_3_0.ts';
import type { Wire } from './wire.ts';

const tokenTypes = ['OTHER', 'RFID'] as const;
const tokenType = oneOf(tokenTypes);

const { uid, contract_id, visual_number, issuer, valid, whitelist, language, last_updated } = canonical.tokenEntries;
const tokenEntries = {
  uid,
  type: tokenType,
  auth_id: contract_id,
  visual_number,
  issuer,
  valid,
  whitelist,
  language,
  last_updated,
};
const token = object(tokenEntries);

const credentials = object({
  token: credentialsEntries.token,
  url: credentialsEntries.url,
  business_details: businessDetails,
  party_id: ciString(3),
  country_code: ciString(2),
});

/** DT-04: spells a letter with its plain base letter where it has one, else as a question mark. */
const toAscii = (text: string): string =>
  text.replace(/[^\x20-\x7e]/gu, (character) => {
    const base = character.normalize('NFKD').replace(/\p{M}/gu, '');
    // Never two for one, or the text could outgrow its field.
    return base.length > 1 || /[^\x20-\x7e]/.test(base) ? '?' : base;
  });

export const v2_1_1: Wire = {
  ...v2_2_1,
  version: '2.1.1',
  typesKnownAsOther: ['APP_USER', 'AD_HOC_USER', 'EMAID'],
  authorizationEncodings: ['raw', 'base64'],
  hasRoutingHeaders: false,
  unknownTokenStatus: 2000,
  defaultTokenType: undefined,
  patchRequiresLastUpdated: false,
  schemas: { token, tokenType, locationReferences: canonical.locationReferences, credentials },

  encodeDateTime: (instant) => instant.replace(/\.\d+Z$/, 'Z'),
  decodeTokenType: (value) => decode(tokenType, value, 'type'),
  encodeTokenType: (type) => (type === 'RFID' ? 'RFID' : 'OTHER'),
  decodeToken(body, owner) {
    const { auth_id, ...rest } = decode(token, body, 'the Token');
    return { ...rest, contract_id: auth_id, country_code: owner.country_code, party_id: owner.party_id };
  },
  decodeTokenChanges(body) {
    const { set, clear } = decodeChanges(tokenEntries, body, 'the Token');
    const { auth_id, ...rest } = set;
    // auth_id is required, so it is never among the cleared.
    const cleared = clear as Exclude<(typeof clear)[number], 'auth_id'>[];
    return { set: auth_id === undefined ? rest : { ...rest, contract_id: auth_id }, clear: cleared };
  },
  encodeToken: (token) => ({
    uid: token.uid,
    type: v2_1_1.encodeTokenType(token.type),
    auth_id: token.contract_id,
    visual_number: token.visual_number && toAscii(token.visual_number),
    issuer: toAscii(token.issuer),
    valid: token.valid,
    whitelist: token.whitelist,
    language: token.language,
    last_updated: v2_1_1.encodeDateTime(token.last_updated),
  }),
  decodeLocationReferences: (body) => decode(canonical.locationReferences, body, 'the LocationReferences'),
  encodeLocationReferences: ({ location_id, evse_uids, connector_ids }) => ({ location_id, evse_uids, connector_ids }),
  decodeAuthorizationInfo: decodeDecision,
  encodeAuthorizationInfo: ({ allowed, location, info }) => ({
    allowed,
    location,
    info: info && { ...info, text: toAscii(info.text) },
  }),

  decodeModuleEndpoint: (entry) => decode(endpointWithoutRole, entry, 'the endpoint'),
  encodeModuleEndpoint: ({ identifier, url }) => ({ identifier, url }),
  /** The object names no role, but who talks to our CPO is an eMSP, and the other way round. */
  decodeCredentials(body, ourRole) {
    const { token, url, ...party } = decode(credentials, body, 'the credentials');
    return { token, url, roles: [{ role: ourRole === 'CPO' ? 'EMSP' : 'CPO', ...party }] };
  },
  /** One party for each connection: our first of the role (CRED-01). */
  encodeCredentials({ token, url, roles }, ourRole) {
    const { role: _, ...party } = roles.find(({ role }) => role === ourRole) ?? {};
    return { token, url, ...party };
  },
};
