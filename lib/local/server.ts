/** The deployed system on one machine: the routes, functions and tables of serverless.yml, and a storage beneath them. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { type Config, partiesOf, readConfig } from '../config.ts';
import type { Backend } from '../crud/crud.ts';
import { dynamodbBackend } from '../crud/dynamodb/backend.ts';
import { openClient, openDatabase } from '../crud/dynamodb/client.ts';
import { createOperator } from '../crud/dynamodb/operator.ts';
import { memoryBackend } from '../crud/memory.ts';
import { type Endpoint, lambda } from '../http/lambda.ts';
import { createLog } from '../log.ts';
import { type PartnerRuntime, partnerRuntime } from '../partner-runtime.ts';
import type { Runtime } from '../runtime.ts';
import { demoTokens, seedPeers, seedTokens } from './demo.ts';
import { databaseFiles, type Engine, type NoEngine, startEngine } from './engine.ts';
import { createHttpApi, type LambdaHandler } from './http-api.ts';
import {
  localDefaults,
  localEnvironment,
  removeLocalDatabase,
  sharedEnvironment,
  writeLocalDatabase,
} from './local-database.ts';
import { type LambdaFunction, readServerlessYml } from './serverless-yml.ts';
import { createTables } from './tables.ts';

export interface LocalOptions {
  /** 0 takes a free one. */
  port: number;
  host: string;
  dataDir: string;
  /** Start with an empty database. */
  reset: boolean;
}

export interface LocalServer {
  config: Config;
  /** Where the data is, in words for a person. */
  storage: string;
  functions: LambdaFunction[];
  stop(): Promise<void>;
}

interface FunctionModule {
  endpoint: Endpoint<PartnerRuntime>;
  [exported: string]: unknown;
}

const root = new URL('../../', import.meta.url);
const ambient = { now: () => new Date(), newId: () => randomUUID() };

/**
 * Starts storage, functions and HTTP API, with the demo data in place. Sets the environment that the functions read, except
 * for what is set already.
 * @throws Error with the code EADDRINUSE before anything else is touched, if the port is taken
 */
export async function startLocal({ port: wanted, host, dataDir, reset }: LocalOptions): Promise<LocalServer> {
  const port = await findPort(wanted, host);
  if (reset) await emptyDatabase(dataDir);

  const engine = await startEngine({ dataDir });
  const deployment = readServerlessYml();
  const config = setEnvironment(port, dataDir, engine);
  const storage =
    'reason' in engine ? memoryStorage(config, engine) : await databaseStorage(config, engine, deployment);

  await storage.seed();
  const api = createHttpApi({ functions: deployment.functions, load: (declared) => storage.load(declared) });
  await api.listen(port, host);
  if ('endpoint' in engine) {
    const { endpoint } = engine;
    const environment = sharedEnvironment(process.env);
    writeLocalDatabase(dataDir, { endpoint, tables: config.tables, pid: process.pid, environment });
  }
  return {
    config,
    storage: storage.name,
    functions: deployment.functions,
    async stop() {
      removeLocalDatabase(dataDir);
      await api.close();
      if ('stop' in engine) await engine.stop();
    },
  };
}

async function findPort(port: number, host: string): Promise<number> {
  const probe = createServer().listen(port, host);
  await once(probe, 'listening');
  const found = (probe.address() as AddressInfo).port;
  probe.close();
  await once(probe, 'close');
  return found;
}

async function emptyDatabase(dataDir: string): Promise<void> {
  if (process.env.DYNAMODB_ENDPOINT) throw new Error('--reset empties the embedded database, not DYNAMODB_ENDPOINT');
  for (const file of databaseFiles) await rm(join(dataDir, file), { force: true });
}

function setEnvironment(port: number, dataDir: string, engine: Engine | NoEngine): Config {
  const defaults = {
    TOKENS_TABLE: localDefaults.tables.tokens,
    PEERS_TABLE: localDefaults.tables.peers,
    ...localEnvironment(dataDir, String(port)),
    ...('endpoint' in engine && { DYNAMODB_ENDPOINT: engine.endpoint }),
  };
  for (const [name, value] of Object.entries(defaults)) process.env[name] ||= value;
  return readConfig(process.env);
}

interface Storage {
  name: string;
  seed(): Promise<void>;
  load(lambda: LambdaFunction): Promise<LambdaHandler>;
}

async function databaseStorage(
  config: Config,
  engine: Engine,
  { tables }: Pick<ReturnType<typeof readServerlessYml>, 'tables'>,
): Promise<Storage> {
  const emspParties = partiesOf(config, 'EMSP');
  const db = openDatabase(engine.endpoint);
  const backend = dynamodbBackend({ endpoint: engine.endpoint, tables: config.tables, emspParties, ...ambient }, db);
  const client = openClient(engine.endpoint);
  await createTables(client, tables, { Tokens: config.tables.tokens, Peers: config.tables.peers });
  client.destroy();
  return {
    name: `DynamoDB at ${engine.endpoint}`,
    async seed() {
      await seedPeers(backend);
      const [owner] = emspParties;
      if (owner) await createOperator({ db, table: config.tables.tokens, ...ambient }).importTokens(demoTokens(owner));
    },
    load: async (declared) => {
      const module = await importFunction(declared);
      return module[declared.export] as LambdaHandler;
    },
  };
}

function memoryStorage(config: Config, { reason }: NoEngine): Storage {
  const emspParties = partiesOf(config, 'EMSP');
  const backend: Backend = memoryBackend({ emspParties, ...ambient });
  const runtime: Runtime = { config, backend, log: createLog(config.logLevel, ambient.now), ...ambient };
  return {
    name: `this process's memory, gone when it ends. ${reason}`,
    async seed() {
      await seedPeers(backend);
      const [owner] = emspParties;
      if (owner) await seedTokens(backend, demoTokens(owner));
    },
    load: async (declared) => {
      const { endpoint } = await importFunction(declared);
      return lambda(endpoint, partnerRuntime(runtime));
    },
  };
}

const importFunction = async ({ file }: LambdaFunction): Promise<FunctionModule> => import(new URL(file, root).href);
