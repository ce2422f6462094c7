/**
 * OCPI 2.2.1: 2.3.0 with a closed TokenType, a role HUB, and no hub_party_id.
 * Lost on the way out: a type other than these four becomes OTHER (ENUM-03).
 */
import { credentialsEntries } from '../ocpi/credentials.ts';
import * as canonical from '../ocpi/token.ts';
import { decode, decodeChanges, object, oneOf } from '../ocpi/values.ts';
import { decodeDecision, refuseRepeatedRoles, v2_3_0, withToken } from './v2_3_0.ts';
import type { Wire } from './wire.ts';

const tokenTypes = ['AD_HOC_USER', 'APP_USER', 'OTHER', 'RFID'] as const;
const tokenType = oneOf(tokenTypes);
const tokenEntries = { ...canonical.tokenEntries, type: tokenType };
const token = object(tokenEntries);

const { hub_party_id: _, ...credentialsEntriesOf221 } = credentialsEntries;
const credentials = object(credentialsEntriesOf221);

export const v2_2_1: Wire = {
  ...v2_3_0,
  version: '2.2.1',
  typesKnownAsOther: ['EMAID'],
  schemas: { ...v2_3_0.schemas, token, tokenType, credentials },

  decodeTokenType: (value) => decode(tokenType, value, 'type'),
  encodeTokenType: (type) => tokenTypes.find((known) => known === type) ?? 'OTHER',
  decodeToken: (body) => decode(token, body, 'the Token'),
  decodeTokenChanges: (body) => decodeChanges(tokenEntries, body, 'the Token'),
  encodeToken: (token) => v2_3_0.encodeToken({ ...token, type: v2_2_1.encodeTokenType(token.type) }),
  encodeAuthorizationInfo: (info) => ({ ...info, token: v2_2_1.encodeToken(info.token) }),
  decodeAuthorizationInfo: (body) => withToken(decodeDecision(body), body, token),

  decodeCredentials: (body) => refuseRepeatedRoles(decode(credentials, body, 'the credentials')),
  encodeCredentials: ({ token, url, roles }) => ({ token, url, roles }),
};
