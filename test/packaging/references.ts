/** Whether what a template refers to is there. */
import type { Template } from './packaged.ts';

export interface Tree {
  template: Template;
  /** What `!GetAtt` may ask of a resource. */
  attributesOf: (id: string) => string[];
}

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns the function of CloudFormation that stands for a value, if one does */
export function intrinsicOf(value: unknown): { name: string; argument: unknown } | undefined {
  if (!isObject(value)) return undefined;
  const [only, ...others] = Object.entries(value);
  if (!only || others.length > 0) return undefined;
  const [name, argument] = only;
  return /^(Ref|Condition|Fn::\w+)$/.test(name) ? { name, argument } : undefined;
}

/** @returns what it refers to, anywhere in it, that is not there */
export function problemsOfReference(value: unknown, tree: Tree, at: string): string[] {
  const intrinsic = intrinsicOf(value);
  if (intrinsic?.name === 'Ref') return ofName(String(intrinsic.argument), tree, at);
  if (intrinsic?.name === 'Fn::GetAtt') return ofAttribute([intrinsic.argument].flat().join('.'), tree, at);
  if (intrinsic?.name === 'Fn::Sub' && typeof intrinsic.argument === 'string') {
    return [...intrinsic.argument.matchAll(/\$\{([^!}][^}]*)\}/g)].flatMap(([, name = '']) =>
      name.includes('.') ? ofAttribute(name, tree, at) : ofName(name, tree, at),
    );
  }
  if (intrinsic && !['Fn::Join', 'Fn::If'].includes(intrinsic.name))
    return [`${at}: ${intrinsic.name} is not looked at`];
  if (!Array.isArray(value) && !isObject(value)) return [];
  return Object.entries(value).flatMap(([key, each]) => problemsOfReference(each, tree, `${at}.${key}`));
}

function ofName(name: string, { template }: Tree, at: string): string[] {
  const isThere = name.startsWith('AWS::') || template.Resources[name] || template.Parameters?.[name];
  return isThere ? [] : [`${at} refers to no ${name}`];
}

function ofAttribute(path: string, { template, attributesOf }: Tree, at: string): string[] {
  const [id = '', ...attribute] = path.split('.');
  if (!template.Resources[id]) return [`${at} refers to no ${id}`];
  return attributesOf(id).includes(attribute.join('.')) ? [] : [`${at}: ${id} has no ${attribute.join('.')}`];
}
