/** A runtime on the memory CRUD with a clock that stands still, two own parties and two peers; and requests against it. */
import type { APIGatewayProxyEventV2, Context } from 'aws-lambda';
import type { Backend } from '../../lib/crud/crud.ts';
import { memoryStorage } from '../../lib/crud/memory.ts';
import type { Endpoint } from '../../lib/http/chain.ts';
import { backendOn } from '../../lib/runtime/backend.ts';
import type { Config } from '../../lib/runtime/config.ts';
import type { Runtime } from '../../lib/runtime/runtime.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { accessToken, peer, peerCreation } from './builders.ts';

export const emspToken = 'emsp-token';
export const cpoToken = 'cpo-token';

export const config: Config = {
  publicUrl: 'https://ocpi.example.com',
  parties: [
    { role: 'CPO', country_code: 'NL', party_id: 'LCP' },
    { role: 'EMSP', country_code: 'NL', party_id: 'LMS' },
  ],
  pageSize: { default: 100, max: 1000 },
  logLevel: 'info',
  isLambda: false,
  service: 'ocpi-tokens',
  functionName: '',
  tables: { tokens: 'tokens', peers: 'peers', records: 'records' },
  dynamodbEndpoint: undefined,
  business: { name: 'Lumen Charging', website: undefined },
  secretsKey: undefined,
  syncQueueUrl: undefined,
  peerUrls: 'local',
  invitationDays: 7,
  rotationGraceHours: 24,
  eraseAfterDays: 0,
};

export interface TestRuntime extends Runtime {
  /** What was logged, one JSON text a line. */
  logged: string[];
}

/** @param wrap puts something between the handlers and the backend */
export async function testRuntime({
  wrap = (backend) => backend,
  config: overrides = {},
}: {
  wrap?: (backend: Backend) => Backend;
  config?: Partial<Config>;
} = {}): Promise<TestRuntime> {
  const now = () => new Date('2026-03-01T12:00:00.000Z');
  let ids = 0;
  const newId = () => {
    ids += 1;
    return `00000000-0000-4000-8000-${String(ids).padStart(12, '0')}`;
  };
  const testConfig = { ...config, ...overrides };
  const backend = backendOn(memoryStorage({ newId }), { now, newId });
  const peers = [
    peer({
      id: 'de-dms',
      roles: [{ role: 'EMSP', country_code: 'DE', party_id: 'DMS' }],
      tokensWeGave: [accessToken(emspToken)],
    }),
    peer({
      id: 'fr-dcp',
      roles: [{ role: 'CPO', country_code: 'FR', party_id: 'DCP' }],
      tokensWeGave: [accessToken(cpoToken)],
    }),
  ];
  for (const data of peers) await backend.credentials.create(peerCreation(data));

  const logged: string[] = [];
  const log = createLog(testConfig.logLevel, now, (line) => logged.push(line));
  return { config: testConfig, backend: wrap(backend), log, now, newId, logged };
}

export interface TestRequest {
  routeKey?: string;
  version?: string;
  path?: string;
  query?: Record<string, string>;
  /** Names in lower case, as API Gateway sends them. */
  headers?: Record<string, string>;
  /** JSON; a string is sent as it is. */
  body?: unknown;
  /** Sent in Base64, as 2.2 and later want it. */
  token?: string;
}

/** The event that an HTTP API makes of a request. */
export function event({
  routeKey = 'GET /ocpi',
  version = '2.2.1',
  path,
  query,
  headers,
  body,
  token,
}: TestRequest): APIGatewayProxyEventV2 {
  const authorization = token && { authorization: `Token ${Buffer.from(token).toString('base64')}` };
  return {
    version: '2.0',
    routeKey,
    rawPath: `/${path ?? ''}`,
    rawQueryString: new URLSearchParams(query).toString(),
    headers: { ...authorization, ...headers },
    pathParameters: { version, ...(path !== undefined && { path }) },
    ...(query && { queryStringParameters: query }),
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    isBase64Encoded: false,
    requestContext: {} as APIGatewayProxyEventV2['requestContext'],
  };
}

export interface TestAnswer {
  http: number;
  headers: Record<string, string>;
  envelope: { data?: unknown; status_code: number; status_message?: string; timestamp: string };
}

/** Calls an endpoint's complete handler, with all its middlewares. */
export async function call(endpoint: Endpoint<Runtime>, runtime: Runtime, request: TestRequest): Promise<TestAnswer> {
  const { statusCode, headers, body } = await endpoint(runtime)(event(request), {} as Context);
  return {
    http: statusCode ?? 200,
    headers: headers as Record<string, string>,
    envelope: JSON.parse(body ?? '') as TestAnswer['envelope'],
  };
}
