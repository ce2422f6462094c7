/** `npm run -s check-configuration`: refuses, before anything is deployed, parameters that no function could start with. */
import { text } from 'node:stream/consumers';
import { readConfig } from '../runtime/config.ts';
import { type AddressParameters, problemOfAddress } from './check-address.ts';
import { parseTags } from './tags.ts';

/** What stands for a value that only CloudFormation knows, such as the API's own URL. */
const known: Record<string, string> = { PUBLIC_URL: 'https://api.example.com' };

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

/**
 * @param environment what a function will be given; CloudFormation's references are no strings
 * @returns what is wrong with it, or undefined
 */
export function problemOf(environment: Record<string, unknown>): string | undefined {
  const values = Object.entries(environment).map(([name, value]) => [
    name,
    isScalar(value) ? String(value) : value ? (known[name] ?? 'known later') : '',
  ]);
  const url = environment.PUBLIC_URL;
  if (typeof url === 'string' && url.endsWith('/')) return `PUBLIC_URL: "${url}" ends in a slash`;
  try {
    readConfig(Object.fromEntries(values));
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

interface OperatingParameters {
  tags: string;
  handshakeConcurrency: string | number;
  alarmEmail: string;
  tracing: string;
}

interface Deployment {
  /** What each function will be given. */
  environments: Record<string, unknown>[];
  parameters: AddressParameters & OperatingParameters;
  /** Of the parameters that there are, if the framework says so, and of those that are given for this deployment alone. */
  names: { known: string[]; given: string[] };
}

/** @returns all that is wrong with it */
export function problemsOf({ environments, parameters, names }: Deployment): string[] {
  const problems = [
    ...problemsOfNames(names),
    ...environments.map(problemOf),
    problemOfAddress(parameters),
    problemOfTags(parameters.tags),
    ...problemsOfOperating(parameters),
  ];
  return [...new Set(problems.filter((problem) => problem !== undefined))];
}

function problemsOfNames({ known, given }: Deployment['names']): string[] {
  if (known.length === 0) return [];
  return given.filter((name) => !known.includes(name)).map((name) => `there is no parameter ${name}`);
}

/** CloudFormation would roll back for the second. With the first at 0 it would deploy handshakes that never run. */
function problemsOfOperating({ handshakeConcurrency, alarmEmail, tracing }: OperatingParameters): string[] {
  const problems: string[] = [];
  if (!/^(none|[1-9]\d*)$/.test(String(handshakeConcurrency))) {
    problems.push(`handshakeConcurrency: "${handshakeConcurrency}" is neither none nor a number from 1 on`);
  }
  if (!/^([^\s@,;]+@[^\s@,;]+)?$/.test(alarmEmail)) {
    problems.push(`alarmEmail: "${alarmEmail}" is no address such as ops@example.com`);
  }
  if (!['on', 'off'].includes(tracing)) problems.push(`tracing: "${tracing}" is neither on nor off`);
  return problems;
}

function problemOfTags(tags: string): string | undefined {
  try {
    parseTags(tags);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

if (process.argv[1] === import.meta.filename) {
  const deployment = JSON.parse(await text(process.stdin)) as Deployment;
  const problems = problemsOf(deployment);
  for (const problem of problems) console.error(problem);
  if (problems.length > 0) process.exitCode = 1;
  // For the framework, which has no way to make a list of a parameter.
  else console.log(JSON.stringify({ tags: parseTags(deployment.parameters.tags) }));
}
