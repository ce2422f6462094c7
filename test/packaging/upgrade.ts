/** What an upgrade would do to what is there: the template of a release beside that of today, as CloudFormation compares them. */
import type { PropertyType, Resource as Schema, SpecDatabase } from '@aws-cdk/service-spec-types';
import type { Resource, Template } from './packaged.ts';
import { intrinsicOf, isObject } from './references.ts';

/** What is remembered of a release: of all that holds something every property, of what has a name what that depends on. */
export interface Release {
  release: string;
  resources: Record<string, Resource>;
}

type Properties = Record<string, unknown>;

const api = 'AWS::ApiGatewayV2::Api';
const logGroup = 'AWS::Logs::LogGroup';
const table = 'AWS::DynamoDB::Table';

const schemaOf = (db: SpecDatabase, type: string): Schema | undefined =>
  db.lookup('resource', 'cloudFormationType', 'equals', type)[0];

/** Data, messages, logs; and the API, whose URL partners have. */
const isKept = (db: SpecDatabase, type: string): boolean => type === api || schemaOf(db, type)?.isStateful === true;

/** @param version such as `0.2.0` */
export function recordOf(version: string, template: Template, db: SpecDatabase): Release {
  const recorded = Object.entries(template.Resources).flatMap(([id, resource]) => {
    const { Type, Properties = {} } = resource;
    if (isKept(db, Type)) return [[id, resource] as const];
    if (nameOf(resource, db) === undefined) return [];
    const replacing = Object.entries(Properties).filter(([name]) => replaces(schemaOf(db, Type)?.properties[name]));
    return [[id, { Type, Properties: Object.fromEntries(replacing) }] as const];
  });
  return { release: version, resources: Object.fromEntries(recorded.toSorted(([a], [b]) => (a < b ? -1 : 1))) };
}

/** A line for each resource, so that a change of one is a change of a line. */
export function spellRecord({ release, resources }: Release): string {
  const lines = Object.entries(resources).map(([id, resource]) => `    ${JSON.stringify(id)}: ${canonical(resource)}`);
  return `{\n  "release": ${JSON.stringify(release)},\n  "resources": {\n${lines.join(',\n')}\n  }\n}\n`;
}

/** @returns what an upgrade from there would lose, replace, or not be able to do */
export function problemsOfUpgrade({ resources }: Release, { Resources }: Template, db: SpecDatabase): string[] {
  const ofKept = Object.entries(resources).flatMap(([id, before]) => {
    const after = Resources[id];
    if (!isKept(db, before.Type)) return [];
    // With a function its log may go.
    if (!after) return before.Type === logGroup ? [] : [`${id} is gone, and with it what it holds`];
    if (after.Type !== before.Type) return [`${id} is another thing: ${after.Type}`];
    return [...problemsOfKeeping(id, before, after), ...problemsOfChange(id, before, after, db)];
  });
  return [...ofKept, ...problemsOfNames(resources, Resources, db)];
}

function problemsOfKeeping(id: string, before: Resource, after: Resource): string[] {
  const policies = (['DeletionPolicy', 'UpdateReplacePolicy'] as const)
    .filter((policy) => before[policy] === 'Retain' && after[policy] !== 'Retain')
    .map((policy) => `${id} has no ${policy} any more`);
  const isSure = after.Condition === undefined || after.Condition === before.Condition;
  return isSure ? policies : [...policies, `${id} is only there if ${after.Condition}`];
}

/** What is known from AWS's documentation and not from its schemas. */
const refused: Record<string, string[]> = {
  'AWS::KMS::Key': ['KeySpec', 'KeyUsage', 'Origin', 'MultiRegion'],
  [table]: ['LocalSecondaryIndexes'],
};

function problemsOfChange(id: string, before: Resource, after: Resource, db: SpecDatabase): string[] {
  const { Properties: old = {} } = before;
  const { Properties: now = {} } = after;
  const changed = [...new Set([...Object.keys(old), ...Object.keys(now)])].filter(
    (name) => !isSame(old[name], now[name]),
  );
  const { properties = {} } = schemaOf(db, before.Type) ?? {};
  const found = changed.flatMap((name) => {
    if (refused[before.Type]?.includes(name)) return [`${id}.${name} cannot change`];
    const property = properties[name];
    if (replaces(property)) return [`${id}.${name} makes another of it`];
    const type = property?.type;
    return type && replacesWithin(old[name], now[name], type, db) ? [`${id}.${name} makes another of it`] : [];
  });
  return before.Type === table ? [...found, ...problemsOfTable(id, old, now)] : found;
}

const replaces = (property: Schema['properties'][string] | undefined): boolean =>
  ['yes', 'maybe'].includes(property?.causesReplacement ?? 'no');

function replacesWithin(old: unknown, now: unknown, type: PropertyType, db: SpecDatabase): boolean {
  if (type.type !== 'ref') return false;
  const { properties } = db.get('typeDefinition', type.reference);
  return Object.entries(properties).some(([name, property]) => {
    const [one, other] = [old, now].map((value) => (isObject(value) ? value[name] : undefined));
    return !isSame(one, other) && (replaces(property) || replacesWithin(one, other, property.type, db));
  });
}

function problemsOfTable(id: string, old: Properties, now: Properties): string[] {
  const types = byName(now.AttributeDefinitions, 'AttributeName');
  const attributes = Object.entries(byName(old.AttributeDefinitions, 'AttributeName'))
    .filter(([name, definition]) => types[name] !== undefined && !isSame(definition, types[name]))
    .map(([name]) => `${id}: the type of ${name} changes, which makes another table of it`);
  const stream = isSame(old.StreamSpecification, now.StreamSpecification)
    ? []
    : [`${id}.StreamSpecification makes another stream, and what is unread in the old one is lost`];
  return [...attributes, ...stream];
}

/** CloudFormation makes or deletes one index of a table in an update, and changes none: one release, one index. */
export function problemsOfIndexes({ resources }: Release, { Resources }: Template): string[] {
  return Object.entries(resources)
    .filter(([, { Type }]) => Type === table)
    .flatMap(([id, before]) => {
      const old = byName(before.Properties?.GlobalSecondaryIndexes, 'IndexName');
      const now = byName(Resources[id]?.Properties?.GlobalSecondaryIndexes, 'IndexName');
      const isChanged = (name: string) =>
        old[name] !== undefined && now[name] !== undefined && !isSame(old[name], now[name]);
      const isOther = (name: string) => (old[name] === undefined) !== (now[name] === undefined);
      const names = [...new Set([...Object.keys(old), ...Object.keys(now)])];
      const others = names.filter(isOther);
      return [
        ...names.filter(isChanged).map((name) => `${id}: the index ${name} cannot change; make another`),
        ...(others.length > 1 ? [`${id}: more than one index comes or goes: ${others.join(', ')}`] : []),
      ];
    });
}

/** Two cannot have one name, not even while one takes the place of the other. */
function problemsOfNames(old: Record<string, Resource>, now: Record<string, Resource>, db: SpecDatabase): string[] {
  const named = Object.entries(now).flatMap(([id, resource]) => {
    const name = nameOf(resource, db);
    return name === undefined ? [] : [{ id, name, resource }];
  });
  return Object.entries(old).flatMap(([id, before]) => {
    const name = nameOf(before, db);
    if (name === undefined) return [];
    const { properties = {} } = schemaOf(db, before.Type) ?? {};
    const same = named.filter((other) => other.name === name && other.resource.Type === before.Type);
    return same.flatMap((other) => {
      if (other.id !== id) return [`${other.id} takes the name of ${id}, which is still there when it is made`];
      const replacing = Object.keys(properties).filter(
        (key) => replaces(properties[key]) && !isSame(before.Properties?.[key], other.resource.Properties?.[key]),
      );
      return replacing.map((key) => `${id}.${key} makes another of it, and its name is taken`);
    });
  });
}

/** @returns the name that the template gives it, as text; most get theirs from AWS */
function nameOf({ Type, Properties = {} }: Resource, db: SpecDatabase): string | undefined {
  const { properties = {} } = schemaOf(db, Type) ?? {};
  const [found] = Object.entries(Properties)
    .filter(([name, value]) => name.endsWith('Name') && replaces(properties[name]) && !refersToOther(value))
    .map(([, value]) => canonical(value));
  return found;
}

const refersToOther = (value: unknown): boolean => ['Ref', 'Fn::GetAtt'].includes(intrinsicOf(value)?.name ?? '');

const byName = (list: unknown, key: string): Record<string, unknown> =>
  Object.fromEntries((Array.isArray(list) ? list : []).map((each) => [String(each[key]), each]));

const isSame = (a: unknown, b: unknown): boolean => canonical(a) === canonical(b);

/** JSON with the members of objects in one order. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each: unknown) =>
    isObject(each) ? Object.fromEntries(Object.entries(each).toSorted(([a], [b]) => (a < b ? -1 : 1))) : each,
  ) ?? '';
