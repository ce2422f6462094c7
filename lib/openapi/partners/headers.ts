/** Headers of requests and answers, and the parameters of the URL. */
import { tokenUid } from '../../ocpi/token.ts';
import { ciString, dateTime } from '../../ocpi/values.ts';
import type { Config } from '../../runtime/config.ts';
import type { Wire } from '../../wire/wire.ts';
import { type JsonSchema, jsonSchemaOf } from '../json-schema.ts';
import type { pushedToken } from './examples.ts';

interface Header {
  description: string;
  /** Whether every answer with this status has it. */
  required: boolean;
  schema: JsonSchema;
}

interface Reference {
  $ref: string;
}

export type Headers = Record<string, Header | Reference>;

export interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
  description?: string;
  deprecated?: boolean;
  schema: JsonSchema;
  example?: unknown;
}

const parameter = (where: Parameter['in'], name: string, description: string, schema: JsonSchema): Parameter => ({
  name,
  in: where,
  required: where === 'path',
  description,
  schema,
});

const text: JsonSchema = { type: 'string' };

const requestIds = [
  parameter(
    'header',
    'X-Request-ID',
    'New for each request. Comes back; made here if there is none that is usable',
    text,
  ),
  parameter(
    'header',
    'X-Correlation-ID',
    'The same for all that belongs together. Comes back; the X-Request-ID if there is none',
    text,
  ),
];

const directions = {
  'OCPI-to-country-code': 'Country of the party that it is for',
  'OCPI-to-party-id': 'The party that it is for',
  'OCPI-from-country-code': 'Country of the party that it is from',
  'OCPI-from-party-id': 'The party that it is from',
};

/** Taken where they are, never demanded (RTE-04). */
const routingRequest = Object.entries(directions).map(([name, description]) =>
  parameter('header', name, `${description}. Needed only where several could be meant`, text),
);

/** Parameters that many operations have, by their name. */
export const sharedParameters = ({ hasRoutingHeaders }: Wire): Record<string, Parameter> =>
  Object.fromEntries([...requestIds, ...(hasRoutingHeaders ? routingRequest : [])].map((each) => [each.name, each]));

const referTo = (parameters: Parameter[]): Reference[] =>
  parameters.map(({ name }) => ({ $ref: `#/components/parameters/${name}` }));

/** @param isRouted whether it is of the Tokens module, whose requests may say from and to whom they are (RTE-03) */
export const headersOfRequest = ({ hasRoutingHeaders }: Wire, isRouted: boolean): Reference[] =>
  referTo([...requestIds, ...(isRouted && hasRoutingHeaders ? routingRequest : [])]);

const id: JsonSchema = { type: 'string', pattern: '^[\\x20-\\x7e]{1,255}$', minLength: 1, maxLength: 255 };

/** @param required false where the gateway may have answered */
export const answerIds = (required: boolean): Headers => ({
  'X-Request-ID': { description: 'That of the request', required, schema: id },
  'X-Correlation-ID': { description: 'That of the request', required, schema: id },
});

const sharedAnswerHeaders: Record<string, Header> = Object.fromEntries(
  Object.entries(directions).map(([name, description]) => [
    name,
    {
      description: `${description}; only if the request had such headers`,
      required: false,
      schema: { type: 'string', minLength: 1, maxLength: 36 },
    },
  ]),
);

export const sharedHeaders = ({ hasRoutingHeaders }: Wire): Record<string, Header> =>
  hasRoutingHeaders ? sharedAnswerHeaders : {};

export const routingAnswer: Headers = Object.fromEntries(
  Object.keys(directions).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

/** A header that comes with an error. @param required whether it always does */
export function errorHeaders(name: string, required: boolean): Headers {
  const schema: JsonSchema =
    name === 'Allow' ? { type: 'string', pattern: '^[A-Z]+(?:, [A-Z]+)*$' } : { type: 'integer', minimum: 1 };
  const description = name === 'Allow' ? 'The methods that there are now' : 'After how many seconds to go on';
  return { [name]: { description, required, schema } };
}

const inPath = (name: string, description: string, schema: JsonSchema, example: string): Parameter => ({
  ...parameter('path', name, description, schema),
  example,
});

export const ownerInPath = ({
  country_code,
  party_id,
}: Pick<typeof pushedToken, 'country_code' | 'party_id'>): Parameter[] => [
  inPath('country_code', 'Of the party whose Token it is', jsonSchemaOf(ciString(2)), country_code),
  inPath('party_id', 'The party whose Token it is', jsonSchemaOf(ciString(3)), party_id),
];

export const uidInPath = (uid: string): Parameter =>
  inPath('token_uid', 'Compared without regard to case', jsonSchemaOf(tokenUid), uid);

const emptyOr = (schema: JsonSchema): JsonSchema => ({ anyOf: [schema, { const: '' }] });

/** OCPI's name, and the other that many peers use (AUTH-02, AUTH-03). */
export function typeInQuery({ schemas, defaultTokenType }: Wire): Parameter[] {
  const schema = jsonSchemaOf(schemas.tokenType);
  const without = defaultTokenType ? `${defaultTokenType} if there is none` : 'any if there is none';
  return [
    parameter('query', 'type', `The type of the Token; ${without}`, emptyOr(schema)),
    { ...parameter('query', 'token_type', 'As type', emptyOr(schema)), deprecated: true },
  ];
}

export function pageInQuery({ pageSize }: Pick<Config, 'pageSize'>): Parameter[] {
  const instant = { ...jsonSchemaOf(dateTime), maxLength: 40 };
  const count = (minimum: number, fallback: number): JsonSchema => ({
    type: 'integer',
    minimum,
    maximum: 999_999_999_999_999,
    default: fallback,
  });
  const { default: usual, max } = pageSize;
  return [
    parameter('query', 'date_from', 'Only Tokens updated at this moment or later', emptyOr(instant)),
    parameter('query', 'date_to', 'Only Tokens updated before this moment', emptyOr(instant)),
    parameter('query', 'offset', 'How many Tokens to pass over, in the order of their creation', emptyOr(count(0, 0))),
    parameter(
      'query',
      'limit',
      `The most Tokens that the page may have; more than ${max} is taken as ${max}`,
      emptyOr(count(1, usual)),
    ),
    parameter('query', 'began', 'From a Link: when the walk through the pages began', emptyOr(instant)),
    parameter('query', 'after', 'From a Link: where the page begins. Not to be made up, and not to be kept', {
      type: 'string',
      maxLength: 17_000,
    }),
  ];
}

/** Of a page of a list (LIST-05 to LIST-12). */
export const pageHeaders = ({ pageSize }: Pick<Config, 'pageSize'>): Headers => ({
  Link: {
    description: 'Where the next page is. Follow it as it stands; none on the last page',
    required: false,
    schema: { type: 'string', pattern: '^<https?://[^<>]+>; rel="next"$' },
  },
  'X-Total-Count': {
    description: 'How many Tokens there are in all pages',
    required: false,
    schema: { type: 'integer', minimum: 0 },
  },
  'X-Limit': {
    description: 'The most Tokens that this page could have',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: pageSize.max },
  },
});
