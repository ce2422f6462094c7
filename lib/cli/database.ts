/** Which database a command works on: the deployed one if its tables are named, else the local server's, running or not. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { type Ambient, openBackend } from '../backend.ts';
import { type Config, partiesOf, readConfig } from '../config.ts';
import type { Backend } from '../crud/crud.ts';
import { openDatabase } from '../crud/dynamodb/client.ts';
import { createOperator, type Operator } from '../crud/dynamodb/operator.ts';
import { type LocalDatabase, localDefaults, readLocalDatabase } from '../local/local-database.ts';
import type { PartyId } from '../ocpi/versions.ts';
import { databaseFailure, Failure } from './failure.ts';

/** What the command line says of it; the environment says the rest. */
export interface DatabaseOptions {
  tokensTable?: string;
  peersTable?: string;
  endpoint?: string;
  dataDir?: string;
}

export interface CliDatabase {
  /** For people. */
  where: string;
  backend: Backend;
  operator: Operator;
  /** @throws Failure if nothing says which parties are ours */
  emspParties: () => PartyId[];
  close: () => Promise<void>;
}

interface Place extends Pick<LocalDatabase, 'tables'> {
  where: string;
  /** undefined: the region's own DynamoDB. */
  endpoint: string | undefined;
  isLocal: boolean;
  close: () => Promise<void>;
}

const stay = async () => {};

/** @throws Failure if there is none, or its configuration is wrong */
export async function openCliDatabase(
  options: DatabaseOptions,
  env: NodeJS.ProcessEnv,
  ambient: Ambient,
): Promise<CliDatabase> {
  const place = deployedPlace(options, env) ?? (await localPlace(options, env));
  const config = configOf(place, env);
  return {
    where: place.where,
    backend: openBackend(config, ambient),
    operator: createOperator({ db: openDatabase(place.endpoint), table: place.tables.tokens, ...ambient }),
    emspParties: () => {
      if (!place.isLocal && !env.OCPI_PARTIES) {
        throw new Failure('usage', 'OCPI_PARTIES is not set: our own parties, such as "CPO NL LCP, EMSP NL LMS"');
      }
      return partiesOf(config, 'EMSP').map(({ country_code, party_id }) => ({ country_code, party_id }));
    },
    close: place.close,
  };
}

function configOf({ tables, endpoint }: Place, env: NodeJS.ProcessEnv): Config {
  try {
    const config = readConfig({
      ...env,
      TOKENS_TABLE: tables.tokens,
      PEERS_TABLE: tables.peers,
      OCPI_PARTIES: env.OCPI_PARTIES || localDefaults.parties,
      // A server needs it; a command line does not.
      PUBLIC_URL: env.PUBLIC_URL || 'http://localhost',
    });
    return { ...config, dynamodbEndpoint: endpoint };
  } catch (error) {
    throw new Failure('usage', (error as Error).message, { cause: error });
  }
}

/** @returns undefined if no tables are named */
function deployedPlace(options: DatabaseOptions, env: NodeJS.ProcessEnv): Place | undefined {
  const tokens = options.tokensTable || env.TOKENS_TABLE;
  const peers = options.peersTable || env.PEERS_TABLE;
  if (!tokens && !peers) return undefined;
  if (!tokens || !peers) {
    const missing = tokens ? 'PEERS_TABLE (or --peers-table)' : 'TOKENS_TABLE (or --tokens-table)';
    throw new Failure(
      'usage',
      `${missing} is not set, but the other table is: name both, or none for the local server's`,
    );
  }
  const endpoint = options.endpoint || env.DYNAMODB_ENDPOINT || undefined;
  const where = endpoint
    ? `at ${endpoint}`
    : `in AWS region ${env.AWS_REGION || env.AWS_DEFAULT_REGION || '(not set)'}`;
  return { where, endpoint, tables: { tokens, peers }, isLocal: false, close: stay };
}

async function localPlace(options: DatabaseOptions, env: NodeJS.ProcessEnv): Promise<Place> {
  const dataDir = resolve(options.dataDir || env.DATA_DIR || localDefaults.dataDir);
  const endpoint = options.endpoint || env.DYNAMODB_ENDPOINT;
  const running = endpoint ? undefined : readLocalDatabase(dataDir);
  if (running && (await answers(running.endpoint))) {
    return { ...running, where: `of the local server in ${dataDir}`, isLocal: true, close: stay };
  }
  return ownEngine(dataDir, { ...env, DYNAMODB_ENDPOINT: endpoint });
}

/** The local server's database while no server runs it: an engine for as long as the command takes. */
async function ownEngine(dataDir: string, env: NodeJS.ProcessEnv): Promise<Place> {
  // Only here: what reads serverless.yml is a development dependency, which a command line against AWS does without.
  const [{ startEngine }, { createTables }, { readServerlessYml }, { openClient }] = await Promise.all([
    import('../local/engine.ts'),
    import('../local/tables.ts'),
    import('../local/serverless-yml.ts'),
    import('../crud/dynamodb/client.ts'),
  ]);
  const where = env.DYNAMODB_ENDPOINT ? `at ${env.DYNAMODB_ENDPOINT}` : `in ${dataDir}`;
  const engine = await startEngine({ dataDir, env }).catch((error: Error) => {
    throw new Failure('database', `Cannot use the database ${where}: ${error.message}`, { cause: error });
  });
  if ('reason' in engine) {
    throw new Failure('database', `${engine.reason} Or name deployed tables: TOKENS_TABLE and PEERS_TABLE.`);
  }
  const { endpoint } = engine;
  const { tables } = localDefaults;
  try {
    const names = { Tokens: tables.tokens, Peers: tables.peers };
    await createTables(openClient(endpoint), readServerlessYml().tables, names);
  } catch (error) {
    await engine.stop();
    throw databaseFailure(error, where);
  }
  return { where, endpoint, tables, isLocal: true, close: () => engine.stop() };
}

const connectTimeoutMs = 1_000;

async function answers(endpoint: string): Promise<boolean> {
  const { hostname, port } = new URL(endpoint);
  const socket = connect({ host: hostname, port: Number(port), timeout: connectTimeoutMs });
  socket.once('timeout', () => socket.destroy(new Error('timeout')));
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
