/** The objects of a version: as partners send them, made of the schemas that check them, and as we send them. */
import * as v from 'valibot';
import { credentialsToken, moduleEndpoint, versionEntry } from '../../ocpi/credentials.ts';
import { allowedType, displayText } from '../../ocpi/token.ts';
import { ciString, dateTime, entriesOf, object, oneOf, optional, string, url } from '../../ocpi/values.ts';
import { hasTreePerRole } from '../../ocpi/versions.ts';
import type { Wire } from '../../wire/wire.ts';
import { inlineSchemaOf, type JsonSchema, jsonSchemaOf, type Manner } from '../json-schema.ts';

/** We always send UTC with a Z, and a fraction only where there is one and the version has it. */
const sentDateTime = ({ version }: Wire): JsonSchema => ({
  type: 'string',
  format: 'date-time',
  pattern: String.raw`^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d${version === '2.1.1' ? '' : String.raw`(?:\.\d{3})?`}Z$`,
  examples: ['2026-01-31T12:00:00Z'],
});

/** The name is that of the company, or the party's if none is set; null is for partners that want every key. */
const ourBusiness = object({
  name: string(100),
  website: optional(v.nullable(url)),
  logo: optional(v.null()),
});

const ofOurParty = { business_details: ourBusiness, party_id: ciString(3), country_code: ciString(2) };

const ourCredentials = ({ version }: Wire): v.GenericSchema =>
  hasTreePerRole(version)
    ? object({ token: credentialsToken, url, ...ofOurParty })
    : object({
        token: credentialsToken,
        url,
        roles: v.array(object({ role: oneOf(['CPO', 'EMSP']), ...ofOurParty }), 'our parties, each with its role'),
      });

function authorizationInfo(wire: Wire): v.GenericSchema {
  const decision = {
    allowed: allowedType,
    location: optional(wire.schemas.locationReferences),
    info: optional(displayText),
  };
  return hasTreePerRole(wire.version)
    ? object(decision)
    : object({ ...decision, token: wire.schemas.token, authorization_reference: optional(string(36)) });
}

function endpointOf({ version }: Wire): v.GenericSchema {
  const { identifier, url: address } = entriesOf(moduleEndpoint);
  return hasTreePerRole(version)
    ? object({ identifier, url: address })
    : object({ identifier, role: oneOf(['SENDER', 'RECEIVER']), url: address });
}

/** Of PATCH: any members of a Token; null clears one that is optional. */
function changes(token: JsonSchema, { patchRequiresLastUpdated }: Wire): JsonSchema {
  const { required: _, ...rest } = token;
  return { ...rest, ...(patchRequiresLastUpdated && { required: ['last_updated'] }) };
}

/** No location at all is asked for by no body, by null, and by an object in which nothing stands. */
const noLocation: JsonSchema = {
  type: 'object',
  description: 'Asks without a location, as no body does',
  additionalProperties: { anyOf: [{ type: 'null' }, { type: 'array', maxItems: 0 }] },
};

/** The schemas of a version by the name under which its document keeps them. */
export function schemasOf(wire: Wire): Record<string, JsonSchema> {
  const { token, credentials } = wire.schemas;
  const details = object({ version: oneOf([wire.version]), endpoints: v.array(endpointOf(wire), 'our modules') });
  const sentNames = new Map<unknown, string>([
    [dateTime, 'DateTime'],
    [token, 'Token'],
  ]);
  const sent: Manner = { nameOf: (schema) => sentNames.get(schema) };
  const taken: Manner = { nameOf: (schema) => (schema === dateTime ? 'AnyDateTime' : undefined), saysNull: true };
  const pushed = inlineSchemaOf(token, taken);

  return {
    DateTime: sentDateTime(wire),
    AnyDateTime: inlineSchemaOf(dateTime, taken),
    Token: inlineSchemaOf(token, sent),
    PushedToken: pushed,
    TokenChanges: changes(pushed, wire),
    LocationReferences: jsonSchemaOf(wire.schemas.locationReferences, taken),
    NoLocation: noLocation,
    AuthorizationInfo: jsonSchemaOf(authorizationInfo(wire), sent),
    VersionEntry: jsonSchemaOf(versionEntry, sent),
    VersionDetails: jsonSchemaOf(details, sent),
    Credentials: jsonSchemaOf(ourCredentials(wire), sent),
    PartnersCredentials: jsonSchemaOf(credentials, taken),
    GatewayMessage: {
      type: 'object',
      description: 'What the gateway says itself, before or in place of the platform',
      properties: { message: { type: 'string' } },
      required: ['message'],
    },
  };
}
