/** Holds a template against AWS's own resource schemas, as CloudFormation would, which nobody here can ask. */
import type { Property, PropertyType, Resource as Schema, SpecDatabase } from '@aws-cdk/service-spec-types';
import type { Template } from './packaged.ts';
import { intrinsicOf, isObject, problemsOfReference, type Tree } from './references.ts';

/** The same without what its conditions leave out. */
function asMade(template: Template): Template {
  const { Resources, Conditions = {}, Outputs = {} } = template;
  const isMade = ([, { Condition }]: [string, { Condition?: string }]) => {
    const condition = Condition === undefined ? undefined : Conditions[Condition];
    // Without the condition it would be a fault, and is one below.
    return condition === undefined || isTrue(condition, Conditions);
  };
  const made = <Named extends { Condition?: string }>(all: Record<string, Named>) =>
    Object.fromEntries(Object.entries(all).filter(isMade)) as Record<string, Named>;
  return { ...template, Resources: made(Resources), Outputs: made(Outputs) };
}

/**
 * @param db what `loadAwsServiceSpec` gives
 * @returns where something is wrong, and what
 */
export function problemsOf(whole: Template, db: SpecDatabase): string[] {
  const template = asMade(whole);
  const schemaOf = (type: string): Schema | undefined => db.lookup('resource', 'cloudFormationType', 'equals', type)[0];
  const attributesOf = (id: string) => Object.keys(schemaOf(template.Resources[id]?.Type ?? '')?.attributes ?? {});
  const names: Tree = { template, attributesOf };

  const ofResource = (id: string): string[] => {
    const { Type = '', Properties = {}, DependsOn = [], Condition } = template.Resources[id] ?? {};
    const schema = schemaOf(Type);
    if (!schema) return [`${id}: there is no ${Type}`];
    return [
      ...ofProperties(Properties, schema.properties, id),
      ...[DependsOn].flat().flatMap((other) => (template.Resources[other] ? [] : [`${id} waits for no ${other}`])),
      ...(Condition === undefined || template.Conditions?.[Condition] ? [] : [`${id}: no condition ${Condition}`]),
    ];
  };

  function ofProperties(given: Record<string, unknown>, known: Record<string, Property>, at: string): string[] {
    const missing = Object.entries(known)
      .filter(([name, { required }]) => required && given[name] === undefined)
      .map(([name]) => `${at}.${name} is missing`);
    const wrong = Object.entries(given).flatMap(([name, value]) => {
      const property = known[name];
      if (!property) return [`${at}.${name} is unknown`];
      // Some properties have had several types; CloudFormation still takes each.
      const types = [property.type, ...(property.previousTypes ?? [])];
      return ofAny(value, types, `${at}.${name}`);
    });
    return [...missing, ...wrong];
  }

  function ofAny(value: unknown, types: readonly PropertyType[], at: string): string[] {
    const each = types.map((type) => ofValue(value, type, at));
    return each.find((problems) => problems.length === 0) ?? each[0] ?? [];
  }

  function ofValue(value: unknown, type: PropertyType, at: string): string[] {
    const intrinsic = intrinsicOf(value);
    if (intrinsic?.name === 'Fn::If') {
      const [name, then, otherwise] = intrinsic.argument as [string, unknown, unknown];
      const condition = template.Conditions?.[name];
      if (!condition) return [`${at}: no condition ${name}`];
      const taken = isTrue(condition, template.Conditions) ? then : otherwise;
      return intrinsicOf(taken)?.argument === 'AWS::NoValue' ? [] : ofValue(taken, type, at);
    }
    // What it gives is text, or is only known when it is deployed.
    if (intrinsic) return problemsOfReference(value, names, at);
    return ofLiteral(value, type, at);
  }

  function ofLiteral(value: unknown, type: PropertyType, at: string): string[] {
    switch (type.type) {
      case 'array':
        if (!Array.isArray(value)) return [`${at} is no list`];
        return value.flatMap((element, i) => ofValue(element, type.element, `${at}[${i}]`));
      case 'map':
        if (!isObject(value)) return [`${at} is no map`];
        return Object.entries(value).flatMap(([key, each]) => ofValue(each, type.element, `${at}.${key}`));
      case 'union':
        return ofAny(value, type.types, at);
      case 'ref':
        if (!isObject(value)) return [`${at} is no object`];
        return ofProperties(value, db.get('typeDefinition', type.reference).properties, at);
      case 'tag':
        return isObject(value) ? ofProperties(value, tag, at) : [`${at} is no tag`];
      case 'json':
        return isObject(value) || typeof value === 'string'
          ? problemsOfReference(value, names, at)
          : [`${at} is no JSON`];
      default:
        return isScalar[type.type]?.(String(value), value)
          ? []
          : [`${at} is no ${type.type}: ${JSON.stringify(value)}`];
    }
  }

  return [
    ...Object.keys(template.Resources).flatMap(ofResource),
    ...problemsOfReference(template.Outputs ?? {}, names, 'Outputs'),
  ];
}

/** @throws Error for what only a deployment knows; ours depend on parameters, which are text by now */
function isTrue(condition: unknown, others: Record<string, unknown> = {}): boolean {
  const { name, argument } = intrinsicOf(condition) ?? {};
  if (name === 'Condition') return isTrue(others[String(argument)], others);
  if (name === 'Fn::And') return (argument as unknown[]).every((each) => isTrue(each, others));
  const [one, other] = argument as [unknown, unknown];
  if (name === 'Fn::Not') return !isTrue(one, others);
  if (name === 'Fn::Equals' && typeof one === 'string' && typeof other === 'string') return one === other;
  throw new Error(`This condition is not looked at: ${JSON.stringify(condition)}`);
}

const tag: Record<string, Property> = {
  Key: { type: { type: 'string' }, required: true },
  Value: { type: { type: 'string' }, required: true },
};

/** CloudFormation takes a number or a boolean as text too. */
const isScalar: Record<string, (text: string, value: unknown) => boolean> = {
  string: (_, value) => ['string', 'number', 'boolean'].includes(typeof value),
  'date-time': (text) => !Number.isNaN(Date.parse(text)),
  integer: (text) => /^-?\d+$/.test(text),
  number: (text) => text !== '' && Number.isFinite(Number(text)),
  boolean: (text) => text === 'true' || text === 'false',
};
