/** What would be deployed is what CloudFormation takes, for whatever parameters people give. Each set costs seconds, so there are two. */

import { globSync, readFileSync } from 'node:fs';
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import type { SpecDatabase } from '@aws-cdk/service-spec-types';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageWith, type Template } from './packaged.ts';
import { intrinsicOf } from './references.ts';
import { problemsOf } from './schemas.ts';
import { problemsOfIndexes, problemsOfUpgrade, type Release, recordOf, spellRecord } from './upgrade.ts';

const sets: Record<string, Record<string, string>> = {
  'as it comes': {},
  'all set otherwise': {
    parties: 'CPO NL AAA, CPO DE BBB, EMSP NL AAA, EMSP BE CCC, EMSP FR DDD',
    publicUrl: 'https://ocpi.example.com',
    handshakeConcurrency: '10',
    syncConcurrency: '30',
    eraseAfterDays: '0',
    businessName: 'A company with a name of several words',
    businessWebsite: 'https://www.example.com',
    logRetentionInDays: '365',
    domain: 'ocpi.example.com',
    certificateArn: 'arn:aws:acm:eu-central-1:123456789012:certificate/0a1b2c3d',
    hostedZoneId: 'Z0123456789',
    defaultAddress: 'closed',
  },
};
const templates = new Map<string, Template>();
let db: SpecDatabase;

beforeAll(async () => {
  const packaging = Object.entries(sets).map(async ([name, parameters]) => {
    templates.set(name, await packageWith(parameters));
  });
  db = await loadAwsServiceSpec();
  await Promise.all(packaging);
}, 180_000);

const templateOf = (name: string): Template => structuredClone(templates.get(name) ?? expect.unreachable());

describe.each(Object.keys(sets))('%s:', (name) => {
  const resources = () => Object.values(templateOf(name).Resources);
  const countOf = (...types: string[]) => resources().filter(({ Type }) => types.includes(Type)).length;

  test('every resource is as its schema wants it, and refers to what is there', () => {
    expect(problemsOf(templateOf(name), db)).toEqual([]);
  });

  test('stays well under what a stack and an API may have', () => {
    expect(resources().length).toBeLessThanOrEqual(400); // of 500
    expect(countOf('AWS::ApiGatewayV2::Route')).toBeLessThanOrEqual(300);
    expect(countOf('AWS::ApiGatewayV2::Integration')).toBeLessThanOrEqual(300);
    expect(JSON.stringify(templateOf(name)).length).toBeLessThan(900_000); // of 1 MB
  });

  test('no role, name or environment is longer than AWS takes', () => {
    expect(
      Object.entries(templateOf(name).Resources).flatMap(([id, { Properties = {} }]) => tooLong(id, Properties)),
    ).toEqual([]);
  });
});

/** @returns the template as it is where a condition is the other way round */
function turned(template: Template, ...conditions: string[]): Template {
  for (const name of conditions) {
    const condition = template.Conditions?.[name] ?? expect.unreachable();
    Object.assign(template.Conditions ?? {}, { [name]: { 'Fn::Not': [condition] } });
  }
  return template;
}

describe('a domain', () => {
  test('leaves the default address open until a parameter closes it', () => {
    const closing = ['as it comes', 'all set otherwise'].map((name) => {
      const { Conditions, Resources } = templateOf(name);
      const closes = { 'Fn::If': ['ClosesDefaultAddress', true, false] };
      expect(Resources.HttpApi?.Properties?.DisableExecuteApiEndpoint).toEqual(closes);
      return Conditions?.ClosesDefaultAddress;
    });
    expect(closing).toEqual([{ 'Fn::Equals': ['open', 'closed'] }, { 'Fn::Equals': ['closed', 'closed'] }]);
  });

  test('is as the schemas want it with a certificate that is made, and with a DNS elsewhere', () => {
    const made = turned(templateOf('all set otherwise'), 'MakesCertificate');
    expect(problemsOf(made, db)).toEqual([]);
    expect(problemsOf(turned(templateOf('all set otherwise'), 'EntersDomain'), db)).toEqual([]);
  });

  test('that is not there is named nowhere', () => {
    const problems = problemsOf(turned(templateOf('all set otherwise'), 'HasDomain'), db);
    expect(problems).toEqual([]);
  });
});

/** As long as the longest ARN that a policy of ours names. */
const deployed = (_: string, value: unknown) => (intrinsicOf(value) ? 'x'.repeat(130) : value);

const lengths: Record<string, number> = {
  RoleName: 64,
  QueueName: 80,
  LogGroupName: 512,
  Policies: 10_240,
  Environment: 4_096,
  Description: 256,
};

const tooLong = (id: string, properties: Record<string, unknown>): string[] =>
  Object.entries(lengths)
    .filter(([name, most]) => (JSON.stringify(properties[name], deployed) ?? '').length > most)
    .map(([name]) => `${id}.${name}`);

test('a reservation of concurrency arrives where it was asked for', () => {
  const { Properties } = templateOf('all set otherwise').Resources.PostDashcredentialsLambdaFunction ?? {};
  expect(Properties?.ReservedConcurrentExecutions).toMatchObject({ 'Fn::If': ['ReservesHandshakes', '10', {}] });
});

describe('what is broken by hand is seen:', () => {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a Sub of CloudFormation
  const subOfNothing = { 'Fn::Sub': 'a-${Gone.Arn}' };
  type Properties = Record<'SSESpecification', object> & { KeySchema?: Record<string, string>[] };
  const broken: [string, string, (properties: Properties, template: Template) => void, string][] = [
    ['an unknown property', 'Tokens', (of) => Object.assign(of, { Colour: 'red' }), 'Tokens.Colour is unknown'],
    [
      'a nested one',
      'Tokens',
      (of) => Object.assign(of.SSESpecification, { Colour: 1 }),
      'Tokens.SSESpecification.Colour is unknown',
    ],
    ['a missing property', 'Tokens', (of) => delete of.KeySchema, 'Tokens.KeySchema is missing'],
    [
      'a nested one that is missing',
      'Peers',
      (of) => delete of.KeySchema?.[0]?.KeyType,
      'Peers.KeySchema[0].KeyType is missing',
    ],
    [
      'a wrong type',
      'SyncQueue',
      (of) => Object.assign(of, { VisibilityTimeout: 'long' }),
      'SyncQueue.VisibilityTimeout is no integer: "long"',
    ],
    [
      'a Ref to nothing',
      'SyncQueue',
      (of) => Object.assign(of, { QueueName: { Ref: 'Gone' } }),
      'SyncQueue.QueueName refers to no Gone',
    ],
    [
      'an attribute that there is not',
      'SyncQueue',
      (of) => Object.assign(of, { QueueName: { 'Fn::GetAtt': ['Tokens', 'Size'] } }),
      'SyncQueue.QueueName: Tokens has no Size',
    ],
    [
      'a Sub of nothing',
      'SyncQueue',
      (of) => Object.assign(of, { QueueName: subOfNothing }),
      'SyncQueue.QueueName refers to no Gone',
    ],
    [
      'a condition that there is not',
      'SyncQueue',
      (of) => Object.assign(of, { QueueName: { 'Fn::If': ['No', 'a', 'b'] } }),
      'SyncQueue.QueueName: no condition No',
    ],
    [
      'a resource that is gone',
      'SecretsKey',
      (_, template) => delete template.Resources.SyncDeadLetters,
      'SyncQueue.RedrivePolicy.deadLetterTargetArn refers to no SyncDeadLetters',
    ],
    [
      'waiting for nothing',
      'Tokens',
      (_, { Resources }) => Object.assign(Resources.Tokens ?? {}, { DependsOn: ['Gone'] }),
      'Tokens waits for no Gone',
    ],
    [
      'no such type',
      'Tokens',
      (_, { Resources }) => Object.assign(Resources.Tokens ?? {}, { Type: 'AWS::DynamoDB::Tabel' }),
      'Tokens: there is no AWS::DynamoDB::Tabel',
    ],
    [
      'what a condition leaves out',
      'SyncQueue',
      (of) => Object.assign(of, { QueueName: { Ref: 'ApiDomain' } }),
      'SyncQueue.QueueName refers to no ApiDomain',
    ],
  ];

  test.each(broken)('%s', (_, id, breakIt, problem) => {
    const template = templateOf('as it comes');
    breakIt(template.Resources[id]?.Properties as Properties, template);
    expect(problemsOf(template, db)).toContain(problem);
  });
});

describe('an upgrade', () => {
  const released = () => recordOf('0.0.0', templateOf('as it comes'), db);
  const problemsOfChanged = (change: (template: Template) => void): string[] => {
    const template = templateOf('as it comes');
    change(template);
    return [...problemsOfUpgrade(released(), template, db), ...problemsOfIndexes(released(), template)];
  };
  const records = globSync('test/packaging/releases/*.json').map(
    (file) => JSON.parse(readFileSync(file, 'utf8')) as Release,
  );
  const inOrder = records.toSorted((a, b) => a.release.localeCompare(b.release, 'en', { numeric: true }));

  test('from any release loses and replaces nothing, and from the last one CloudFormation can do it at once', () => {
    for (const record of records) {
      expect(problemsOfUpgrade(record, templateOf('as it comes'), db), record.release).toEqual([]);
    }
    expect(inOrder.slice(-1).flatMap((last) => problemsOfIndexes(last, templateOf('as it comes')))).toEqual([]);
  });

  test('every release of the changelog is recorded', () => {
    const versions = [...readFileSync('CHANGELOG.md', 'utf8').matchAll(/^## \[?(\d+\.\d+\.\d+)/gm)].map(
      ([, version]) => version,
    );
    const recorded = records.map(({ release }) => release);
    expect(versions.filter((version) => version !== '0.1.0' && !recorded.includes(version ?? ''))).toEqual([]);
  });

  test('and no other parameters do either', () => {
    expect(problemsOfUpgrade(released(), templateOf('all set otherwise'), db)).toEqual([]);
    expect(JSON.parse(spellRecord(released()))).toEqual(released());
    expect(Object.keys(released().resources)).toEqual(
      expect.arrayContaining(['Tokens', 'Peers', 'Records', 'SecretsKey', 'SyncQueue', 'SyncDeadLetters', 'HttpApi']),
    );
  });

  type Definition = Record<string, Record<string, unknown>>;
  const listIn = (template: Template, id: string, name: string) =>
    (template.Resources[id]?.Properties?.[name] ?? expect.unreachable()) as Definition[];
  const set = (id: string, properties: object) => (template: Template) =>
    Object.assign(template.Resources[id]?.Properties ?? {}, properties);
  const indexes = (template: Template) => listIn(template, 'Tokens', 'GlobalSecondaryIndexes');
  const another = (IndexName: string) => ({ IndexName }) as unknown as Definition;
  const rename = (from: string, to: string) => (template: Template) => {
    const { [from]: resource = expect.unreachable(), ...others } = template.Resources;
    template.Resources = { ...others, [to]: resource };
  };

  test.each<[string, (template: Template) => void, string]>([
    ['a table that is gone', ({ Resources }) => delete Resources.Records, 'Records is gone, and with it what it holds'],
    ['a table by another id', rename('Peers', 'Partners'), 'Peers is gone, and with it what it holds'],
    [
      'a queue that is gone',
      ({ Resources }) => delete Resources.SyncQueue,
      'SyncQueue is gone, and with it what it holds',
    ],
    ['another name of a table', set('Tokens', { TableName: 'tokens' }), 'Tokens.TableName makes another of it'],
    [
      'another key of a table',
      (template) => listIn(template, 'Records', 'KeySchema').pop(),
      'Records.KeySchema makes another of it',
    ],
    [
      'another type of an attribute',
      (template) => Object.assign(listIn(template, 'Peers', 'AttributeDefinitions')[0] ?? {}, { AttributeType: 'N' }),
      'Peers: the type of pk changes, which makes another table of it',
    ],
    [
      'another stream',
      set('Tokens', { StreamSpecification: { StreamViewType: 'KEYS_ONLY' } }),
      'Tokens.StreamSpecification makes another stream, and what is unread in the old one is lost',
    ],
    ['a local index', set('Peers', { LocalSecondaryIndexes: [] }), 'Peers.LocalSecondaryIndexes cannot change'],
    [
      'two indexes more',
      (template) => indexes(template).push(another('a'), another('b')),
      'Tokens: more than one index comes or goes: a, b',
    ],
    [
      'an index in the place of another',
      (template) => indexes(template).splice(0, 1, another('a')),
      'Tokens: more than one index comes or goes: by-ordinal, a',
    ],
    [
      'a changed index',
      (template) => Object.assign(indexes(template)[3] ?? {}, { Projection: { ProjectionType: 'KEYS_ONLY' } }),
      'Tokens: the index by-arrival cannot change; make another',
    ],
    ['a queue without order', set('SyncQueue', { FifoQueue: false }), 'SyncQueue.FifoQueue makes another of it'],
    ['another kind of key', set('SecretsKey', { KeySpec: 'RSA_2048' }), 'SecretsKey.KeySpec cannot change'],
    [
      'a table that goes with the stack',
      ({ Resources }) => delete Resources.Tokens?.DeletionPolicy,
      'Tokens has no DeletionPolicy any more',
    ],
    [
      'a key that goes when it is replaced',
      ({ Resources }) => delete Resources.SecretsKey?.UpdateReplacePolicy,
      'SecretsKey has no UpdateReplacePolicy any more',
    ],
    [
      'a table on a condition',
      ({ Resources }) => Object.assign(Resources.Peers ?? {}, { Condition: 'HasDomain' }),
      'Peers is only there if HasDomain',
    ],
    ['another kind of API', set('HttpApi', { ProtocolType: 'WEBSOCKET' }), 'HttpApi.ProtocolType makes another of it'],
    [
      'a log by another name',
      set('GetDashtokenLogGroup', { LogGroupName: 'another' }),
      'GetDashtokenLogGroup.LogGroupName makes another of it',
    ],
    [
      'a function by another id and the same name',
      rename('GetDashtokenLambdaFunction', 'GetToken'),
      'GetToken takes the name of GetDashtokenLambdaFunction, which is still there when it is made',
    ],
    [
      'a function that is made anew under its name',
      set('GetDashtokenLambdaFunction', { PackageType: 'Image' }),
      'GetDashtokenLambdaFunction.PackageType makes another of it, and its name is taken',
    ],
  ])('is stopped by %s', (_, change, problem) => {
    expect(problemsOfChanged(change)).toContain(problem);
  });

  test.each<[string, (template: Template) => void]>([
    ['one index more', (template) => indexes(template).push(another('a'))],
    ['an index less', (template) => indexes(template).pop()],
    ['an attribute more', (template) => listIn(template, 'Peers', 'AttributeDefinitions').push(another('a'))],
    ['another time in a queue', set('SyncQueue', { VisibilityTimeout: 90 })],
    [
      'a function less, with its log',
      ({ Resources }) => {
        delete Resources.GetDashtokenLambdaFunction;
        delete Resources.GetDashtokenLogGroup;
      },
    ],
  ])('may bring %s', (_, change) => {
    expect(problemsOfChanged(change)).toEqual([]);
  });
});
