/** `smoke` against a system behind a gateway that asks for signatures, and an AWS: all well, each fault seen, nothing left behind. */
import { EventEmitter } from 'node:events';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { ownTokensCall, peersCall, receivedTokensCall } from '../../lib/crud/calls.ts';
import type { LambdaHandler } from '../../lib/local/http-api.ts';
import { type FakeAws, startAws } from '../support/aws.ts';
import { type Front, startFront } from '../support/front.ts';
import { type Instance, startInstance } from '../support/instance.ts';
import { type OwnerApi, startOwnerApi } from '../support/owner-api.ts';
import { isSignedBy } from '../support/signature.ts';
import { runCli } from '../support/terminal.ts';

const region = 'eu-west-1';
const credentials = { accessKey: 'local', secret: 'local', sessionToken: 'a-session' };

let front: Front;
let platform: Instance;
let owner: OwnerApi;
let aws: FakeAws;
let healthy: FakeAws['stack'];

/** What IAM does before a function is called. */
const behindIam =
  (handler: LambdaHandler): LambdaHandler =>
  (event, context) => {
    const { rawPath: path, rawQueryString: query, headers, body = '' } = event;
    const request = { method: event.requestContext.http.method, path, query, headers, body };
    const isLetThrough = headers.authorization === `Bearer ${owner.key}` || isSignedBy(request, credentials, region);
    if (!isLetThrough) return Promise.resolve({ statusCode: 403, body: '{"message":"Forbidden"}' });
    const authorizer = { iam: { userArn: 'arn:aws:sts::123456789012:assumed-role/ops/ada' } };
    const requestContext = { ...event.requestContext, authorizer } as APIGatewayProxyEventV2['requestContext'];
    return handler({ ...event, requestContext }, context);
  };

beforeAll(async () => {
  vi.stubEnv('AWS_SESSION_TOKEN', credentials.sessionToken);
  [front, aws] = await Promise.all([startFront(), startAws()]);
  platform = await startInstance({ parties: 'CPO NL LCP, EMSP NL LMS', config: { publicUrl: front.url } });
  owner = await startOwnerApi(platform.runtime, behindIam);
  front.leadTo(owner.url, platform.url);
  // An API on loopback has no id that AWS knows it by.
  aws.stack.resources.HttpApi = { type: 'AWS::ApiGatewayV2::Api', physical: '127.0.0.1' };
  healthy = structuredClone(aws.stack);
});

afterEach(() => {
  front.faults.length = 0;
  front.dropped.clear();
  Object.assign(aws.stack, structuredClone(healthy));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all([front.stop(), aws.stop(), owner.stop(), platform.stop()]);
});

interface Result {
  status: string;
  check: string;
  message: string;
  advice?: string;
}

async function smoke(world: Parameters<typeof runCli>[2] = {}) {
  const env = { AWS_REGION: region, AWS_ENDPOINT_URL: aws.url };
  const { code, out } = await runCli(['smoke', front.url, '--json'], env, world);
  const { checks, ...rest } = JSON.parse(out) as { checks: Result[]; isHealthy: boolean };
  // What the doctor finds is for its own tests.
  const own = checks.filter(({ check }) => !check.startsWith('doctor: '));
  const named = (status: string) => own.filter((each) => each.status === status).map(({ check }) => check);
  const of = (name: string) => checks.find(({ check }) => check === name) ?? expect.unreachable(name);
  return { ...rest, code, checks, named, of };
}

/** What partners could still use or see. */
async function left(): Promise<string[]> {
  const { credentials, tokens } = platform.runtime.backend;
  const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: 10 };
  const peers = await credentials.list(peersCall);
  const received = await tokens.list({ ...receivedTokensCall, filters });
  const own = await tokens.list({ ...ownTokensCall, country_code: 'NL', party_id: 'LMS', filters });
  return [...peers.map(({ data }) => data.id), ...[...received.items, ...own.items].map(({ data }) => data.uid)];
}

test('what cannot be cleaned up is said, and the next run begins with it', async () => {
  let removals = 0;
  front.faults.push(({ path }) => {
    if (path !== '/operator/peers/remove') return undefined;
    removals += 1;
    // The first looks for what another run has left.
    return removals === 1 ? undefined : { status: 503 };
  });
  const broken = await smoke();
  expect(broken.named('fail')).toEqual(['nothing is left behind']);
  expect(broken.of('nothing is left behind').advice).toContain('peers remove smoke-test');
  expect(broken).toMatchObject({ code: 1, isHealthy: false });
  expect(await left()).toContain('smoke-test');
});

test('all is well, and nothing is left behind', async () => {
  const { code, isHealthy, checks, named } = await smoke();
  expect(checks.filter(({ status }) => status === 'fail')).toEqual([]);
  expect(named('skip')).toEqual([]);
  expect(checks.filter(({ check }) => check.startsWith('doctor: ')).length).toBeGreaterThan(8);
  expect(named('ok')).toEqual(
    expect.arrayContaining([
      'PUT',
      'percent-encoding',
      'a huge body',
      'unsigned',
      'gzip',
      'stack',
      'schedules',
      'alarms',
    ]),
  );
  expect({ code, isHealthy }).toEqual({ code: 0, isHealthy: true });
  expect(await left()).toEqual([]);
});

test('interrupted, it stops at once and cleans up', async () => {
  const signals = new EventEmitter();
  front.faults.push(({ method }) => {
    if (method === 'PATCH') signals.emit('SIGINT');
    return undefined;
  });
  const { code, checks } = await smoke({ signals });
  expect(code).toBe(130);
  expect(checks.slice(-2)).toMatchObject([
    { check: 'no Content-Type', status: 'ok' },
    { check: 'nothing is left behind', status: 'ok' },
  ]);
  expect(signals.listenerCount('SIGINT')).toBe(0);
  expect(await left()).toEqual([]);
});

test('a server that redirects slashes is seen', async () => {
  front.faults.push(({ path }) => {
    const location = path.replace(/\/(?=$|\?)/, '');
    return location === path ? undefined : { status: 308, headers: { location } };
  });
  const { of, code } = await smoke();
  expect(of('versions').message).toMatch(/HTTP 308, which leads to \/ocpi\/versions, .* should be HTTP 200, 1000/);
  expect(code).toBe(1);
  expect(await left()).toEqual([]);
});

test('each of many other faults is seen, by the check that is for it', async () => {
  const isTokens = (path: string) => path.includes('/tokens/');
  front.faults.push(
    // Paths that are tidied up.
    (passing) => {
      if (isTokens(passing.path) && passing.path.includes('//')) return { status: 404 };
      return undefined;
    },
    // Paths that are decoded twice.
    (passing) => {
      passing.path = passing.path.replaceAll('%25', '%');
      return undefined;
    },
    // Types that are wanted, and put in where there is none.
    ({ method, headers }) => (method === 'PUT' && headers['content-type'] === undefined ? { status: 415 } : undefined),
    // A query that is lost.
    (passing) => {
      if (passing.method === 'GET') passing.path = passing.path.replace(/\?type=.*/, '');
      return undefined;
    },
    // A body of any size.
    ({ body }) => (body.length > 10_000_000 ? { status: 200 } : undefined),
    // A method that does not get through.
    ({ method }) => (method === 'PATCH' ? { status: 405 } : undefined),
    // Answers without OCPI.
    ({ path }) => (path.startsWith('/smoke-test') ? { status: 404 } : undefined),
    ({ path }) => (path.endsWith('%zz') ? { status: 200 } : undefined),
    ({ path, headers }) => (path.endsWith('/ocpi/versions') && !headers.authorization ? { status: 200 } : undefined),
    // The owner's API with a slash at the end, let through.
    (passing) => {
      if (/^\/operator\/.*\/$/.test(passing.path)) {
        passing.path = passing.path.replace(/\/+$/, '');
        passing.headers.authorization = `Bearer ${owner.key}`;
      }
      return undefined;
    },
    // And spelt otherwise.
    (passing) => {
      if (passing.path.startsWith('/operator%2F')) {
        passing.path = decodeURIComponent(passing.path);
        passing.headers.authorization = `Bearer ${owner.key}`;
      }
      return undefined;
    },
    // No packing.
    (passing) => {
      if (passing.path === '/operator/openapi') delete passing.headers['accept-encoding'];
      return undefined;
    },
  );
  front.dropped.add('x-total-count').add('x-correlation-id');
  Object.assign(aws.stack, {
    status: 'UPDATE_ROLLBACK_COMPLETE',
    mapping: { State: 'Enabled', LastProcessingResult: 'PROBLEM: Lambda cannot read the stream' },
    calls: 0,
    deadLetters: 2,
    alarms: {},
  });
  const { named, of, code } = await smoke();
  expect(named('fail')).toEqual([
    'nobody without a token',
    'message ids',
    'no such path',
    'a path that is none',
    'two slashes',
    'percent-encoding',
    'the query',
    'no Content-Type',
    'PATCH',
    'a huge body',
    'list',
    'unsigned, a slash at the end',
    'unsigned, other spellings',
    'gzip',
    'stack',
    'stream and queue',
    'schedules',
    'dead letters',
    'alarms',
  ]);
  expect(of('unsigned, a slash at the end').advice).toMatch(/^TAKE IT OFF THE NET/);
  expect(of('stack').message).toBe('ocpi-tokens-dev is UPDATE_ROLLBACK_COMPLETE');
  expect(code).toBe(1);
  expect(await left()).toEqual([]);
});

test('what AWS does not say is not checked, and an alarm that rings is a warning', async () => {
  Object.assign(aws.stack, { denied: ['lambda', 'sqs'], alarms: { 'dead & gone': 'ALARM' } });
  const { of, code } = await smoke();
  expect(of('stream and queue')).toMatchObject({ status: 'skip', message: expect.stringContaining('not authorized') });
  expect(of('dead letters').status).toBe('skip');
  expect(of('alarms')).toMatchObject({ status: 'warn', message: expect.stringContaining('SyncDeadLettersAlarm') });
  expect(code).toBe(0);
});
