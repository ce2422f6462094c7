/**
 * What the owner's API is made of. An operation is described here once: what validates a request, what types its client and what
 * the OpenAPI document says is one and the same schema. What an operation does stands elsewhere, so that a client is small.
 */
import type * as v from 'valibot';

export interface Operation<
  Input extends v.GenericSchema = v.GenericSchema,
  Output extends v.GenericSchema = v.GenericSchema,
> {
  /** Its path below `/operator/`, which is also the name of its function: `tokens/put` is operator-tokens-put. */
  name: string;
  /** A GET changes nothing and shows no secret; its input is the query. Of a POST it is the JSON body. */
  method: 'GET' | 'POST';
  /** One sentence for people. */
  summary: string;
  input: Input;
  /** What is answered with 200. */
  output: Output;
  /** The body is NDJSON, and `input` is the query. */
  takesLines?: true;
  /** Of an operation that takes lines: what each should be. */
  line?: v.GenericSchema;
  /** The answer is NDJSON, each line an `output`; `Link` and `Next-Since` say where to go on. */
  givesLines?: true;
  /** Whether If-Match may name the revision that is meant. */
  takesRevision?: true;
  /** The problems that it may answer with, beside those that all have. */
  problems?: readonly (keyof typeof problemTypes)[];
}

/** An identity that keeps the types of the schemas. */
export const operation = <const Op extends Operation>(described: Op): Op => described;

export type InputOf<Op extends Operation> = v.InferInput<Op['input']>;
export type ParsedInputOf<Op extends Operation> = v.InferOutput<Op['input']>;
export type OutputOf<Op extends Operation> = v.InferOutput<Op['output']>;

/** RFC 9457: every problem of the API has one of these types, at `urn:ocpi-tokens:problem:…`. */
export const problemTypes = {
  invalid: { status: 400, title: 'The request is not as it should be' },
  'not-allowed': { status: 403, title: 'The request did not come the way it has to' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'no-such-operation': { status: 404, title: 'The API has no such operation' },
  'wrong-method': { status: 405, title: 'The operation has another method' },
  conflict: { status: 409, title: 'It is not as you believe, or somebody else is changing it' },
  older: { status: 409, title: 'What we have from this source is newer' },
  taken: { status: 409, title: 'It belongs to another' },
  'revision-mismatch': { status: 412, title: 'It has changed since you read it' },
  'too-large': { status: 413, title: 'The body is larger than one call may carry' },
  'peer-refuses': { status: 422, title: 'The peer refuses' },
  'peer-fails': { status: 502, title: 'The peer cannot be reached, or does not speak OCPI' },
  internal: { status: 500, title: 'It failed on our side' },
} as const;

export type ProblemType = keyof typeof problemTypes;

/** What is wrong with one field. */
export interface FieldProblem {
  field: string;
  /** What it should be. */
  expected: string;
  /** What it was, bounded. */
  value: string;
}

/** The body of every answer that is no success. */
export interface Problem {
  type: `urn:ocpi-tokens:problem:${ProblemType}`;
  title: string;
  status: number;
  /** In words, what was wrong with this request and what to do. */
  detail?: string;
  errors?: FieldProblem[];
  /** Where the log has more. */
  correlation_id?: string;
}
