/** What can be answered: a success, each error of the table in lib/errors.ts, and what the gateway says itself. */
import { invalid, notJson, type OcpiError, toOcpiError, tooManyRequests, unauthorized } from '../../errors.ts';
import type { Wire } from '../../wire/wire.ts';
import { type JsonSchema, schemaNamed } from '../json-schema.ts';
import { answerIds, errorHeaders, type Headers, routingAnswer } from './headers.ts';

export interface Success {
  /** 200 if absent. */
  http?: number;
  description: string;
  /** Absent where there is none. */
  data?: JsonSchema;
  example?: unknown;
  headers?: Headers;
}

export interface Answers {
  successes: Success[];
  /** Beside those that every endpoint has. */
  errors: OcpiError[];
  takesBody: boolean;
}

/** All that may come with one status. */
interface OfStatus {
  status: number;
  successes?: Success[];
  errors?: OcpiError[];
  /** What the gateway says with it in its own words. */
  gateway?: string;
}

const envelope = (statusCode: JsonSchema, data?: JsonSchema): JsonSchema => ({
  type: 'object',
  properties: {
    ...(data && { data }),
    status_code: { type: 'integer', ...statusCode },
    status_message: { type: 'string', description: 'In words for a person' },
    timestamp: schemaNamed('DateTime'),
  },
  required: [...(data ? ['data'] : []), 'status_code', 'status_message', 'timestamp'],
});

const exampleOf = (wire: Wire, status_code: number, status_message: string, data?: unknown) => ({
  ...(data !== undefined && { data }),
  status_code,
  status_message,
  timestamp: wire.encodeDateTime('2026-01-31T12:00:00.000Z'),
});

/** What a status means, where nothing else says it. */
const meanings: Record<number, string> = {
  400: 'The body is not JSON in UTF-8; or the gateway cannot read the request',
  401: 'No credentials token that we know',
  403: 'Not for this partner',
  404: 'There is no such thing, or it is not this partner’s',
  405: 'Not with this method, or not now: Allow names those that there are',
  413: 'A body of more than 10 MB',
  429: 'Too many requests; Retry-After, where it is there, says when to go on',
  500: 'The function failed',
  503: 'The function did not answer in time',
};

function responseOf(wire: Wire, { status, successes = [], errors = [], gateway }: OfStatus): object {
  const codes = [...new Set(errors.map((error) => error.status))].sort((a, b) => a - b);
  const schemas = [
    ...successes.map(({ data }) => envelope({ const: 1000 }, data)),
    ...(codes.length > 0 ? [envelope({ enum: codes })] : []),
    ...(gateway === undefined ? [] : [schemaNamed('GatewayMessage')]),
  ];
  const examples = [
    ...successes.map(({ description, example }) => [description, exampleOf(wire, 1000, 'Success', example)]),
    ...errors.map(({ status: code, message }) => [`${code} ${message}`, exampleOf(wire, code, message)]),
    ...(gateway === undefined ? [] : [['From the gateway', { message: gateway }]]),
  ];
  const isSure = gateway === undefined;
  const ofErrors = errors.flatMap(({ headers = {} }) => Object.keys(headers));
  return {
    description: successes.map(({ description }) => description).join(', or ') || meanings[status],
    headers: Object.assign(
      {},
      answerIds(isSure),
      wire.hasRoutingHeaders && routingAnswer,
      ...ofErrors.map((name) => errorHeaders(name, isSure && successes.length === 0)),
      ...successes.map(({ headers }) => headers),
    ) as Headers,
    content: {
      'application/json': {
        schema: schemas.length === 1 ? schemas[0] : { anyOf: schemas },
        examples: Object.fromEntries(examples.map(([summary, value], i) => [`${i + 1}`, { summary, value }])),
      },
    },
  };
}

/** What is the same at every endpoint, by the name under which the document keeps it. */
const shared: Record<string, OfStatus> = {
  NotReadable: { status: 400, errors: [notJson(undefined)], gateway: 'Bad Request' },
  Unauthorized: { status: 401, errors: [unauthorized()] },
  TooLarge: { status: 413, gateway: 'Request Entity Too Large' },
  // A limit of ours for each partner; the gateway has one for all of them.
  TooManyRequests: { status: 429, errors: [tooManyRequests(7)], gateway: 'Too Many Requests' },
  Failed: { status: 500, gateway: 'Internal Server Error' },
  TimedOut: { status: 503, gateway: 'Service Unavailable' },
};

export const sharedResponses = (wire: Wire): Record<string, object> =>
  Object.fromEntries(Object.entries(shared).map(([name, answers]) => [name, responseOf(wire, answers)]));

/** An answer that can only be an error. @param errors of one HTTP status */
export const refusalOf = (wire: Wire, errors: [OcpiError, ...OcpiError[]]): object =>
  responseOf(wire, { status: errors[0].http, errors });

export function responsesOf(wire: Wire, { successes, errors, takesBody }: Answers): Record<string, object> {
  const wrong = invalid('uid should be a string of 1 to 36 printable ASCII characters, but is missing');
  const all = [...errors, ...(takesBody ? [wrong] : []), toOcpiError(undefined)];
  const own = new Set([...successes.map(({ http = 200 }) => http), ...all.map(({ http }) => http)]);
  const refs = Object.entries(shared).filter(([, { status }]) => takesBody || status !== 413);
  return Object.fromEntries([
    ...[...own].map((status) => [
      status,
      responseOf(wire, {
        status,
        successes: successes.filter(({ http = 200 }) => http === status),
        errors: all.filter(({ http }) => http === status),
      }),
    ]),
    ...refs.map(([name, { status }]) => [status, { $ref: `#/components/responses/${name}` }]),
  ]) as Record<string, object>;
}
