/**
 * A complete instance of this project on a port of its own: all functions behind the HTTP API, in front of that a proxy that holds
 * every exchange against the OpenAPI documents, and a wire that can be cut. Several of them live side by side in one test and talk
 * to each other over HTTP.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { createPeerClient } from '../../lib/client/ask-peer.ts';
import type { Backend } from '../../lib/crud/crud.ts';
import { memoryStorage } from '../../lib/crud/memory.ts';
import type { Endpoint } from '../../lib/http/chain.ts';
import { createHttpApi, type LambdaHandler } from '../../lib/local/http-api.ts';
import { isOwners } from '../../lib/local/owners-api.ts';
import { type LambdaFunction, readServerlessYml } from '../../lib/local/serverless-yml.ts';
import { type Ambient, backendOn } from '../../lib/runtime/backend.ts';
import { type Config, parseParties } from '../../lib/runtime/config.ts';
import type { PeerRuntime } from '../../lib/runtime/peer-runtime.ts';
import { keyVault } from '../../lib/runtime/vault.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import type { Deployed, Deployment } from './deployed/deployment.ts';
import { instancesOfLambda } from './deployed/instances.ts';
import { judgeOf } from './documented.ts';
import { startJudgingProxy } from './judging-proxy.ts';
import { config as baseConfig } from './runtime.ts';

/** `before`: the request never arrives. `after`: it is carried out, and the answer is lost. */
export type Cut = 'before' | 'after';

export interface Instance {
  url: string;
  runtime: PeerRuntime;
  /** Finds the code of a function. */
  load: (declared: Pick<LambdaFunction, 'name' | 'file'>) => Promise<LambdaHandler>;
  /** Where the functions run, if they do not run in this process. */
  deployed: Deployed | undefined;
  /** What the next connections meet, in order; `undefined` lets one through. */
  cuts: (Cut | undefined)[];
  /** How many requests have come in. */
  requests: () => number;
  /** What was logged, one JSON text a line. */
  logged: string[];
  /** Moves this instance's clock. */
  advance(ms: number): void;
  stop(): Promise<void>;
}

interface Options {
  /** Such as `CPO NL AAA, EMSP NL BBB`. */
  parties: string;
  openBackend?: (ambient: Ambient) => Backend;
  /** Runs the functions as they would be deployed, and not in this process. */
  deploy?: Deployment['deploy'];
  config?: Partial<Config>;
}

/** What belongs to a handshake comes on a connection of its own, so a connection is a step. */
async function startWire(cuts: (Cut | undefined)[]) {
  let target = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const cut = cuts.shift();
    sockets.add(client);
    client.on('error', () => client.destroy());
    client.on('close', () => sockets.delete(client));
    if (cut === 'before') return client.destroy();
    const upstream = connect(target, '127.0.0.1');
    upstream.on('error', () => client.destroy());
    client.pipe(upstream);
    client.on('close', () => upstream.destroy());
    if (cut === 'after') upstream.once('data', () => client.destroy());
    else upstream.pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    leadTo(port: number) {
      target = port;
    },
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** What the gateway waits where functions are processes, whose cold starts take seconds on a machine with much to do. */
export const patienceMs = 60_000;

/** What is deployed ends in its own time, to which its cold start does not count, so the gateway leaves it to that. */
export const unhurried = <Declared extends { timeoutSeconds: number }>(declared: Declared): Declared => ({
  ...declared,
  timeoutSeconds: patienceMs / 1_000,
});

const inMemory = (ambient: Ambient): Backend => backendOn(memoryStorage(ambient), ambient);

export async function startInstance({
  parties,
  openBackend = inMemory,
  deploy,
  config = {},
}: Options): Promise<Instance> {
  const cuts: (Cut | undefined)[] = [];
  const wire = await startWire(cuts);
  const url = `http://127.0.0.1:${wire.port}`;

  let offsetMs = 0;
  const now = () => new Date(Date.now() + offsetMs);
  const newId = () => randomUUID();
  const logged: string[] = [];
  const log = createLog('info', now, (line) => logged.push(line));
  const instanceConfig: Config = { ...baseConfig, publicUrl: url, parties: parseParties(parties), ...config };
  const key = randomBytes(32);
  const onLine = (line: string) => void logged.push(`${line}\n`);
  const deployed = await deploy?.({ url, parties, config, ahead: () => offsetMs, onLine });
  const runtime: PeerRuntime = {
    config: instanceConfig,
    backend: openBackend({ now, newId }),
    log,
    now,
    newId,
    client: createPeerClient({ policy: instanceConfig.peerUrls, log, now, newId }),
    vault: deployed?.aws.vault ?? keyVault(() => key),
  };

  const load: Instance['load'] = async ({ name, file }) => {
    if (deployed) return (event) => deployed.invoke(name, event);
    const { endpoint } = (await import(`../../${file}`)) as { endpoint: Endpoint<PeerRuntime> };
    return endpoint(runtime);
  };
  const functions = readServerlessYml().functions.filter((declared) => !isOwners(declared));
  const api = createHttpApi({
    // As Lambda does it, some tests hold many requests at one point; but each instance of a zip is a process.
    concurrency: deployed ? instancesOfLambda : 1_000,
    functions: deployed ? functions.map(unhurried) : functions,
    ...(deployed && { gatewayTimeoutMs: patienceMs }),
    load,
  });
  const proxy = await startJudgingProxy(judgeOf(instanceConfig));
  proxy.leadTo(await api.listen(0));
  wire.leadTo(proxy.port);
  return {
    url,
    runtime,
    load,
    deployed,
    cuts,
    requests: () => proxy.requests(),
    logged,
    advance(ms) {
      offsetMs += ms;
      deployed?.moveClock();
    },
    async stop() {
      await wire.stop();
      await proxy.close().finally(() => api.close(0));
      await deployed?.stop();
    },
  };
}
