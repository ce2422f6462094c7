/** CloudFormation's references, put in as CloudFormation would. */
import type { Template } from '../../packaging/packaged.ts';
import { intrinsicOf, isObject } from '../../packaging/references.ts';

/** By what is asked for: `Tokens` for a Ref, `Tokens.Arn` for an attribute. */
export type References = (name: string) => string | undefined;

/** @throws Error that names what is not known, or a function of CloudFormation that is not */
export function resolve(value: unknown, references: References): unknown {
  const known = (name: string): string => {
    const found = references(name);
    if (found === undefined) throw new Error(`Nothing here stands for ${name}, which the template refers to`);
    return found;
  };
  if (Array.isArray(value)) return value.map((each) => resolve(each, references));
  const intrinsic = intrinsicOf(value);
  if (intrinsic) return ofIntrinsic(intrinsic, known, references);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, resolve(each, references)]));
}

function ofIntrinsic(
  { name, argument }: { name: string; argument: unknown },
  known: (name: string) => string,
  references: References,
): unknown {
  if (name === 'Ref') return known(String(argument));
  if (name === 'Fn::GetAtt') return known([argument].flat().join('.'));
  if (name === 'Fn::Sub' && typeof argument === 'string') {
    return argument.replaceAll(/\$\{([^!}][^}]*)\}/g, (_, each: string) => known(each));
  }
  if (name === 'Fn::Join' && Array.isArray(argument)) {
    const [separator, parts] = argument as [string, unknown[]];
    return parts.map((part) => String(resolve(part, references))).join(separator);
  }
  throw new Error(`${name} is not known here`);
}

/** @returns the template as it is with its parameters: `Fn::If` has been decided. @throws Error for a condition that is not there */
export function decided(template: Template): Template {
  const holds = (condition: unknown): boolean => {
    const { name, argument } = intrinsicOf(condition) ?? { name: 'nothing', argument: [] };
    const [first, second] = [argument].flat();
    if (name === 'Condition') return holds(template.Conditions?.[String(argument)]);
    if (name === 'Fn::Equals') return first === second;
    if (name === 'Fn::Not') return !holds(first);
    if (name === 'Fn::And') return [argument].flat().every(holds);
    throw new Error(`${name} is no condition that is known here`);
  };
  const decide = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(decide);
    const intrinsic = intrinsicOf(value);
    if (intrinsic?.name === 'Fn::If') {
      const [name, then, otherwise] = intrinsic.argument as [string, unknown, unknown];
      return decide(holds({ Condition: name }) ? then : otherwise);
    }
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, decide(each)]));
  };
  return { ...template, Resources: decide(template.Resources) as Template['Resources'] };
}
