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
}

/** @returns the name under which the document keeps a schema, if it does */
type NameOf = (schema: unknown) => string | undefined;

/** @throws Error for a kind of schema that it does not know, so that none is described wrongly */
export const jsonSchemaOf = (schema: GenericSchema, nameOf: NameOf = () => undefined): JsonSchema =>
  toJson(schema as unknown as Kind, nameOf);

const toJson = (schema: Kind, nameOf: NameOf): JsonSchema => {
  const name = nameOf(schema);
  return name === undefined ? inline(schema, nameOf) : { $ref: `#/components/schemas/${name}` };
};

export const inlineSchemaOf = (schema: GenericSchema, nameOf: NameOf): JsonSchema =>
  inline(schema as unknown as Kind, nameOf);

function inline(schema: Kind, nameOf: NameOf): JsonSchema {
  if (schema.pipe) return ofPipe(schema.pipe, nameOf);
  const make = makers[schema.type];
  if (!make) throw new Error(`No JSON Schema for valibot's ${schema.type}`);
  return { ...make(schema, nameOf), ...described(schema) };
}

/** What its type says already, it need not say in words. */
const described = ({ message }: Kind): JsonSchema =>
  typeof message === 'string' && message !== 'an object' ? { description: message } : {};

const makers: Record<string, (schema: Kind, nameOf: NameOf) => JsonSchema> = {
  string: () => ({ type: 'string' }),
  number: () => ({ type: 'number' }),
  boolean: () => ({ type: 'boolean' }),
  picklist: ({ options = [] }) => ({ type: 'string', enum: [...options] }),
  array: ({ item }, nameOf) => ({ type: 'array', ...(item && { items: toJson(item, nameOf) }) }),
  object: ({ entries = {} }, nameOf) => ofObject(entries, nameOf),
  nullable: ({ wrapped }, nameOf) => ({ anyOf: [wrapped ? toJson(wrapped, nameOf) : {}, { type: 'null' }] }),
  exact_optional: ({ wrapped }, nameOf) => (wrapped ? toJson(wrapped, nameOf) : {}),
  // The only ones that stand alone are objects of any members.
  custom: () => ({ type: 'object' }),
};

/** Members that we do not know are ignored (TRN-26). */
function ofObject(entries: Record<string, Kind>, nameOf: NameOf): JsonSchema {
  const members = Object.entries(entries);
  const required = members.filter(([, { type }]) => type !== 'exact_optional').map(([name]) => name);
  return {
    type: 'object',
    properties: Object.fromEntries(members.map(([name, entry]) => [name, toJson(entry, nameOf)])),
    ...(required.length > 0 && { required }),
  };
}

/** What a pipe begins with says what comes in; where that is a check of our own, the schema behind it does. */
function ofPipe(pipe: readonly Kind[], nameOf: NameOf): JsonSchema {
  const schemas = pipe.filter(({ kind }) => kind === 'schema');
  const base = schemas.find(({ type }) => type !== 'custom') ?? schemas[0];
  if (!base) throw new Error('A pipe without a schema');
  const { description, ...first } = inline(base, nameOf);
  const told = description ?? pipe.map(described).find((each) => each.description)?.description;
  const json = { ...first, ...(told !== undefined && { description: told }) };
  return pipe.filter(({ kind }) => kind === 'validation').reduce(narrowed, json);
}

/** @returns the schema with what an action asks besides; what JSON Schema cannot say is in the description */
function narrowed(json: JsonSchema, { type, requirement }: Kind): JsonSchema {
  const isNumber = json.type === 'number' || json.type === 'integer';
  if (type === 'regex' && requirement instanceof RegExp && requirement.flags === '')
    return { ...json, pattern: requirement.source };
  if (type === 'integer' && isNumber) return { ...json, type: 'integer' };
  if (type === 'min_value' && isNumber) return { ...json, minimum: requirement };
  if (type === 'max_value' && isNumber) return { ...json, maximum: requirement };
  if (type === 'min_length' && json.type === 'array') return { ...json, minItems: requirement };
  if (type === 'max_length' && json.type === 'array') return { ...json, maxItems: requirement };
  return json;
}
