/** Holds what functions have asked of IAM against what their roles allow, in both directions. */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import type { Call } from './calls.ts';
import { account, type Statement } from './template.ts';

const leadingKeys = 'dynamodb:LeadingKeys';

/** One thing that a statement allows. */
export interface Grant {
  action: string;
  /** An ARN. */
  on: string;
  /** One of the patterns for the partition keys; undefined if the statement has no condition on them. */
  keys: string | undefined;
}

export const keysOf = ({ context }: Pick<Call, 'context'>): string[] => [context[leadingKeys] ?? []].flat();

const patternsOf = ({ Condition = {} }: Statement): string[] | undefined =>
  Object.values(Condition)
    .map((each) => each[leadingKeys])
    .find((patterns) => patterns !== undefined) as string[] | undefined;

export const grantsOf = (statements: Statement[]): Grant[] =>
  statements.flatMap((statement) =>
    statement.Action.flatMap((action) =>
      statement.Resource.flatMap((on) =>
        (patternsOf(statement) ?? [undefined]).map((keys): Grant => ({ action, on, keys })),
      ),
    ),
  );

/** A key without what is different from one Token, peer or day to the next: `E#`, `listed/`, `expiries-`, `sync`. */
const familyOf = (key: string): string => /^[^#/\d]*[#/]?/.exec(key)?.[0] ?? key;

const expressionOf = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('\\*', '.*')}$`);

export const matches = (pattern: string | undefined, key: string): boolean =>
  pattern === undefined || expressionOf(pattern).test(key);

/** The calls of which IAM must be asked: of those with which the role deals alike, one. */
function distinct(calls: Call[], statements: Statement[]): Call[] {
  const patterns = statements.flatMap((statement) => patternsOf(statement) ?? []);
  const signature = (call: Call) =>
    keysOf(call).map((key) => patterns.flatMap((pattern, i) => (matches(pattern, key) ? [i] : [])));
  const alike = (call: Call) => JSON.stringify([call.action, call.on, Object.keys(call.context), signature(call)]);
  return [...new Map(calls.map((call) => [alike(call), call])).values()];
}

/**
 * @param arnOf the ARN of what a call names
 * @param policyOf the policy that it has itself: a key is nobody's whose own policy does not hand that over to IAM
 * @returns those that IAM would have denied
 */
export async function deniedOf(
  calls: Call[],
  statements: Statement[],
  arnOf: (on: string) => string,
  policyOf: (on: string) => unknown,
): Promise<Call[]> {
  const denied: Call[] = [];
  for (const call of distinct(calls, statements)) {
    if (!(await isAllowed({ ...call, on: arnOf(call.on) }, statements, policyOf(call.on)))) denied.push(call);
  }
  return denied;
}

/** The simulator knows the members of an encryption context by one name with a placeholder, so they stand under it. */
const asItKnows = <Value>(value: Value): Value =>
  JSON.parse(
    JSON.stringify(value).replaceAll(
      /"kms:EncryptionContext:\w+"/g,
      () => `"kms:EncryptionContext:\${EncryptionContextKey}"`,
    ),
  ) as Value;

/** @throws Error if IAM knows no such action, it is none on such a resource, or its conditions cannot be about what the call has */
async function isAllowed(
  { by, action, on, context }: Call,
  Statement: Statement[],
  resourcePolicy: unknown,
): Promise<boolean> {
  const result = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${account}:role/${by}`,
        action,
        resource: { resource: on, accountId: account },
        contextVariables: asItKnows(context),
      },
      identityPolicies: [{ name: by, policy: { Version: '2012-10-17', Statement: asItKnows(Statement) } }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
      resourcePolicy,
    },
    {},
  );
  if (result.resultType !== 'single') throw new Error(`${action} on ${on}: ${JSON.stringify(result)}`);
  const ignored = result.result.ignoredContextKeys ?? [];
  if (ignored.length > 0) throw new Error(`${action} on ${on}: IAM does not look at ${ignored.join()}`);
  return result.overallResult === 'Allowed';
}

/**
 * @param all what any function has asked, which says what keys there are
 * @param own what this one has asked
 * @returns in words, what of a grant no call has needed
 */
export function inVain(
  { action, on, keys: pattern }: Grant,
  own: Call[],
  all: Call[],
  arnOf: (on: string) => string,
): string[] {
  const where = `${action} on ${on}${pattern === undefined ? '' : ` [${pattern}]`}`;
  if (/[*?]/.test(action)) return [`${where}: name the actions`];
  const needed = own.filter((call) => call.action === action && arnOf(call.on) === on);
  const keysNeeded = needed.flatMap(keysOf).filter((key) => matches(pattern, key));
  if (pattern === undefined ? needed.length === 0 : keysNeeded.length === 0) return [`${where}: no call needs it`];
  const families = (keys: string[]) => new Set(keys.map(familyOf));
  const existing = families(
    all
      .filter((call) => arnOf(call.on) === on)
      .flatMap(keysOf)
      .filter((key) => matches(pattern, key)),
  );
  // A scan reads all there is and has no keys to name.
  if (pattern === undefined && needed.some((call) => keysOf(call).length === 0)) return [];
  const needs = families(keysNeeded);
  return [...existing]
    .filter((family) => !needs.has(family))
    .map((family) => `${where}: also allows ${family}…, which no call needs`);
}
