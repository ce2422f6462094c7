/** All endpoints in this process, complete with their middlewares, on a storage of one's choice; and a request to each. */
import './environment.ts';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda';
import * as getCredentials from '../../functions/credentials/get-credentials.ts';
import * as authorizeToken from '../../functions/tokens/authorize-token.ts';
import * as getToken from '../../functions/tokens/get-token.ts';
import * as listTokens from '../../functions/tokens/list-tokens.ts';
import * as patchToken from '../../functions/tokens/patch-token.ts';
import * as putToken from '../../functions/tokens/put-token.ts';
import * as getVersion from '../../functions/versions/get-version.ts';
import * as listVersions from '../../functions/versions/list-versions.ts';
import type { Backend } from '../../lib/crud/crud.ts';
import type { Database } from '../../lib/crud/dynamodb/client.ts';
import { dynamodbStorage } from '../../lib/crud/dynamodb/storage.ts';
import { memoryStorage } from '../../lib/crud/memory.ts';
import type { Handler } from '../../lib/http/chain.ts';
import { backendOn } from '../../lib/runtime/backend.ts';
import type { Runtime } from '../../lib/runtime/runtime.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { accessToken, foreignParty, peer, peerCreation } from '../support/builders.ts';
import { config, event, type TestRequest } from '../support/runtime.ts';
import { ambient } from './environment.ts';

export const emspToken = 'bench-emsp-token';
export const cpoToken = 'bench-cpo-token';

const endpoints = {
  'get-token': getToken.endpoint,
  'put-token': putToken.endpoint,
  'patch-token': patchToken.endpoint,
  'list-tokens': listTokens.endpoint,
  'authorize-token': authorizeToken.endpoint,
  'list-versions': listVersions.endpoint,
  'get-version': getVersion.endpoint,
  'get-credentials': getCredentials.endpoint,
};

export type EndpointName = keyof typeof endpoints;

export interface Platform {
  runtime: Runtime;
  handlers: Record<EndpointName, Handler>;
}

/**
 * Knows an eMSP and a CPO, and answers them.
 * @param write where the log goes; nowhere: what a line costs to make counts, what a terminal costs to print does not
 */
export async function startPlatform(backend: Backend, write: (line: string) => void = () => {}): Promise<Platform> {
  // What is measured is how fast it answers, and not how soon it says that this is too fast.
  const settings = { incomingPerSecond: 1_000_000 };
  const emsp = peer({ id: 'bench-emsp', tokensWeGave: [accessToken(emspToken)], settings });
  const cpo = peer({
    id: 'bench-cpo',
    roles: [{ role: 'CPO', country_code: 'FR', party_id: 'DCP' }],
    tokensWeGave: [accessToken(cpoToken)],
    settings,
  });
  for (const data of [emsp, cpo]) await backend.credentials.create(peerCreation(data));

  const log = createLog('info', ambient.now, write);
  const runtime: Runtime = { config, backend, log, ...ambient };
  const handlers = Object.fromEntries(
    Object.entries(endpoints).map(([name, endpoint]) => [name, endpoint(runtime)]),
  ) as Record<EndpointName, Handler>;
  return { runtime, handlers };
}

export const inMemory = (): Backend => backendOn(memoryStorage(ambient), ambient);

export const inDynamodb = (db: Database): Backend =>
  backendOn(dynamodbStorage({ endpoint: undefined, tables: config.tables, ...ambient }, db), ambient);

/** With the clock that Lambda gives, because middy starts a timer by it. */
export const context = { getRemainingTimeInMillis: () => 10_000 } as Context;

export interface Request extends TestRequest {
  endpoint: EndpointName;
}

/** With the headers that API Gateway adds, and that every client sends. */
const usualHeaders = {
  accept: 'application/json',
  'content-type': 'application/json',
  host: 'ocpi.example.com',
  'user-agent': 'bench/1.0',
  'x-amzn-trace-id': 'Root=1-65f0a0a0-0123456789abcdef01234567',
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-port': '443',
  'x-forwarded-proto': 'https',
  'x-request-id': '7f5d1c1e-4c39-4c8e-9a33-0d6d5b9d5a11',
  'x-correlation-id': '0d6a3f0e-4d3c-4b43-8a24-6a5a1c1d2e33',
};

export const toEvent = ({ endpoint: _, headers, ...request }: Request): APIGatewayProxyEventV2 =>
  event({ ...request, headers: { ...usualHeaders, ...headers } });

/** @throws Error for an answer that is no success: a benchmark of errors would be a fast one */
export async function ask({ handlers }: Platform, request: Request): Promise<APIGatewayProxyStructuredResultV2> {
  const answer = await handlers[request.endpoint](toEvent(request), context);
  const isError = /^\{"status_code":[^1]/.test(answer.body ?? '');
  if (!answer.statusCode || answer.statusCode >= 300 || isError) {
    throw new Error(`${request.endpoint} answered ${answer.statusCode} ${answer.body}`);
  }
  return answer;
}

const asEmsp = { token: emspToken } as const;
const asCpo = { token: cpoToken } as const;
const received = (uid: string) => `${foreignParty.country_code}/${foreignParty.party_id}/${uid}`;

/** A request to each endpoint. */
export const requests = {
  getToken: (uid: string): Request => ({ endpoint: 'get-token', path: received(uid), ...asEmsp }),
  putToken: (uid: string, body: unknown): Request => ({ endpoint: 'put-token', path: received(uid), body, ...asEmsp }),
  patchToken: (uid: string, body: unknown): Request => ({
    endpoint: 'patch-token',
    path: received(uid),
    body,
    ...asEmsp,
  }),
  listTokens: (query: Record<string, string>): Request => ({ endpoint: 'list-tokens', path: '', query, ...asCpo }),
  authorize: (uid: string, body?: unknown): Request => ({
    endpoint: 'authorize-token',
    path: `${uid}/authorize`,
    ...(body !== undefined && { body }),
    ...asCpo,
  }),
  listVersions: (): Request => ({ endpoint: 'list-versions', routeKey: 'GET /ocpi/versions', ...asCpo }),
  getVersion: (): Request => ({ endpoint: 'get-version', routeKey: 'GET /ocpi/{version}', ...asCpo }),
  getCredentials: (): Request => ({
    endpoint: 'get-credentials',
    routeKey: 'GET /ocpi/{version}/credentials',
    ...asCpo,
  }),
};
