/** Our schemas as JSON Schema (2020-12): what comes in, as it stands in JSON. Knows the handful of kinds that we use, and no more. */
import type { GenericSchema } from 'valibot';

export type JsonSchema = Record<string, unknown>;

/** A schema, or an action in a pipe, as valibot keeps it. */
interface Kind {
  kind: string;
  type: string;
  message?: unknown;
  pipe?: readonly Kind[];
  entries?: Record<string, Kind>;
  wrapped?: Kind;
  item?: Kind;
  options?: readonly string[];
  requirement?: unknown;
  /** What a check in code cannot say of itself, in JSON Schema's words. */
  metadata?: JsonSchema;
}

export interface Manner {
  /** @returns the name under which the document keeps a schema, if it does */
  nameOf?: (schema: unknown) => string | undefined;
  /** Says of what comes in that an optional member may be null too (TRN-24, TRN-25); without, that is left to words. */
  saysNull?: boolean;
}

/** @throws Error for a kind of schema that it does not know, so that none is described wrongly */
export const jsonSchemaOf = (schema: GenericSchema, manner: Manner = {}): JsonSchema =>
  toJson(schema as unknown as Kind, manner);

export const schemaNamed = (name: string): JsonSchema => ({ $ref: `#/components/schemas/${name}` });

const toJson = (schema: Kind, manner: Manner): JsonSchema => {
  const name = manner.nameOf?.(schema);
  return name === undefined ? inline(schema, manner) : schemaNamed(name);
};

/** What stands in the document under its name. */
export const inlineSchemaOf = (schema: GenericSchema, manner: Manner): JsonSchema =>
  inline(schema as unknown as Kind, manner);

function inline(schema: Kind, manner: Manner): JsonSchema {
  if (schema.pipe) return ofPipe(schema.pipe, manner);
  const make = makers[schema.type];
  if (!make) throw new Error(`No JSON Schema for valibot's ${schema.type}`);
  return { ...make(schema, manner), ...described(schema) };
}

/** What its type says already, it need not say in words. */
const described = ({ message }: Kind): JsonSchema =>
  typeof message === 'string' && message !== 'an object' ? { description: message } : {};

const orNull = (json: JsonSchema): JsonSchema => ({ anyOf: [json, { type: 'null' }] });

const makers: Record<string, (schema: Kind, manner: Manner) => JsonSchema> = {
  string: () => ({ type: 'string' }),
  number: () => ({ type: 'number' }),
  boolean: () => ({ type: 'boolean' }),
  picklist: ({ options = [] }) => ({ type: 'string', enum: [...options] }),
  null: () => ({ type: 'null' }),
  unknown: () => ({}),
  array: ({ item }, manner) => ({ type: 'array', ...(item && { items: toJson(item, manner) }) }),
  object: ({ entries = {} }, manner) => ofObject(entries, manner),
  nullable: ({ wrapped }, manner) => orNull(wrapped ? toJson(wrapped, manner) : {}),
  exact_optional: ({ wrapped }, manner) => {
    const json = wrapped ? toJson(wrapped, manner) : {};
    return manner.saysNull && wrapped?.type !== 'nullable' ? orNull(json) : json;
  },
  // The only ones that stand alone are objects of any members.
  custom: () => ({ type: 'object' }),
};

/** Members that we do not know are ignored (TRN-26). */
function ofObject(entries: Record<string, Kind>, manner: Manner): JsonSchema {
  const members = Object.entries(entries);
  // What may be anything may be missing.
  const isRequired = ({ type }: Kind) => type !== 'exact_optional' && type !== 'unknown';
  const required = members.filter(([, entry]) => isRequired(entry)).map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, entry]) => [name, toJson(entry, manner)])),
    ...(required.length > 0 && { required }),
  };
}

/** What a pipe begins with says what comes in; where that is a check of our own, the schema behind it does. */
function ofPipe(pipe: readonly Kind[], manner: Manner): JsonSchema {
  const schemas = pipe.filter(({ kind }) => kind === 'schema');
  const base = schemas.find(({ type }) => type !== 'custom') ?? schemas[0];
  if (!base) throw new Error('A pipe without a schema');
  const { description, ...first } = inline(base, manner);
  const told = description ?? pipe.map(described).find((each) => each.description)?.description;
  const json = { ...first, ...(told !== undefined && { description: told }) };
  return pipe.filter(({ kind }) => kind === 'validation' || kind === 'metadata').reduce(narrowed, json);
}

/** A pattern for a class of characters that says how many there may be, which JSON Schema has words for. */
const counted = /^\^\[(?:\\.|[^\]\\])+\]\{(\d+),(\d+)\}\$$/;

/** JSON Schema reads patterns as with the flag u; and no pattern of ours means anything else without it. */
function ofPattern({ source }: RegExp): JsonSchema {
  const [, min, max] = counted.exec(source) ?? [];
  return {
    pattern: source,
    ...(Number(min) > 0 && { minLength: Number(min) }),
    ...(max && { maxLength: Number(max) }),
  };
}

/** @returns the schema with what an action asks besides; what JSON Schema cannot say is in the description */
function narrowed(json: JsonSchema, { type, requirement, metadata }: Kind): JsonSchema {
  const isNumber = json.type === 'number' || json.type === 'integer';
  if (type === 'metadata') return { ...json, ...metadata };
  if (type === 'regex' && requirement instanceof RegExp && /^u?$/.test(requirement.flags))
    return { ...json, ...ofPattern(requirement) };
  if (type === 'integer' && isNumber) return { ...json, type: 'integer' };
  if (type === 'min_value' && isNumber) return { ...json, minimum: requirement };
  if (type === 'max_value' && isNumber) return { ...json, maximum: requirement };
  if (type === 'min_length' && json.type === 'array') return { ...json, minItems: requirement };
  if (type === 'max_length' && json.type === 'array') return { ...json, maxItems: requirement };
  return json;
}
