/** Which database a command works on: the deployed one if its tables are named, else the local server's, running or not. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { openBackend } from '../backend.ts';
import { type Config, partiesOf, readConfig } from '../config.ts';
import type { Backend } from '../crud/crud.ts';
import { openDatabase } from '../crud/dynamodb/client.ts';
import { createOperator, type Operator } from '../crud/dynamodb/operator.ts';
import { type LocalDatabase, localDefaults, localEnvironment, readLocalDatabase } from '../local/local-database.ts';
import { createLog } from '../log.ts';
import type { PartyId } from '../ocpi/versions.ts';
import { type PartnerRuntime, partnerRuntime } from '../partner-runtime.ts';
import { databaseFailure, Failure } from './failure.ts';
import type { Terminal } from './terminal.ts';

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
  /**
   * What it takes to talk to partners.
   * @throws Failure that names what is not configured
   */
  partners: () => PartnerRuntime;
}

export interface Place extends Pick<LocalDatabase, 'tables'> {
  where: string;
  /** undefined: the region's own DynamoDB. */
  endpoint: string | undefined;
  isLocal: boolean;
  /** Whether nothing can be serving this data to partners now, because this process has it for itself. */
  isUnserved?: true;
  /** The configuration: the environment, and before it what is known of a local server. */
  environment: NodeJS.ProcessEnv;
  close: () => Promise<void>;
}

const stay = async () => {};

/** @throws Failure if there is none */
export const openPlace = async (options: DatabaseOptions, { env }: Terminal): Promise<Place> =>
  deployedPlace(options, env) ?? (await localPlace(options, env));

/** @throws Failure if the configuration is wrong */
export function openCliDatabase(place: Place, { env, stderr, now, newId }: Terminal): CliDatabase {
  const config = configOf(place);
  const backend = openBackend(config, { now, newId });
  const demand = (names: string[], why: string) => {
    const missing = names.filter((name) => !place.environment[name]);
    if (missing.length > 0)
      throw new Failure('usage', `${missing.join(', ')} ${missing.length > 1 ? 'are' : 'is'} ${why}`);
  };
  return {
    where: place.where,
    backend,
    operator: createOperator({ db: openDatabase(place.endpoint), table: place.tables.tokens, now, newId }),
    emspParties: () => {
      demand(['OCPI_PARTIES'], 'not set: our own parties, such as "CPO NL LCP, EMSP NL LMS"');
      return partiesOf(config, 'EMSP').map(({ country_code, party_id }) => ({ country_code, party_id }));
    },
    partners: () => {
      demand(
        ['PUBLIC_URL', 'OCPI_PARTIES', 'SECRETS_KEY'],
        'not set: partners need the same as the deployed functions have',
      );
      // What matters of an exchange is in the answer, or in the error.
      const log = createLog(env.DEBUG ? 'debug' : 'silent', now, (line) => stderr.write(line));
      try {
        return partnerRuntime({ config, backend, log, now, newId });
      } catch (error) {
        throw new Failure('usage', (error as Error).message, { cause: error });
      }
    },
  };
}

function configOf({ environment, endpoint }: Place): Config {
  try {
    const config = readConfig({
      ...environment,
      // Most commands need neither, and those that do ask for them.
      OCPI_PARTIES: environment.OCPI_PARTIES || localDefaults.parties,
      PUBLIC_URL: environment.PUBLIC_URL || 'http://localhost',
    });
    return { ...config, dynamodbEndpoint: endpoint };
  } catch (error) {
    throw new Failure('usage', (error as Error).message, { cause: error });
  }
}

const tableNames = ({ tokens, peers }: LocalDatabase['tables']) => ({ TOKENS_TABLE: tokens, PEERS_TABLE: peers });

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
  const tables = { tokens, peers };
  return { where, endpoint, tables, isLocal: false, environment: { ...env, ...tableNames(tables) }, close: stay };
}

async function localPlace(options: DatabaseOptions, env: NodeJS.ProcessEnv): Promise<Place> {
  const dataDir = resolve(options.dataDir || env.DATA_DIR || localDefaults.dataDir);
  const endpoint = options.endpoint || env.DYNAMODB_ENDPOINT;
  const running = readLocalDatabase(dataDir);
  const isMeant = running && (!endpoint || endpoint === running.endpoint) && (await answers(running.endpoint));
  const place = isMeant
    ? { ...running, where: `of the local server in ${dataDir}`, isLocal: true, close: stay }
    : await ownEngine(dataDir, { ...env, DYNAMODB_ENDPOINT: endpoint });
  const set = Object.fromEntries(Object.entries(env).filter(([, value]) => value));
  return {
    ...place,
    environment: {
      ...localEnvironment(dataDir, env.PORT || undefined),
      ...(isMeant && running.environment),
      ...set,
      ...tableNames(place.tables),
    },
  };
}

/** The local server's database while no server runs it: an engine for as long as the command takes. */
async function ownEngine(dataDir: string, env: NodeJS.ProcessEnv): Promise<Omit<Place, 'environment'>> {
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
  const isOurs = !env.DYNAMODB_ENDPOINT;
  return { where, endpoint, tables, isLocal: true, ...(isOurs && { isUnserved: true }), close: () => engine.stop() };
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
