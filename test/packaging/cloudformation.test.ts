/** `npx serverless package` as anyone runs it, and what it would deploy. */
import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { kindOf } from '../support/emf.ts';
import { routes } from './expected.ts';
import { alarmsIn, isOurs, observedByAlarms, observedByWidgets, saidByFunctions, widgetsIn } from './observed.ts';

interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  Condition?: string;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}
interface Role {
  AssumeRolePolicyDocument: { Statement: unknown };
  Policies: { PolicyDocument: { Statement: { Action: string[]; Condition?: unknown }[] } }[];
}

const folder = mkdtempSync(join(tmpdir(), 'package-'));
const stack = {
  Conditions: {} as Record<string, unknown>,
  Resources: {} as Record<string, Resource>,
  Outputs: {} as Record<string, { Value: unknown }>,
};

beforeAll(async () => {
  // Nothing of AWS, nor of this machine: an empty home and the PATH that npm gives a script.
  const env = { HOME: folder, PATH: `${join(process.cwd(), 'node_modules/.bin')}:${process.env.PATH}` };
  await promisify(execFile)('npx', ['serverless', 'package', '--package', join(folder, 'out')], { env });
  Object.assign(stack, JSON.parse(readFileSync(join(folder, 'out/cloudformation-template-update-stack.json'), 'utf8')));
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const ofType = (type: string) => Object.entries(stack.Resources).filter(([, { Type }]) => Type === type);
const propertiesOf = (type: string) => ofType(type).map(([, { Properties }]) => Properties);
const functionsByFile = () =>
  new Map(
    ofType('AWS::Lambda::Function').map(([id, { Properties }]) => [
      String(Properties.Handler).replace(/\.handler$/, '.ts'),
      { id, Properties },
    ]),
  );

/** `!GetAtt A.Arn` as `A.Arn`, `!Sub x` as `x`. */
function nameOf(resource: unknown): string {
  const reference = resource as { 'Fn::GetAtt'?: string[]; 'Fn::Sub'?: string };
  return reference['Fn::GetAtt']?.join('.') ?? reference['Fn::Sub'] ?? JSON.stringify(resource);
}

/** Those that open or seal what peers gave us. */
const talksToPeers =
  /(post|put|rotate)-credentials|operator\/(peers\/(register|rotate|upgrade|unregister|steer)|doctor\/|may-charge)|functions\/sync\//;

/** Those that wake whoever syncs. */
const wakes = /functions\/sync\/|operator\/peers\/steer/;

/** No domain, no other address than that of the API. */
const publicUrl = { 'Fn::If': ['HasDomain', 'https://none', { 'Fn::GetAtt': ['HttpApi', 'ApiEndpoint'] }] };

const erases = /complete-erasures|tokens\/erase/;

const files = globSync('functions/**/*.ts');

describe('functions', () => {
  test('each file is one, and the other way round', () => {
    expect([...functionsByFile().keys()].toSorted()).toEqual(files.toSorted());
  });

  test('each file is in the table of this test', () => {
    expect(Object.keys(routes).toSorted()).toEqual(files.toSorted());
  });

  test.each(files)('the first line of %s is a comment with its route', (file) => {
    const [first] = readFileSync(file, 'utf8').split('\n');
    const [method = ''] = (routes[file]?.[0] ?? '').split(' ');
    expect(first).toMatch(/^\/\/ /);
    expect(first).toContain(method);
  });

  test.each(files)('%s is routed exactly as expected', (file) => {
    const integrations = new Map(
      ofType('AWS::ApiGatewayV2::Integration').map(([id, { Properties }]) => [id, nameOf(Properties.IntegrationUri)]),
    );
    const own = `${functionsByFile().get(file)?.id}.Arn`;
    const found = propertiesOf('AWS::ApiGatewayV2::Route')
      .filter(({ Target }) => integrations.get(integrationOf(Target)) === own)
      .map(({ RouteKey }) => String(RouteKey));
    expect(found.toSorted()).toEqual(routes[file]?.toSorted());
  });

  test('every path has an ANY route to the fallback, so that a wrong method is answered in OCPI', () => {
    const paths = Object.values(routes)
      .flat()
      .filter((route) => route !== '$default' && !route.includes(' /operator/'))
      .map((route) => route.split(' ')[1]);
    expect(routes['functions/fallback.ts']).toEqual(
      expect.arrayContaining([...new Set(paths)].map((path) => `ANY ${path}`)),
    );
  });

  test.each(files)('%s runs on Node 24 on arm64, within the gateway’s patience', (file) => {
    const { Properties } = functionsByFile().get(file) ?? {};
    expect(Properties).toMatchObject({ Runtime: 'nodejs24.x', Architectures: ['arm64'] });
    // Whoever is called by a clock, with a stream or with a queue keeps nobody waiting.
    expect(Properties?.Timeout).toBeLessThan(routes[file]?.length ? 30 : 80);
  });

  test.each(files)('%s has its whole configuration', (file) => {
    expect(functionsByFile().get(file)?.Properties.Environment).toEqual({
      Variables: {
        SERVICE_NAME: 'ocpi-tokens-dev',
        TOKENS_TABLE: { Ref: 'Tokens' },
        PEERS_TABLE: { Ref: 'Peers' },
        RECORDS_TABLE: { Ref: 'Records' },
        PUBLIC_URL: publicUrl,
        OCPI_PARTIES: 'CPO NL LCP, EMSP NL LMS',
        PAGE_SIZE_DEFAULT: '100',
        PAGE_SIZE_MAX: '1000',
        LOG_LEVEL: 'info',
        BUSINESS_NAME: 'OCPI Tokens',
        BUSINESS_WEBSITE: '',
        ROTATION_GRACE_HOURS: '24',
        ...(talksToPeers.test(file) && { SECRETS_KEY: { 'Fn::Sub': `kms:\${SecretsKey.Arn}` } }),
        ...(wakes.test(file) && { SYNC_QUEUE_URL: { Ref: 'SyncQueue' } }),
        ...(erases.test(file) && { ERASE_AFTER_DAYS: '7' }),
      },
    });
  });

  test.each(files)('the package of %s holds its bundle', (file) => {
    const code = functionsByFile().get(file)?.Properties.Code as { S3Key: string } | undefined;
    const artifact = readFileSync(join('.build', code?.S3Key.split('/').at(-1) ?? ''));
    expect(Object.keys(unzipSync(artifact))).toContain(file.replace(/\.ts$/, '.mjs'));
  });
});

function integrationOf(target: unknown): string {
  const {
    'Fn::Join': [, [, reference]],
  } = target as { 'Fn::Join': [string, [string, { Ref: string }]] };
  return reference.Ref;
}

const byRef = (a: { Ref: string }, b: { Ref: string }) => a.Ref.localeCompare(b.Ref);

describe('permissions', () => {
  const roleOf = (file: string) => nameOf(functionsByFile().get(file)?.Properties.Role).replace(/\.Arn$/, '');

  test('every function has a role to itself, and there are no others', () => {
    const used = [...functionsByFile().keys()].map(roleOf);
    expect(new Set(used).size).toBe(used.length);
    expect(
      ofType('AWS::IAM::Role')
        .map(([id]) => id)
        .toSorted(),
    ).toEqual(used.toSorted());
    expect(ofType('AWS::IAM::Policy')).toEqual([]);
    // For X-Ray, and only if it is on.
    const shared = { PolicyDocument: expect.any(Object), Roles: used.map((Ref) => ({ Ref })).toSorted(byRef) };
    expect(ofType('AWS::IAM::ManagedPolicy').map(([id]) => id)).toEqual(['TracesPolicy']);
    const { Condition, Properties = {} } = stack.Resources.TracesPolicy ?? {};
    expect(Condition).toBe('Traces');
    expect({ ...Properties, Roles: (Properties.Roles as { Ref: string }[]).toSorted(byRef) }).toEqual(shared);
    expect(Properties.PolicyDocument).toMatchObject({
      Statement: [{ Effect: 'Allow', Action: ['xray:PutTraceSegments', 'xray:PutTelemetryRecords'], Resource: '*' }],
    });
  });

  test('no function has more than its role', () => {
    const managed = propertiesOf('AWS::IAM::Role').filter(({ ManagedPolicyArns }) => ManagedPolicyArns !== undefined);
    expect(managed).toEqual([]);
  });

  test('a secret is opened and sealed for the peer that it is of, and for no other purpose', () => {
    const statements = propertiesOf('AWS::IAM::Role')
      .flatMap((role) => (role as unknown as Role).Policies)
      .flatMap(({ PolicyDocument }) => PolicyDocument.Statement);
    const ofKms = statements.filter(({ Action }) => [Action].flat().some((action) => action.startsWith('kms:')));
    expect(ofKms.length).toBeGreaterThan(0);
    for (const { Condition } of ofKms) {
      expect(Condition).toEqual({
        'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['peer'] },
        // For all values of none would be true.
        Null: { 'kms:EncryptionContext:peer': false },
      });
    }
  });

  test('handshakes reserve no concurrency unless they are told to', () => {
    const reserved = [...functionsByFile()].filter(
      ([, { Properties }]) => Properties.ReservedConcurrentExecutions !== undefined,
    );
    const unless = { 'Fn::If': ['ReservesHandshakes', 'none', { Ref: 'AWS::NoValue' }] };
    expect(reserved.map(([file, { Properties }]) => [file, Properties.ReservedConcurrentExecutions])).toEqual([
      ['functions/credentials/post-credentials.ts', unless],
      ['functions/credentials/put-credentials.ts', unless],
    ]);
    expect(stack.Conditions.ReservesHandshakes).toEqual({ 'Fn::Not': [{ 'Fn::Equals': ['none', 'none'] }] });
  });

  test.each(files)('only Lambda takes the role of %s', (file) => {
    const role = stack.Resources[roleOf(file)]?.Properties as unknown as Role;
    expect(role.AssumeRolePolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'lambda.amazonaws.com' } },
    ]);
  });
});

describe('tables', () => {
  test.each(['Tokens', 'Peers', 'Records'])('%s outlives mistakes', (name) => {
    expect(stack.Resources[name]).toMatchObject({
      Type: 'AWS::DynamoDB::Table',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: {
        BillingMode: 'PAY_PER_REQUEST',
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        SSESpecification: { SSEEnabled: true },
      },
    });
  });

  test('the key of the secrets outlives them too, and changes by itself', () => {
    expect(stack.Resources.SecretsKey).toMatchObject({
      Type: 'AWS::KMS::Key',
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
      Properties: { EnableKeyRotation: true },
    });
  });

  test('there are three, and only Records has no stream; that of Peers tells nothing but keys', () => {
    const tables = ofType('AWS::DynamoDB::Table');
    expect(tables.map(([id]) => id)).toEqual(['Tokens', 'Peers', 'Records']);
    expect(tables.map(([, { Properties }]) => Properties.StreamSpecification)).toEqual([
      { StreamViewType: 'NEW_AND_OLD_IMAGES' },
      { StreamViewType: 'KEYS_ONLY' },
      undefined,
    ]);
  });
});

describe('sync', () => {
  const sourceOf = (file: string) =>
    propertiesOf('AWS::Lambda::EventSourceMapping').filter(
      ({ FunctionName }) => nameOf(FunctionName) === `${functionsByFile().get(file)?.id}.Arn`,
    );
  const timeoutOf = (file: string) => functionsByFile().get(file)?.Properties.Timeout as number;

  test('is woken by the streams without a window, and every minute', () => {
    const written = (prefix: string) => ({
      Filters: [
        {
          Pattern: JSON.stringify({
            eventName: ['INSERT', 'MODIFY'],
            dynamodb: { Keys: { pk: { S: [{ prefix }] } } },
          }),
        },
      ],
    });
    const [source, ofPeers, ...more] = sourceOf('functions/sync/wake-sync.ts');
    expect(more).toEqual([]);
    expect(ofPeers).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': ['Peers', 'StreamArn'] },
      FilterCriteria: written('PEER#'),
    });
    expect(ofPeers).not.toHaveProperty('MaximumBatchingWindowInSeconds');
    expect(source).toMatchObject({
      EventSourceArn: { 'Fn::GetAtt': ['Tokens', 'StreamArn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
      FilterCriteria: written('E#'),
    });
    expect(source).not.toHaveProperty('MaximumBatchingWindowInSeconds');
    const ofClock = propertiesOf('AWS::Events::Rule').filter(({ Targets }) =>
      JSON.stringify(Targets).includes(`"${functionsByFile().get('functions/sync/wake-sync.ts')?.id}"`),
    );
    expect(ofClock.map(({ ScheduleExpression }) => ScheduleExpression)).toEqual(['rate(1 minute)']);
  });

  test('works for one peer and direction at a time, and so many at most side by side', () => {
    const sources = sourceOf('functions/sync/sync-peer.ts');
    expect(sources).toMatchObject([
      {
        EventSourceArn: { 'Fn::GetAtt': ['SyncQueue', 'Arn'] },
        BatchSize: 1,
        ScalingConfig: { MaximumConcurrency: 20 },
        FunctionResponseTypes: ['ReportBatchItemFailures'],
      },
    ]);
  });

  test('shows a message again after its function has certainly ended, and gives it up after a few times', () => {
    const { VisibilityTimeout, RedrivePolicy, ...queue } = stack.Resources.SyncQueue?.Properties ?? {};
    expect(queue).toMatchObject({ FifoQueue: true, SqsManagedSseEnabled: true });
    expect(queue).not.toHaveProperty('ContentBasedDeduplication');
    expect(VisibilityTimeout).toBeGreaterThanOrEqual(timeoutOf('functions/sync/sync-peer.ts'));
    expect(RedrivePolicy).toEqual({
      deadLetterTargetArn: { 'Fn::GetAtt': ['SyncDeadLetters', 'Arn'] },
      maxReceiveCount: 5,
    });
    expect(stack.Resources.SyncDeadLetters?.Properties).toMatchObject({ FifoQueue: true, SqsManagedSseEnabled: true });
    expect(stack.Resources.SyncDeadLettersAlarm?.Properties).toMatchObject({
      Dimensions: [{ Name: 'QueueName', Value: { 'Fn::GetAtt': ['SyncDeadLetters', 'QueueName'] } }],
      Threshold: 0,
    });
  });
});

describe('what is watched', () => {
  test('alarms and the dashboard look at what functions say, of this deployment', () => {
    const ours = [...observedByAlarms(stack.Resources), ...observedByWidgets(stack.Resources)].filter(isOurs);
    expect(ours.length).toBeGreaterThan(15);
    const said = saidByFunctions();
    expect(ours.filter((each) => !said.includes(kindOf(each)))).toEqual([]);
    expect(ours.filter(({ dimensions }) => dimensions.service !== 'ocpi-tokens-dev')).toEqual([]);
  });

  test('all that functions say is on the dashboard, by each thing that tells it apart', () => {
    const shown = observedByWidgets(stack.Resources).map(kindOf);
    const apart = saidByFunctions().filter((kind) => !kind.endsWith(' by service'));
    expect(apart.filter((kind) => !shown.includes(kind))).toEqual([]);
  });

  test('of AWS only metrics that there are, of what is in the stack', () => {
    const theirs = [...observedByAlarms(stack.Resources), ...observedByWidgets(stack.Resources)].filter(
      (each) => !isOurs(each),
    );
    const known = [
      /^AWS\/SQS (ApproximateNumberOfMessages(Not)?Visible|ApproximateAgeOfOldestMessage) by QueueName$/,
      /^AWS\/Lambda (Errors|IteratorAge|Duration) by FunctionName$/,
      /^AWS\/Lambda Throttles by $/,
      /^AWS\/DynamoDB (Read|Write)ThrottleEvents by (GlobalSecondaryIndexName, )?TableName$/,
      /^AWS\/ApiGateway (4xx|5xx|Latency) by ApiId$/,
    ];
    const named = theirs.map((each) => `${each.namespace} ${kindOf(each)}`);
    expect(named.filter((each) => !known.some((kind) => kind.test(each)))).toEqual([]);
    const values = theirs.flatMap(({ dimensions }) => Object.entries(dimensions));
    const literal = values.filter(([, value]) => typeof value === 'string' && !value.startsWith('${'));
    // CloudFormation and the schemas test say whether what is referred to is there.
    expect(new Set(literal.map(([name, value]) => `${name} ${String(value)}`))).toEqual(
      new Set(
        ['by-ordinal', 'by-last-updated', 'by-uid', 'by-arrival'].map((index) => `GlobalSecondaryIndexName ${index}`),
      ),
    );
  });

  test.each([
    ['FailuresAlarm', 'failures'],
    ['GatewayErrorsAlarm', 'gateway-errors'],
    ['FunctionErrorsAlarm', 'function-errors'],
    ['NearTimeoutsAlarm', 'near-timeouts'],
    ['ThrottlesAlarm', 'throttles'],
    ['DatabaseThrottlesAlarm', 'database-throttles'],
    ['PeerLagAlarm', 'peer-lag'],
    ['QueueAgeAlarm', 'queue-age'],
    ['SyncDeadLettersAlarm', 'dead-letters'],
    ['StreamLagAlarm', 'stream-lag'],
    ['TokensEndingAlarm', 'tokens-ending'],
  ])('%s tells the topic, says what to do, and is on the dashboard', (id, name) => {
    const [, alarm] = alarmsIn(stack.Resources).find(([each]) => each === id) ?? expect.unreachable();
    expect(alarm).toMatchObject({
      AlarmName: `ocpi-tokens-dev-${name}`,
      AlarmActions: [{ Ref: 'AlarmTopic' }],
      OKActions: [{ Ref: 'AlarmTopic' }],
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    });
    expect(alarm.AlarmDescription.length).toBeGreaterThan(150);
    expect(alarm.AlarmDescription.length).toBeLessThanOrEqual(1_024);
    const shown = widgetsIn(stack.Resources).flatMap(({ properties }) => properties.alarms ?? []);
    expect(shown).toContain(`\${${id}.Arn}`);
    expect(shown).toHaveLength(alarmsIn(stack.Resources).length);
  });

  test('of each function that no gateway calls somebody hears when its calls fail, by its name', () => {
    const called = [
      ...propertiesOf('AWS::Events::Rule').flatMap(({ Targets }) => Targets as { Arn: unknown }[]),
      ...propertiesOf('AWS::Lambda::EventSourceMapping').map(({ FunctionName }) => ({ Arn: FunctionName })),
    ].map(({ Arn }) => nameOf(Arn).replace(/\.Arn$/, ''));
    const counted = observedByAlarms(stack.Resources).filter(({ name }) => name === 'Errors');
    expect(counted.map(({ dimensions }) => (dimensions.FunctionName as { Ref: string }).Ref).toSorted()).toEqual(
      [...new Set(called)].toSorted(),
    );
    const names = [...functionsByFile()]
      .filter(([, { id }]) => called.includes(id))
      .map(([file]) => basename(file, '.ts'));
    const [, { AlarmDescription } = { AlarmDescription: '' }] =
      alarmsIn(stack.Resources).find(([id]) => id === 'FunctionErrorsAlarm') ?? [];
    expect(names.filter((name) => !AlarmDescription.includes(name))).toEqual([]);
  });

  test('an alarm of several metrics is of as many as there may be, and returns one', () => {
    for (const [id, { Metrics = [] }] of alarmsIn(stack.Resources)) {
      expect(Metrics.filter(({ MetricStat }) => MetricStat).length, id).toBeLessThanOrEqual(10);
      if (Metrics.length === 0) continue;
      expect(Metrics.filter(({ ReturnData }) => ReturnData).length, id).toBe(1);
      const [{ Expression = '' } = {}] = Metrics;
      const ids = Metrics.filter(({ MetricStat }) => MetricStat).map(({ Id }) => Id);
      expect(
        [...Expression.matchAll(/FILL\((\w+), 0\)/g)].map(([, each]) => each),
        id,
      ).toEqual(ids);
    }
  });

  test('somebody is told by email if there is an address', () => {
    expect(stack.Resources.AlarmEmail).toMatchObject({
      Type: 'AWS::SNS::Subscription',
      Condition: 'SendsAlarms',
      Properties: { Protocol: 'email', TopicArn: { Ref: 'AlarmTopic' } },
    });
    expect(stack.Conditions.SendsAlarms).toEqual({ 'Fn::Not': [{ 'Fn::Equals': ['', ''] }] });
  });

  test('no widget covers another, and none is wider than the grid', () => {
    const cells = widgetsIn(stack.Resources).flatMap(({ x, y, width, height }) =>
      Array.from({ length: width * height }, (_, i) => [x + (i % width), y + Math.floor(i / width)] as const),
    );
    expect(new Set(cells.map(String)).size).toBe(cells.length);
    expect(Math.max(...cells.map(([x]) => x))).toBe(23);
  });
});

describe('the API', () => {
  const stage = () => stack.Resources.HttpApiStage?.Properties ?? {};

  test('is throttled', () => {
    expect(stage().DefaultRouteSettings).toMatchObject({
      ThrottlingRateLimit: expect.any(Number),
      ThrottlingBurstLimit: expect.any(Number),
    });
  });

  test('logs every request as JSON, without the path: a uid is personal data', () => {
    const { Format } = stage().AccessLogSettings as { Format: string };
    expect(JSON.parse(Format)).toMatchObject({ routeKey: '$context.routeKey', status: '$context.status' });
    expect(Format).not.toMatch(/path|query/i);
  });

  test('keeps all logs for a limited time', () => {
    const groups = propertiesOf('AWS::Logs::LogGroup');
    expect(groups).toHaveLength(functionsByFile().size + 1);
    expect(groups.filter(({ RetentionInDays }) => RetentionInDays !== 30)).toEqual([]);
  });

  test('tells the URL to give to partners', () => {
    expect(stack.Outputs.VersionsUrl?.Value).toEqual({
      'Fn::Join': ['', [publicUrl, '/ocpi/versions']],
    });
  });
});
