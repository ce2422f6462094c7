/** The deployed system on one machine: the routes, functions and tables of serverless.yml, and a storage beneath them. */

import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { AddressInfo, Server } from 'node:net';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Backend, Storage } from '../crud/crud.ts';
import { defaultStorages } from '../crud/default-storages.ts';
import { memoryStorage } from '../crud/memory.ts';
import { partiesOf } from '../ocpi/versions.ts';
import { removeLocalNote, writeLocalNote } from '../operator/local-note.ts';
import { type BackendModule, backendOn, openStorage } from '../runtime/backend.ts';
import { type Config, readConfig } from '../runtime/config.ts';
import type { OwnerRuntime } from '../runtime/owner-runtime.ts';
import { peerRuntime } from '../runtime/peer-runtime.ts';
import { syncRuntimeOn } from '../runtime/sync-runtime.ts';
import type { SyncRuntime } from '../sync/runtime.ts';
import { createLog } from '../telemetry/log.ts';
import { lockDataDir } from './data-dir-lock.ts';
import { demoTokens, seedPeers, seedTokens } from './demo.ts';
import { documentsFunction } from './documents.ts';
import { endLeases } from './end-leases.ts';
import { databaseFiles, type Engine, locateEngine, type NoEngine, startEngine } from './engine.ts';
import { localEnvironment } from './environment.ts';
import { holdPort } from './hold-port.ts';
import { createHttpApi, type LambdaHandler } from './http-api.ts';
import { isOwners, startOwnersApi } from './owners-api.ts';
import { startQueues } from './queue.ts';
import { recentRequests, recentRequestsFunction } from './recent-requests.ts';
import { startSchedules } from './schedule.ts';
import type { LambdaFunction } from './serverless-yml.ts';
import { openService, type Service, sourceOf } from './service.ts';
import { createLocalTables } from './tables.ts';
import { tellChanges, tellingOf } from './tell-changes.ts';

export interface LocalOptions {
  /** 0 takes a free one. */
  port: number;
  host: string;
  dataDir: string;
  /** Start with an empty database. */
  reset: boolean;
  /** Bring demo partners and Tokens into a storage of the company's own; ours always has them. */
  demo: boolean;
}

export interface LocalServer {
  config: Config;
  /** Where the data is, in words for a person. */
  storage: string;
  functions: LambdaFunction[];
  /** Whether the demo partners and Tokens are in it. */
  hasDemo: boolean;
  /** Where partners' developers look, if what shows it is installed. */
  documents: string | undefined;
  stop(): Promise<void>;
}

interface FunctionModule {
  /** @returns what is called: by the gateway, by a clock or with a stream */
  endpoint: (runtime: SyncRuntime & OwnerRuntime) => unknown;
}

const ambient = { now: () => new Date(), newId: () => randomUUID() };

/**
 * Starts storage, functions and HTTP API, with the demo data in place. Sets the environment that the functions read, except
 * for what is set already.
 * @throws Error before anything is touched: with the code EADDRINUSE if the port is taken, or if another server has the data
 */
export async function startLocal({ port: wanted, ...options }: LocalOptions): Promise<LocalServer> {
  const held = await holdPort(wanted, options.host);
  let unlock: (() => void) | undefined;
  try {
    unlock = lockDataDir(options.dataDir);
    const server = await startLocked(held, options);
    return { ...server, stop: () => server.stop().finally(unlock) };
  } catch (error) {
    unlock?.();
    held.close();
    throw error;
  }
}

async function startLocked(held: Server, options: Omit<LocalOptions, 'port' | 'host'>): Promise<LocalServer> {
  const { dataDir, reset } = options;
  const { port } = held.address() as AddressInfo;
  if (reset) await emptyDatabase(dataDir);

  const service = openService(process.cwd());
  const hasOwnDatabase = 'binary' in locateEngine();
  const engine = await startEngine({ dataDir });
  const { functions, tables, queues } = service.deployment;
  const queue = await startQueues(queues);
  const config = { ...setEnvironment(port, dataDir, engine), syncQueueUrl: queue.urls.SyncQueue };
  if ('endpoint' in engine) await createLocalTables(engine.endpoint, tables, namesOf(config));
  const { backend, storage, isCompanys } = await openLocally(service, config, engine);
  const requests = recentRequests(createLog(config.logLevel, ambient.now), ambient.now);
  const sync = syncRuntimeOn(peerRuntime({ config, backend, log: requests.log, ...ambient }));
  const telling = tellChanges(sync);
  const credentials = tellingOf(backend.credentials, telling);
  const runtime = { ...sync, backend: { ...backend, credentials }, told: telling.told };

  if (hasOwnDatabase && !isCompanys) await endLeases(backend.records, ambient.now());
  // Everybody knows the tokens of the demo partners, so they are in no storage of a company that has not asked for them.
  const hasDemo = options.demo || !isCompanys;
  if (hasDemo) await seedPeers(sync);
  const [owner] = partiesOf(config, 'EMSP');
  if (hasDemo && owner) await seedTokens(sync, demoTokens(owner));
  const load = async <Handler>(declared: LambdaFunction) =>
    (await importModule<FunctionModule>(sourceOf(service, declared))).endpoint(runtime) as Handler;
  const endQueues = await queue.startConsumers(functions, load);
  const documents = documentsFunction();
  const api = createHttpApi({
    functions: [...functions.filter((declared) => !isOwners(declared)), ...(documents ? [documents] : [])],
    load: async (each) => ('load' in each ? each.load() : load<LambdaHandler>(each)),
  });
  const remembered = recentRequestsFunction(requests);
  const owners = await startOwnersApi([...functions.filter(isOwners), remembered], async (each) =>
    'load' in each ? each.load() : load<LambdaHandler>(each),
  );
  await api.listen(held);
  const endSchedules = await startSchedules(functions, load);
  writeLocalNote(dataDir, { pid: process.pid, operator: owners.operator });
  return {
    config,
    storage,
    functions,
    hasDemo,
    documents: documents && `${config.publicUrl}/docs`,
    async stop() {
      removeLocalNote(dataDir);
      await Promise.all([api.close(), owners.close(), endSchedules()]);
      await telling.end();
      await endQueues();
      if ('stop' in engine) await engine.stop();
    },
  };
}

async function emptyDatabase(dataDir: string): Promise<void> {
  if (process.env.DYNAMODB_ENDPOINT) throw new Error('--reset empties the embedded database, not DYNAMODB_ENDPOINT');
  for (const file of databaseFiles) await rm(join(dataDir, file), { force: true });
}

function setEnvironment(port: number, dataDir: string, engine: Engine | NoEngine): Config {
  const defaults = {
    ...localEnvironment(dataDir, port),
    ...('endpoint' in engine && { DYNAMODB_ENDPOINT: engine.endpoint }),
  };
  for (const [name, value] of Object.entries(defaults)) process.env[name] ||= value;
  return readConfig(process.env);
}

const namesOf = ({ tables }: Config) => ({ Tokens: tables.tokens, Peers: tables.peers, Records: tables.records });

interface Opened {
  backend: Backend;
  /** What it is, in words for a person. */
  storage: string;
  isCompanys: boolean;
}

async function openLocally(service: Service, config: Config, engine: Engine | NoEngine): Promise<Opened> {
  const module = await importModule<BackendModule>(service.backend);
  const isCompanys = module.openStorage !== openStorage;
  const opened = await module.openStorage(config, ambient);
  const on = (storage: Storage) => ({ backend: backendOn(storage, ambient, module.decide), isCompanys });
  if (isCompanys || !defaultStorages.has(opened))
    return { ...on(opened), storage: `what ${relative(service.folder, service.backend)} opens` };
  if ('endpoint' in engine) return { ...on(opened), storage: `DynamoDB at ${engine.endpoint}` };
  const storage = `this process's memory, gone when it ends. ${engine.reason}`;
  return { ...on(memoryStorage(ambient)), storage };
}

const importModule = async <Module>(file: string): Promise<Module> =>
  (await import(pathToFileURL(file).href)) as Module;
