import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseServerlessYml, readServerlessYml } from '../../../lib/local/serverless-yml.ts';

const yml = (functions: string, resources = '{}') => `
provider: { runtime: nodejs24.x, environment: { A: 1, TABLE: !Ref Things } }
functions: ${functions}
resources: { Resources: ${resources} }
`;

test('reads the file, the export, the environment and the timeout of a function', () => {
  const { functions } = parseServerlessYml(
    yml('{ f: { handler: functions/a.b/f.handler, timeout: 3, environment: { B: 2 } } }'),
  );
  expect(functions).toEqual([
    {
      name: 'f',
      file: 'functions/a.b/f.ts',
      export: 'handler',
      routes: [],
      timeoutSeconds: 3,
      environment: { A: 1, TABLE: { Ref: 'Things' }, B: 2 },
    },
  ]);
});

test.each([
  ["'*'", '$default'],
  ['"GET /a/{b+}"', 'GET /a/{b+}'],
  ['any /a', 'ANY /a'],
  ["{ path: '*' }", '$default'],
  ['{ method: get, path: /a }', 'GET /a'],
  ["{ method: '*', path: /a }", 'ANY /a'],
  ['{ path: /a }', 'ANY /a'],
])('reads the route %s as %s', (event, routeKey) => {
  const { functions } = parseServerlessYml(
    yml(`{ f: { handler: f.handler, events: [{ httpApi: ${event} }, { sqs: x }] } }`),
  );
  expect(functions[0]?.routes).toEqual([routeKey]);
});

test('a function without a timeout has the provider’s, or else the framework’s', () => {
  const timeout = (text: string) => parseServerlessYml(text).functions[0]?.timeoutSeconds;
  const text = yml('{ f: { handler: f.handler } }');
  expect(timeout(text)).toBe(6);
  expect(timeout(text.replace('provider: {', 'provider: { timeout: 9,'))).toBe(9);
});

test('keeps CloudFormation functions in their long form, whatever they are applied to', () => {
  const { functions } = parseServerlessYml(
    yml(
      "{ f: { handler: f.h, environment: { S: !GetAtt A.Arn, Q: !Join ['', [a, !Ref B]], M: !Transform { Name: n } } } }",
    ),
  );
  expect(functions[0]?.environment).toMatchObject({
    S: { 'Fn::GetAtt': ['A', 'Arn'] },
    Q: { 'Fn::Join': ['', ['a', { Ref: 'B' }]] },
    M: { 'Fn::Transform': { Name: 'n' } },
  });
});

test('takes of a table what CreateTable takes, and of other resources nothing', () => {
  const { tables } = parseServerlessYml(
    yml(
      '{}',
      `{
        Things: { Type: 'AWS::DynamoDB::Table', Properties: {
          TableName: !Sub 'x', BillingMode: PAY_PER_REQUEST, SSESpecification: { SSEEnabled: true }, DeletionProtectionEnabled: true,
          AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }], KeySchema: [{ AttributeName: pk, KeyType: HASH }],
          StreamSpecification: { StreamViewType: NEW_IMAGE } } },
        Role: { Type: 'AWS::IAM::Role', Properties: {} }
      }`,
    ),
  );
  expect(tables).toEqual({
    Things: {
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [{ AttributeName: 'pk', AttributeType: 'S' }],
      KeySchema: [{ AttributeName: 'pk', KeyType: 'HASH' }],
    },
  });
});

test('the project’s own file names functions that exist, and its three tables', () => {
  const { functions, tables, queues } = readServerlessYml();
  expect(functions.map(({ file }) => file).filter((file) => !existsSync(file))).toEqual([]);
  expect(Object.keys(tables)).toEqual(['Tokens', 'Peers', 'Records']);
  expect(queues.SyncQueue).toEqual({ FifoQueue: 'true', VisibilityTimeout: '80' });
  expect(functions.flatMap(({ name, queue }) => (queue ? [{ name, queue }] : []))).toEqual([
    { name: 'sync-peer', queue: { name: 'SyncQueue', maximumConcurrency: 20 } },
  ]);
  const everyMinute = functions.filter(({ everyMinutes }) => everyMinutes === 1).map(({ name }) => name);
  expect(everyMinute).toEqual(['publish-expired', 'wake-sync']);
});
