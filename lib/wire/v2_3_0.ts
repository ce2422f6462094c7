/** OCPI 2.3.0: the canonical shape itself. Nothing is lost. */
import * as token from '../ocpi/token.ts';
import { ciString, decode, decodeChanges, list, object } from '../ocpi/values.ts';
import type { Wire } from './wire.ts';

/** 2.2 dropped connector_ids and shortened the ids. */
const locationReferences = object({ location_id: ciString(36), evse_uids: list(ciString(36)) });

export const v2_3_0: Wire = {
  version: '2.3.0',
  authorizationEncodings: ['base64', 'raw'],
  hasRoutingHeaders: true,
  unknownTokenStatus: 2004,
  defaultTokenType: 'RFID',
  catchAllTokenType: undefined,
  patchRequiresLastUpdated: true,

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
    energy_contract: token.energy_contract,
    last_updated: v2_3_0.encodeDateTime(token.last_updated),
  }),
  decodeLocationReferences: (body) => decode(locationReferences, body, 'the LocationReferences'),
  encodeAuthorizationInfo: (info) => ({ ...info, token: v2_3_0.encodeToken(info.token) }),
};
