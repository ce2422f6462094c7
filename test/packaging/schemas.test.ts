/** What would be deployed is what CloudFormation takes, for whatever parameters people give. Each set costs seconds, so there are two. */
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import type { SpecDatabase } from '@aws-cdk/service-spec-types';
import { beforeAll, describe, expect, test } from 'vitest';
import { packageWith, type Template } from './packaged.ts';
import { intrinsicOf } from './references.ts';
import { problemsOf } from './schemas.ts';

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
  ];

  test.each(broken)('%s', (_, id, breakIt, problem) => {
    const template = templateOf('as it comes');
    breakIt(template.Resources[id]?.Properties as Properties, template);
    expect(problemsOf(template, db)).toContain(problem);
  });
});
