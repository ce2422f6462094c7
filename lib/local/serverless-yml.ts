/** What local runs, the build and the tests take from serverless.yml, so that what runs here is what is deployed. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { CreateTableCommandInput } from '@aws-sdk/client-dynamodb';
import { parse, type Tags } from 'yaml';

/** A route of the HTTP API: `GET /path/{variable}/{greedy+}`, any method as `ANY /path`, and `$default`. */
export type RouteKey = string;

export interface LambdaFunction {
  name: string;
  /** The source file, relative to the repository: `functions/tokens/get-token.ts`. */
  file: string;
  /** The name it exports its handler under. */
  export: string;
  routes: RouteKey[];
  /** How often it is called by itself; absent if it is not. */
  everyMinutes?: number;
  /** The queue whose messages it is called with, one at a time, and how many of them at most at once. */
  queue?: { name: string; maximumConcurrency: number };
  timeoutSeconds: number;
  environment: Record<string, unknown>;
}

/** What CreateTable takes, but for the name, which differs by stage. */
export type TableDefinition = Omit<CreateTableCommandInput, 'TableName'>;

export interface Deployment {
  /** As AWS spells it: `nodejs24.x`. */
  runtime: string;
  functions: LambdaFunction[];
  /** By logical id: `Tokens`, `Peers`, `Records`. */
  tables: Record<string, TableDefinition>;
  /** By logical id, in the words of CreateQueue. */
  queues: Record<string, Record<string, string>>;
}

/** A serverless.yml as far as we look into it. */
export interface ServerlessYml {
  params?: { default?: Record<string, unknown> };
  provider: { runtime: string; timeout?: number; environment?: Record<string, unknown> };
  functions: Record<string, FunctionEntry>;
  resources: { Resources: Record<string, { Type: string; Properties: TableProperties & QueueProperties }> };
}

interface FunctionEntry {
  handler: string;
  timeout?: number;
  environment?: Record<string, unknown>;
  events?: {
    httpApi?: RouteKey | { method?: string; path: string };
    schedule?: string;
    sqs?: string | { arn: { 'Fn::GetAtt': string[] }; maximumConcurrency: number | string };
  }[];
}

type TableProperties = Pick<
  CreateTableCommandInput,
  'AttributeDefinitions' | 'KeySchema' | 'GlobalSecondaryIndexes' | 'BillingMode'
>;

interface QueueProperties {
  FifoQueue?: boolean;
  VisibilityTimeout?: number;
}

const lambdaDefaultTimeoutSeconds = 6;

/** The repository's own serverless.yml. */
export const serverlessYml = fileURLToPath(new URL('../../serverless.yml', import.meta.url));

/** Reads a serverless.yml; throws when it is missing or not YAML. */
export const readServerlessYml = (path = serverlessYml): Deployment => parseServerlessYml(readFileSync(path, 'utf8'));

/** Functions and tables of the text of a serverless.yml; `${…}` variables and CloudFormation functions stay as they are. */
export const parseServerlessYml = (text: string): Deployment => deploymentOf(parseYml(text) as ServerlessYml);

/** What a serverless.yml says, CloudFormation's tags as JSON has them. */
export const parseYml = (text: string): unknown => parse(text, { customTags: cloudformationTags, merge: true });

export const deploymentOf = (declared: ServerlessYml): Deployment => {
  const { provider, functions, resources } = declared;
  const ofType = <Definition>(
    type: string,
    toDefinition: (properties: TableProperties & QueueProperties) => Definition,
  ) =>
    Object.fromEntries(
      Object.entries(resources.Resources)
        .filter(([, { Type }]) => Type === type)
        .map(([logicalId, { Properties }]) => [logicalId, toDefinition(Properties)]),
    );
  return {
    runtime: provider.runtime,
    functions: Object.entries(functions).map(([name, entry]) => toFunction(name, entry, declared)),
    tables: ofType('AWS::DynamoDB::Table', toTable),
    queues: ofType('AWS::SQS::Queue', toQueue),
  };
};

const toFunction = (name: string, entry: FunctionEntry, { provider, params }: ServerlessYml): LambdaFunction => {
  const dot = entry.handler.lastIndexOf('.');
  return {
    name,
    file: `${entry.handler.slice(0, dot)}.ts`,
    export: entry.handler.slice(dot + 1),
    routes: (entry.events ?? []).flatMap(({ httpApi }) => (httpApi === undefined ? [] : [toRouteKey(httpApi)])),
    ...everyMinutes(entry),
    ...queueOf(entry, params?.default ?? {}),
    timeoutSeconds: entry.timeout ?? provider.timeout ?? lambdaDefaultTimeoutSeconds,
    environment: { ...provider.environment, ...entry.environment },
  };
};

/** `rate(1 minute)`, `rate(5 minutes)` */
const everyMinutes = ({ events = [] }: FunctionEntry): Pick<LambdaFunction, 'everyMinutes'> => {
  const rates = events.map(({ schedule = '' }) => /^rate\((\d+) minutes?\)$/.exec(schedule)?.[1]);
  const minutes = rates.find((rate) => rate !== undefined);
  return minutes === undefined ? {} : { everyMinutes: Number(minutes) };
};

const queueOf = ({ events = [] }: FunctionEntry, params: Record<string, unknown>): Pick<LambdaFunction, 'queue'> => {
  const sqs = events.map((event) => event.sqs).find((event) => typeof event === 'object');
  if (!sqs) return {};
  const [, param] = /^\$\{param:(\w+)\}$/.exec(String(sqs.maximumConcurrency)) ?? [];
  const maximumConcurrency = Number(param === undefined ? sqs.maximumConcurrency : params[param]);
  return { queue: { name: sqs.arn['Fn::GetAtt'][0] ?? '', maximumConcurrency } };
};

const toRouteKey = (event: RouteKey | { method?: string; path: string }): RouteKey => {
  if (typeof event !== 'string') return toRouteKey(event.path === '*' ? '*' : `${event.method ?? '*'} ${event.path}`);
  if (event === '*') return '$default';
  const [method = '', path = ''] = event.split(' ');
  return `${method === '*' ? 'ANY' : method.toUpperCase()} ${path}`;
};

// Backups, encryption at rest and deletion protection have no meaning for a database on a laptop; and with a stream of whole
// images the embedded engine writes many Tokens at a fifth of its rate (docs/decisions.md).
const toTable = ({
  AttributeDefinitions,
  KeySchema,
  GlobalSecondaryIndexes,
  BillingMode,
}: TableProperties): TableDefinition => ({
  AttributeDefinitions,
  KeySchema,
  BillingMode,
  ...(GlobalSecondaryIndexes && { GlobalSecondaryIndexes }),
});

/** Who is given up goes nowhere here: the minute's look finds what is due, and the messages end with the process. */
const toQueue = ({ FifoQueue, VisibilityTimeout }: QueueProperties): Record<string, string> =>
  Object.fromEntries(
    Object.entries({ FifoQueue, VisibilityTimeout })
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => [name, String(value)]),
  );

const intrinsic = (name: string): Exclude<Tags[number], string>[] => {
  const key = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
  const tag = `!${name}`;
  // In JSON an attribute is a list, and only in YAML a text.
  const wrap = (value: unknown) => ({
    [key]: name === 'GetAtt' && typeof value === 'string' ? value.split(/\.(.*)/s, 2) : value,
  });
  return [
    { tag, resolve: wrap },
    { tag, collection: 'seq', resolve: (node) => wrap(node.toJSON()) },
    { tag, collection: 'map', resolve: (node) => wrap(node.toJSON()) },
  ];
};

const cloudformationTags = [
  'And',
  'Base64',
  'Cidr',
  'Condition',
  'Equals',
  'FindInMap',
  'GetAZs',
  'GetAtt',
  'If',
  'ImportValue',
  'Join',
  'Not',
  'Or',
  'Ref',
  'Select',
  'Split',
  'Sub',
  'Transform',
].flatMap(intrinsic);
