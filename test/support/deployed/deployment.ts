/** All that would be deployed, on this machine: the zips in processes of their own, and stand-ins for the AWS around them. */
import { randomUUID } from 'node:crypto';
import { CreateTableCommand } from '@aws-sdk/client-dynamodb';
import type { DynamoDBBatchResponse, DynamoDBRecord } from 'aws-lambda';
import { type DynamodbOptions, dynamodbStorage } from '../../../lib/crud/dynamodb/storage.ts';
import type { LocalQueues } from '../../../lib/local/queue.ts';
import { readServerlessYml } from '../../../lib/local/serverless-yml.ts';
import { backendOn } from '../../../lib/runtime/backend.ts';
import type { Config } from '../../../lib/runtime/config.ts';
import type { TestDatabase } from '../dynamodb.ts';
import type { OpenBackend } from '../http.ts';
import { type Aws, startAws } from './aws.ts';
import { notDone, passes, scheduled, scheduledEvent, sources, streamEvent } from './events.ts';
import { deployLambda, type Lambda } from './lambda.ts';
import { keep } from './recordings.ts';
import { openStream } from './stream.ts';
import { account, arnOf, deployedFunctions, ofType, readTemplate, region } from './template.ts';

/** What an instance (test/support/instance.ts) wants of functions that it does not run itself. */
export interface Wanted {
  /** Where partners reach it. */
  url: string;
  parties: string;
  config: Partial<Config>;
  /** How far its clock is ahead, in milliseconds. */
  ahead: () => number;
  onLine: (line: string) => void;
}

export interface Deployed {
  aws: Aws;
  /** Starts them, if no function has yet. */
  queues: () => Promise<LocalQueues>;
  /** @param name of a function; @throws FunctionFailed */
  invoke: (name: string, event: unknown) => Promise<unknown>;
  /** Has functions ready that others wait for, because on a machine with much to do a cold start takes seconds. */
  start: (...names: string[]) => Promise<void>;
  /** Those that are at work learn of it too. */
  moveClock: () => void;
  /** Calls all functions that a clock calls, one after the other. */
  tick: () => Promise<void>;
  /** Takes what the streams have to the functions that they call. */
  deliverChanges: () => Promise<void>;
  /** Takes messages to the functions that queues call, from now on. */
  consumeQueues: () => Promise<void>;
  stop: () => Promise<void>;
}

export interface Deployment {
  openBackend: OpenBackend;
  deploy: (wanted: Wanted) => Promise<Deployed>;
  tables: DynamodbOptions['tables'];
}

const template = readTemplate();
const declared = readServerlessYml();

const partitionKeyOf = (id: string): string =>
  declared.tables[id]?.KeySchema?.find(({ KeyType }) => KeyType === 'HASH')?.AttributeName ?? '';

/** Empty tables as the template has them, streams included, and what runs on them. */
export async function newDeployment(database: TestDatabase): Promise<Deployment> {
  const names: Record<string, string> = {};
  for (const [id, properties] of ofType(template, 'AWS::DynamoDB::Table')) {
    names[id] = `${id}-${randomUUID().slice(0, 8)}`;
    const { StreamSpecification } = properties as { StreamSpecification?: { StreamViewType: 'NEW_AND_OLD_IMAGES' } };
    const stream = StreamSpecification && { StreamSpecification: { StreamEnabled: true, ...StreamSpecification } };
    const definition = declared.tables[id] ?? {};
    await database.db.send(new CreateTableCommand({ TableName: names[id], ...definition, ...stream } as never));
  }
  const { Tokens = '', Peers = '', Records = '' } = names;
  const tables = { tokens: Tokens, peers: Peers, records: Records };
  return {
    tables,
    openBackend: (ambient) =>
      backendOn(dynamodbStorage({ endpoint: undefined, tables, ...ambient }, database.db), ambient),
    deploy: (wanted) => deployOn(database, names, wanted),
  };
}

async function deployOn(database: TestDatabase, names: Record<string, string>, wanted: Wanted): Promise<Deployed> {
  let started: Promise<LocalQueues> | undefined;
  // Few functions have a queue, and what stands in for SQS is much to load.
  const queues = () => (started ??= import('./queues.ts').then((m) => m.startDeployedQueues(template)));
  const aws = await startAws({
    dynamodb: database.endpoint,
    sqs: async () => Object.values((await queues()).urls)[0] ?? '',
    tables: Object.fromEntries(Object.entries(names).map(([id, name]) => [name, id])),
    partitionKeyOf,
  });
  const references: Record<string, string> = { ...names, 'HttpApi.ApiEndpoint': wanted.url };
  // Named as for the stand-in, which looks at the last part only.
  for (const id of Object.keys(declared.queues)) references[id] = `${behind(aws.url)}/${account}/${id}.fifo`;
  const functions = deployedFunctions(template, (name) => references[name] ?? arnNamed(name));
  const lambdas = new Map<string, Lambda>();

  function lambdaOf(name: string): Lambda {
    const known = lambdas.get(name);
    if (known) return known;
    const found = functions.find((each) => each.name === name);
    if (!found) throw new Error(`The template has no function ${name}`);
    const lambda = deployLambda(
      { ...found, environment: withParameters(found.environment, wanted) },
      {
        region,
        awsUrl: aws.url,
        // The one setting that is not of the template: partners are on this machine, where a deployed function goes to nobody.
        environment: { PEER_URLS: 'local' },
        ahead: wanted.ahead,
        onLine: wanted.onLine,
      },
    );
    lambdas.set(name, lambda);
    return lambda;
  }

  const called = new Set<string>();
  function invoke(name: string, event: unknown): Promise<unknown> {
    called.add(name);
    return lambdaOf(name).invoke(event);
  }
  const streams = new Map<string, () => Promise<DynamoDBRecord[]>>();
  /** By function, what comes again. */
  const failed = new Map<string, DynamoDBRecord[]>();
  const endings: (() => Promise<void>)[] = [];

  async function recordsOf(id: string): Promise<DynamoDBRecord[]> {
    const next = streams.get(id) ?? (await openStream(database.endpoint, names[id] ?? ''));
    streams.set(id, next);
    return next();
  }

  return {
    aws,
    queues,
    invoke,
    async start(...some) {
      await Promise.all(some.map((name) => lambdaOf(name).start()));
    },
    moveClock() {
      for (const lambda of lambdas.values()) lambda.moveClock();
    },
    async tick() {
      for (const { name } of scheduled(template)) await invoke(name, scheduledEvent(new Date()));
    },
    async deliverChanges() {
      const ofStreams = sources(template).filter(({ kind }) => kind === 'stream');
      for (const [from, called] of Map.groupBy(ofStreams, (source) => source.from)) {
        const records = await recordsOf(from);
        for (const { name, patterns } of called) {
          const news = records.filter((each) => patterns.some((pattern) => passes(pattern, each)));
          const batch = [...(failed.get(name) ?? []), ...news];
          const answer = batch.length > 0 ? await invoke(name, streamEvent(batch, from)) : undefined;
          failed.set(name, notDone(batch, answer as DynamoDBBatchResponse | undefined));
        }
      }
    },
    async consumeQueues() {
      const handler =
        ({ name }: { name: string }) =>
        (event: unknown) =>
          invoke(name, event) as never;
      endings.push(await (await queues()).startConsumers(declared.functions, async (each) => handler(each)));
    },
    async stop() {
      await Promise.all(endings.map((end) => end()));
      await Promise.all([...lambdas.values()].map((lambda) => lambda.stop()));
      keep([...called], aws.calls());
      await aws.stop();
      if (started && endings.length === 0) await (await (await started).startConsumers([], () => Promise.reject()))();
    },
  };
}

/** The name `localhost`, because for 127.0.0.1 the client of the queue would not use the credentials that name the function. */
const behind = (awsUrl: string): string => awsUrl.replace('127.0.0.1', 'localhost');

const arnNamed = (name: string): string | undefined => {
  const [id = '', attribute] = name.split('.');
  return attribute === 'Arn' ? arnOf(template, id) : undefined;
};

/** What a test sets differently, as `--param` would: only where the template has a variable for it. */
function withParameters(environment: Record<string, string>, { parties, config }: Wanted): Record<string, string> {
  const { pageSize, rotationGraceHours, eraseAfterDays, publicUrl, logLevel, ...others } = config;
  const [unknown] = Object.keys(others);
  if (unknown) throw new Error(`serverless.yml has no parameter for ${unknown}`);
  const given: Record<string, string | number | undefined> = {
    OCPI_PARTIES: parties,
    PUBLIC_URL: publicUrl,
    PAGE_SIZE_DEFAULT: pageSize?.default,
    PAGE_SIZE_MAX: pageSize?.max,
    ROTATION_GRACE_HOURS: rotationGraceHours,
    ERASE_AFTER_DAYS: eraseAfterDays,
    LOG_LEVEL: logLevel,
  };
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, given[name] === undefined ? value : String(given[name])]),
  );
}
