/** Requests as partners make them, over real HTTP and exactly as written (fetch would tidy up a path); and the platform that gets them. */
import { type IncomingHttpHeaders, type OutgoingHttpHeaders, request } from 'node:http';
import type { Backend } from '../../lib/crud/crud.ts';
import { dynamodbStorage } from '../../lib/crud/dynamodb/storage.ts';
import { memoryStorage } from '../../lib/crud/memory.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import { type VersionNumber, versionNumbers } from '../../lib/ocpi/versions.ts';
import type { Peer } from '../../lib/peers/peer.ts';
import { type Ambient, backendOn } from '../../lib/runtime/backend.ts';
import type { TokenSettings } from '../../lib/tokens/settings.ts';
import { sqliteStorage } from '../contract/sqlite-storage.ts';
import { accessToken, ownCreation, peer, peerCreation, token } from './builders.ts';
import { startDatabase } from './dynamodb.ts';
import { type Instance, startInstance } from './instance.ts';
import { cpoToken, emspToken } from './runtime.ts';

export interface Sent {
  method?: string;
  /** The target as it goes over the wire. */
  path: string;
  headers?: OutgoingHttpHeaders;
  /** JSON, unless it is text or bytes already. */
  body?: unknown;
}

export interface Answer {
  http: number;
  headers: IncomingHttpHeaders;
  envelope: { data?: unknown; status_code: number; status_message?: string; timestamp: string };
}

const bytesOf = (body: unknown): string | Buffer =>
  typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);

/** Sends no header that it is not told, but for those that HTTP itself needs. */
export const send = (base: string, { method = 'GET', path, headers, body }: Sent): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const bytes = body === undefined ? undefined : bytesOf(body);
    const length = bytes !== undefined && { 'content-length': Buffer.byteLength(bytes) };
    const options = { hostname, port, path, method, agent: false, headers: { ...length, ...headers } };
    request(options, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      const envelope = (text && JSON.parse(text)) as Answer['envelope'];
      resolve({ http: response.statusCode ?? 0, headers: response.headers, envelope });
    })
      .on('error', reject)
      .end(bytes);
  });

export const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** How a client of this version presents a credentials token (TRN-03, TRN-04). */
export const authorization = (version: string, secret: string): string =>
  `Token ${version === '2.1.1' ? secret : base64(secret)}`;

type Ask = (method: string, path: string, body?: unknown, headers?: OutgoingHttpHeaders) => Promise<Answer>;

/** What the holder of this credentials token asks of both interfaces; paths go on behind `tokens`. */
export function partner(base: string, version: VersionNumber, secret: string): { receiver: Ask; sender: Ask } {
  const asking =
    (tree: 'cpo' | 'emsp'): Ask =>
    (method, path, body, headers) =>
      send(base, {
        method,
        path: `/ocpi/${tree}/${version}/tokens${path}`,
        headers: { authorization: authorization(version, secret), ...headers },
        body,
      });
  return { receiver: asking('cpo'), sender: asking('emsp') };
}

/** The answer to what does not hold to the specification (TRN-41). */
export const invalid = { http: 200, envelope: { status_code: 2001 } };

/** The versions in which a Token names its owner, and headers say who asks whom. */
export const since22 = ['2.2.1', '2.3.0'] as const;

/** A Token of DE DMS as a partner spells it, with no optional field. */
export function tokenBody(version: string, overrides: Record<string, unknown> = {}): Record<string, unknown> {
  const { country_code, party_id, contract_id, ...rest } = token({ last_updated: '2026-01-31T12:00:00Z' });
  const own = version === '2.1.1' ? { auth_id: contract_id } : { country_code, party_id, contract_id };
  return { ...rest, ...own, ...overrides };
}

/** Every optional field that a Token of this version has. */
export const optionalBody = (version: string): Record<string, unknown> => ({
  visual_number: 'DF000-2001-8999-1',
  language: 'it',
  ...(version !== '2.1.1' && {
    group_id: 'DF000-2001-8999',
    default_profile_type: 'GREEN',
    energy_contract: { supplier_name: 'Windkraft Nord', contract_id: '0123456789' },
  }),
});

/** Opens a storage with nothing in it. */
export type OpenBackend = (ambient: Ambient) => Backend;

const inMemory: OpenBackend = (ambient) => backendOn(memoryStorage(ambient), ambient);

/** The README's example of a storage of one's own. */
export const inSqlite: OpenBackend = (ambient) => backendOn(sqliteStorage(':memory:', ambient), ambient);

/** What a platform runs on: a storage, under functions that run in this process unless they are deployed. */
export type Ground = Pick<Parameters<typeof startInstance>[0], 'openBackend' | 'deploy'>;

/** All that a platform can run on here, each name with a function that makes an empty one. */
export async function startStorages() {
  const database = await startDatabase();
  const storages: [name: string, open: () => Promise<Ground>, versions: readonly VersionNumber[]][] = [
    ['memory', async () => ({ openBackend: inMemory }), versionNumbers],
    // A storage does not see versions, so what is the same in all of them is tried on the newest.
    ['SQLite', async () => ({ openBackend: inSqlite }), ['2.3.0']],
  ];
  if ('reason' in database) return { storages, missing: database.reason, stop: async () => {} };

  const openDynamodb = async (): Promise<Ground> => {
    const tables = await database.newTables();
    return {
      openBackend: (ambient) =>
        backendOn(dynamodbStorage({ endpoint: undefined, tables, ...ambient }, database.db), ambient),
    };
  };
  storages.push(['DynamoDB', openDynamodb, ['2.3.0']]);
  // Loaded where it is used, because it is much.
  const openDeployed = async (): Promise<Ground> => (await import('./deployed/deployment.ts')).newDeployment(database);
  storages.push(['what is deployed', openDeployed, ['2.2.1']]);
  return { storages, missing: undefined, stop: () => database.stop() };
}

export interface Platform extends Instance {
  add(...peers: Peer[]): Promise<void>;
  /** Creates Tokens of our own, one after the other. */
  addTokens(...tokens: Token[]): Promise<void>;
  /** Creates one that its owner has restricted. */
  addRestricted(token: Token, settings: TokenSettings): Promise<void>;
}

/** The eMSP that every platform here is. */
export const us = { country_code: 'NL', party_id: 'LMS' };

/** CPO NL LCP and EMSP NL LMS, connected with an eMSP and a CPO. */
export async function startPlatform(options: Partial<Parameters<typeof startInstance>[0]> = {}): Promise<Platform> {
  const instance = await startInstance({ parties: 'CPO NL LCP, EMSP NL LMS', ...options });
  const { tokens, credentials } = instance.runtime.backend;
  const platform: Platform = {
    ...instance,
    async add(...peers) {
      for (const data of peers) await credentials.create(peerCreation(data));
    },
    async addTokens(...all) {
      for (const data of all) await tokens.create(ownCreation(data));
    },
    addRestricted: (data, settings) => tokens.create(ownCreation(data, settings)),
  };
  await platform.add(
    peer({ id: 'de-dms', tokensWeGave: [accessToken(emspToken)] }),
    peer({
      id: 'fr-dcp',
      roles: [{ role: 'CPO', country_code: 'FR', party_id: 'DCP' }],
      tokensWeGave: [accessToken(cpoToken)],
    }),
  );
  return platform;
}
