/** The owner's API on loopback, as `npm start` serves it: the real endpoints of functions/operator behind the HTTP API, for a caller with a key. */
import { randomUUID } from 'node:crypto';
import { globSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { APIGatewayProxyEventV2 } from 'aws-lambda';
import type { Endpoint } from '../../lib/http/chain.ts';
import { createHttpApi, type LambdaHandler } from '../../lib/local/http-api.ts';
import * as doctor from '../../lib/operator/api/doctor.ts';
import { mayCharge } from '../../lib/operator/api/may-charge.ts';
import { describeApi } from '../../lib/operator/api/openapi.ts';
import type { Operation } from '../../lib/operator/api/operation.ts';
import * as peers from '../../lib/operator/api/peers.ts';
import * as received from '../../lib/operator/api/received.ts';
import * as sync from '../../lib/operator/api/sync.ts';
import * as tokens from '../../lib/operator/api/tokens.ts';
import { writeLocalNote } from '../../lib/operator/local-note.ts';
import type { PeerRuntime } from '../../lib/runtime/peer-runtime.ts';

export interface OwnerApi {
  /** What stands before `/operator/`. */
  url: string;
  key: string;
  /** A folder in which a command line finds it. */
  dataDir: string;
  stop(): Promise<void>;
}

const isOperation = (value: object): value is Operation => 'name' in value && 'method' in value;
const operations = [
  mayCharge,
  describeApi,
  ...[doctor, peers, received, sync, tokens].flatMap((api) => Object.values(api).filter(isOperation)),
];

/** The gateway would have made sure of the caller; here it is whoever has the key. */
const asCaller =
  (handler: LambdaHandler, key: string): LambdaHandler =>
  (event, context) => {
    const isKnown = event.headers.authorization === `Bearer ${key}`;
    const authorizer = isKnown && { authorizer: { iam: { userArn: 'arn:aws:iam::000000000000:user/tester' } } };
    const requestContext = { ...event.requestContext, ...authorizer } as APIGatewayProxyEventV2['requestContext'];
    return handler({ ...event, requestContext }, context);
  };

/** @param wrap comes between the API and an endpoint, for faults */
export async function startOwnerApi(
  runtime: PeerRuntime,
  wrap: (handler: LambdaHandler, name: string) => LambdaHandler = (handler) => handler,
): Promise<OwnerApi> {
  const key = randomUUID();
  const files = new Set(globSync('functions/operator/{*,*/*}.ts'));
  const functions = operations
    .map(({ name, method }) => ({
      name,
      file: `functions/operator/${name}.ts`,
      routes: [`${method} /operator/${name}`],
      timeoutSeconds: 29,
    }))
    .filter(({ file }) => files.has(file));
  const fallback = { name: 'fallback', file: 'functions/operator/fallback.ts', timeoutSeconds: 3 };
  const api = createHttpApi({
    functions: [...functions, { ...fallback, routes: ['ANY /operator/{path+}'] }],
    load: async ({ name, file }) => {
      const { endpoint } = (await import(`../../${file}`)) as { endpoint: Endpoint<PeerRuntime> };
      return asCaller(wrap(endpoint(runtime), name), key);
    },
  });
  const url = `http://127.0.0.1:${await api.listen(0)}`;
  const dataDir = mkdtempSync(join(tmpdir(), 'owner-'));
  writeLocalNote(dataDir, { pid: process.pid, operator: { url, key } });
  return {
    url,
    key,
    dataDir,
    async stop() {
      await api.close(0);
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
