/** The owner's API as the gateway might let requests through unsigned: every function looks for itself, and nothing happens. */
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../../lib/crud/crud.ts';
import type { PeerRuntime } from '../../../../lib/runtime/peer-runtime.ts';
import { endpointOf, functionNames, operationNames } from '../../../support/operator-functions.ts';
import { testRuntime } from '../../../support/runtime.ts';

/** Notes every call of the storage, of the vault and of peers; none succeeds. */
async function watchedRuntime() {
  const touched: string[] = [];
  const noting = <T extends object>(name: string, target: T): T =>
    new Proxy(target, {
      get: (_, member) => async () => {
        touched.push(`${name}.${String(member)}`);
        throw new Error('unsigned, and yet this far');
      },
    });
  const wrap = (backend: Backend): Backend => ({
    tokens: noting('tokens', backend.tokens),
    credentials: noting('credentials', backend.credentials),
    records: noting('records', backend.records),
  });
  const base = await testRuntime({ wrap });
  const runtime: PeerRuntime = {
    ...base,
    vault: noting('vault', { seal: async () => '', unseal: async () => '' }),
    client: noting('client', { ask: () => Promise.reject(new Error()) }),
  };
  return { runtime, touched, logged: base.logged };
}

const good: Record<string, { query?: Record<string, string>; body?: string }> = {
  'tokens/erase': { body: '{"uid":"012345678"}' },
  'tokens/block': { body: '{"uid":"012345678"}' },
  'peers/remove': { body: '{"id":"de-dms"}' },
  'peers/show': { query: { id: 'de-dms' } },
};

type RequestContext = APIGatewayProxyEventV2['requestContext'];

function eventOf(name: string, path: string, context: object): APIGatewayProxyEventV2 {
  const { query, body } = good[name] ?? {};
  return {
    version: '2.0',
    routeKey: `ANY /operator/${name}`,
    rawPath: path,
    rawQueryString: new URLSearchParams(query).toString(),
    // What a caller can write, and what proves nothing.
    headers: {
      authorization: 'AWS4-HMAC-SHA256 Credential=AKIA/20261122/eu-west-1/execute-api/aws4_request, Signature=00',
      'x-amzn-iam-user-arn': 'arn:aws:iam::123456789012:user/root',
    },
    ...(query && { queryStringParameters: query }),
    ...(body && { body }),
    isBase64Encoded: false,
    requestContext: context as RequestContext,
  };
}

const contexts: [string, object][] = [
  ['no authorizer', {}],
  ['an authorizer without iam', { authorizer: {} }],
  ['null for iam', { authorizer: { iam: null } }],
  ['iam without a user', { authorizer: { iam: {} } }],
  ['an empty user', { authorizer: { iam: { userArn: '' } } }],
  ['a user that is no text', { authorizer: { iam: { userArn: ['arn:aws:iam::1:user/a'] } } }],
  ['another authorizer', { authorizer: { jwt: { claims: { sub: 'somebody' }, scopes: [] } } }],
  ['a lambda authorizer that says iam', { authorizer: { lambda: { iam: { userArn: 'arn:aws:iam::1:user/a' } } } }],
];

const spellings: [string, (name: string) => string][] = [
  ['as it is', (name) => `/operator/${name}`],
  ['with a slash at the end', (name) => `/operator/${name}/`],
  ['with two slashes at the end', (name) => `/operator/${name}//`],
  ['with two slashes within', (name) => `/operator//${name}`],
  ['in capitals', (name) => `/OPERATOR/${name.toUpperCase()}`],
  ['percent-encoded', (name) => `/operator/${name.replace('/', '%2F')}`],
  ['by way of another', (name) => `/operator/x/../${name}`],
];

test('the folder has the functions that there are', () => {
  expect(functionNames.length).toBeGreaterThan(20);
  expect(operationNames).toEqual(expect.arrayContaining(['tokens/erase', 'peers/add', 'doctor/peer', 'openapi']));
});

describe.each(functionNames)('%s', (name) => {
  test('refuses whoever comes unsigned, however the path is spelt, and touches nothing', async () => {
    const { runtime, touched, logged } = await watchedRuntime();
    const handler = (await endpointOf(name))(runtime);
    const expected = {
      statusCode: 403,
      headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
    };
    for (const [spelling, spell] of spellings) {
      for (const [context, requestContext] of contexts) {
        const about = `${context}, ${spelling}`;
        const answer = await handler(eventOf(name, spell(name), requestContext), {} as Context);
        expect(answer, about).toMatchObject(expected);
        const problem = JSON.parse(String(answer.body)) as object;
        expect(problem, about).toMatchObject({ type: 'urn:ocpi-tokens:problem:not-allowed', status: 403 });
      }
    }
    expect(touched).toEqual([]);
    expect(logged.filter((line) => line.includes('"changed"'))).toEqual([]);
  });

  test('lets whoever is signed in', async () => {
    const { runtime } = await watchedRuntime();
    const iam = { userArn: 'arn:aws:sts::123456789012:assumed-role/Operator/alice' };
    const answer = await (await endpointOf(name))(runtime)(
      eventOf(name, `/operator/${name}`, { authorizer: { iam } }),
      {} as Context,
    );
    expect(answer.statusCode).not.toBe(403);
  });
});
