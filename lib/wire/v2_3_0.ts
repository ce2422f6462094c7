/** OCPI 2.3.0: the canonical shape itself. Nothing is lost. */
import type * as v from 'valibot';
import { invalid } from '../errors.ts';
import { type Credentials, credentials, endpointWithoutRole, moduleEndpoint } from '../ocpi/credentials.ts';
import * as token from '../ocpi/token.ts';
import { check, ciString, decode, decodeChanges, fold, isObject, list, object, string } from '../ocpi/values.ts';
import type { Wire } from './wire.ts';

/** 2.2 dropped connector_ids and shortened the ids. */
const locationReferences = object({ location_id: ciString(36), evse_uids: list(ciString(36)) });

/** GIREVE calls the reference `authorization_id`; whatever its length is, it has to be sent back as it came (AUTH-15). */
const reference = string(255);

/** @returns what can be read, or undefined */
export function lenient<Schema extends v.GenericSchema>(schema: Schema, value: unknown) {
  const result = check(schema, value, 'it');
  return 'output' in result ? result.output : undefined;
}

/**
 * All but the Token, which differs from version to version.
 * @throws 2001 if it does not say, in OCPI's words, whether the Token is allowed
 */
export function decodeDecision(body: unknown): token.AuthorizationAnswer {
  const { allowed } = decode(object({ allowed: token.allowedType }), body, 'the AuthorizationInfo');
  const { location, info, authorization_reference, authorization_id } = body as Record<string, unknown>;
  const place = lenient(token.locationReferences, location);
  const said = lenient(token.displayText, info);
  const named = lenient(reference, authorization_reference) || lenient(reference, authorization_id);
  return {
    allowed,
    ...(place && { location: place }),
    ...(named && { authorization_reference: named }),
    ...(said && { info: said }),
  };
}

/** @returns the answer of a version whose Tokens name their owner */
export function withToken(
  decoded: token.AuthorizationAnswer,
  body: unknown,
  schema: v.GenericSchema<unknown, token.Token>,
): token.AuthorizationAnswer {
  const named = lenient(schema, (body as Record<string, unknown>).token);
  return named ? { ...decoded, token: named } : decoded;
}

/** @throws 2001 if a role is announced twice (CRED-02) */
export function refuseRepeatedRoles(credentials: Credentials): Credentials {
  const seen = new Set<string>();
  for (const { role, country_code, party_id } of credentials.roles) {
    const name = fold(`${role} ${country_code} ${party_id}`);
    if (seen.has(name)) throw invalid(`roles should each be there once, but ${name} is there twice`);
    seen.add(name);
  }
  return credentials;
}

/** @throws 2001: a hub of 2.3.0 gives its hub_party_id, and HUB is no role any more (CRED-04, CRED-05) */
function refuseHubRole(credentials: Credentials): Credentials {
  if (credentials.roles.some(({ role }) => role === 'HUB')) {
    throw invalid('roles should not hold HUB in 2.3.0: a hub gives its hub_party_id');
  }
  return credentials;
}

const isOfCredentials = (entry: unknown): boolean => isObject(entry) && entry.identifier === 'credentials';

export const v2_3_0: Wire = {
  version: '2.3.0',
  authorizationEncodings: ['base64', 'raw'],
  hasRoutingHeaders: true,
  unknownTokenStatus: 2004,
  defaultTokenType: 'RFID',
  typesKnownAsOther: [],
  patchRequiresLastUpdated: true,
  schemas: { token: token.token, tokenType: token.tokenType, locationReferences, credentials },

  encodeDateTime: (instant) => instant.replace('.000Z', 'Z'),
  decodeTokenType: (value) => decode(token.tokenType, value, 'type'),
  encodeTokenType: (type) => type,
  decodeToken: (body) => decode(token.token, body, 'the Token'),
  decodeTokenChanges: (body) => decodeChanges(token.tokenEntries, body, 'the Token'),
  /** JSON leaves out what is undefined; naming each field fixes their order, whatever a storage does with it. */
  encodeToken: (token) => ({
    country_code: token.country_code,
    party_id: token.party_id,
    uid: token.uid,
    type: token.type,
    contract_id: token.contract_id,
    visual_number: token.visual_number,
    issuer: token.issuer,
    group_id: token.group_id,
    valid: token.valid,
    whitelist: token.whitelist,
    language: token.language,
    default_profile_type: token.default_profile_type,
    energy_contract: token.energy_contract && {
      supplier_name: token.energy_contract.supplier_name,
      contract_id: token.energy_contract.contract_id,
    },
    last_updated: v2_3_0.encodeDateTime(token.last_updated),
  }),
  decodeLocationReferences: (body) => decode(locationReferences, body, 'the LocationReferences'),
  encodeLocationReferences: ({ location_id, evse_uids }) => ({ location_id, evse_uids }),
  encodeAuthorizationInfo: (info) => ({ ...info, token: v2_3_0.encodeToken(info.token) }),
  decodeAuthorizationInfo: (body) => withToken(decodeDecision(body), body, token.token),

  decodeModuleEndpoint: (entry) =>
    decode(isOfCredentials(entry) ? endpointWithoutRole : moduleEndpoint, entry, 'the endpoint'),
  encodeModuleEndpoint: (endpoint) => endpoint,
  decodeCredentials: (body) => refuseHubRole(refuseRepeatedRoles(decode(credentials, body, 'the credentials'))),
  encodeCredentials: (credentials) => credentials,
};
