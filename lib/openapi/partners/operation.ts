/** One operation, as we say it here and as OpenAPI wants it. */
import type { OcpiError } from '../../errors.ts';
import type { Config } from '../../runtime/config.ts';
import type { Wire } from '../../wire/wire.ts';
import type { JsonSchema } from '../json-schema.ts';
import { responsesOf, type Success } from './answers.ts';
import { headersOfRequest, type Parameter } from './headers.ts';

/** What of the configuration partners see. */
export type Described = Pick<Config, 'publicUrl' | 'parties' | 'pageSize' | 'business'>;

/** Whose credentials token opens it: of an eMSP, whose Tokens we hold, or of a CPO, who reads ours. */
export type Caller = 'emsp' | 'cpo';

export interface Operation {
  id: string;
  tag: 'Receiver' | 'Sender' | 'Versions' | 'Credentials';
  summary: string;
  description?: string;
  callers: readonly Caller[];
  parameters?: Parameter[];
  body?: { schema: JsonSchema; required: boolean; example: unknown };
  deprecated?: boolean;
  successes: Success[];
  /** Beside those that every endpoint has. */
  errors: OcpiError[];
}

/** By path and method. */
export type Paths = Record<string, Record<string, Operation>>;

export function describeOperation(wire: Wire, operation: Operation): object {
  const { id, tag, summary, description, callers, parameters = [], body, deprecated, successes, errors } = operation;
  const isRouted = tag === 'Receiver' || tag === 'Sender';
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    ...(deprecated && { deprecated }),
    security: callers.map((caller) => ({ [caller]: [] })),
    parameters: [...parameters, ...headersOfRequest(wire, isRouted)],
    ...(body && {
      requestBody: {
        required: body.required,
        content: { 'application/json': { schema: body.schema, example: body.example } },
      },
    }),
    responses: responsesOf(wire, { successes, errors, takesBody: body !== undefined }),
  };
}
