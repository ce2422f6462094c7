/**
 * Platforms that talk to each other in this process: the whole handshake, without HTTP in between. What a platform answers is what
 * its functions would, so that a test may hold a request back, refuse it, or let it fail.
 */
import { randomBytes, randomUUID } from 'node:crypto';
import type { PeerAnswer, PeerClient, PeerRequest } from '../../../lib/client/ask-peer.ts';
import { PeerError } from '../../../lib/client/peer-error.ts';
import { sha256 } from '../../../lib/credentials/access-token.ts';
import { authenticate } from '../../../lib/credentials/authenticate.ts';
import { receiveRegistration, receiveUnregistration, receiveUpdate } from '../../../lib/credentials/receive.ts';
import type { Backend, CredentialsCall, Storage } from '../../../lib/crud/crud.ts';
import { memoryStorage } from '../../../lib/crud/memory.ts';
import { toOcpiError, unauthorized } from '../../../lib/errors.ts';
import { moduleEndpoints, versionEntries } from '../../../lib/ocpi/urls.ts';
import type { Role, VersionNumber } from '../../../lib/ocpi/versions.ts';
import type { Peer } from '../../../lib/peers/peer.ts';
import { type Config, parseParties } from '../../../lib/runtime/config.ts';
import type { PeerRuntime } from '../../../lib/runtime/peer-runtime.ts';
import { keyVault } from '../../../lib/runtime/vault.ts';
import { createLog } from '../../../lib/telemetry/log.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { config as testConfig } from '../../support/runtime.ts';

export interface Platform {
  runtime: PeerRuntime;
  versionsUrl: (role?: Role) => string;
  /** What happens to the next requests that come in, one each; `undefined` lets one through. */
  faults: ((proceed: () => Promise<unknown>) => Promise<unknown> | undefined)[];
  logged: string[];
  advance: (ms: number) => void;
  /** What it answers to a request of the credentials module, whoever sends it. */
  answer: (method: string, token: string, body?: unknown, version?: VersionNumber, role?: Role) => Promise<unknown>;
}

const path = /^https:\/\/([^/]+)\/ocpi(?:\/(cpo|emsp))?\/(versions|[\d.]+)(\/credentials)?$/;

export interface Network {
  /** @param parties such as `CPO NL AAA` */
  platform: (name: string, parties: string, storage?: Storage) => Platform;
}

export function network(): Network {
  const platforms = new Map<string, Platform>();

  /** Only what a peer of a test asks for is there. */
  async function ask({ method, url, body, peer }: PeerRequest): Promise<PeerAnswer> {
    const [, host = '', tree, what = '', credentials] = path.exec(url) ?? [];
    const target = platforms.get(host);
    if (!target) throw new PeerError('unreachable', `nobody is at ${url}`);
    const ourRole = tree?.toUpperCase() as Role | undefined;
    const version = what as VersionNumber;
    const proceed = async (): Promise<unknown> => {
      if (credentials) return target.answer(method, peer.credentialsToken, body, version, ourRole);
      const caller = await authenticate(target.runtime, { module_id: 'credentials', version: '2.3.0' }, [
        sha256(peer.credentialsToken),
      ]);
      if (!caller) throw unauthorized();
      const { config } = target.runtime;
      if (what === 'versions') return versionEntries(config, ourRole);
      const endpoints = moduleEndpoints(config, version, ourRole);
      return { version, endpoints: endpoints.map((each) => wires[version].encodeModuleEndpoint(each)) };
    };
    try {
      const data = (await target.faults.shift()?.(proceed)) ?? (await proceed());
      const answer = { data, status_code: 1000, status_message: undefined, timestamp: undefined, http: 200 };
      return { ...answer, headers: {} };
    } catch (error) {
      if (error instanceof PeerError) throw error;
      const { http, status, message } = toOcpiError(error);
      throw new PeerError('refused', `${http} ${status}: ${message}`, { http, status_code: status, cause: error });
    }
  }

  return {
    platform(name, parties, storage = memoryStorage({ newId: randomUUID })) {
      const created = createPlatform(name, parties, storage, { ask });
      platforms.set(name, created);
      return created;
    },
  };
}

function createPlatform(name: string, parties: string, storage: Storage, client: PeerClient): Platform {
  let offsetMs = 0;
  const logged: string[] = [];
  const now = () => new Date(Date.now() + offsetMs);
  const key = randomBytes(32);
  const config: Config = { ...testConfig, publicUrl: `https://${name}`, parties: parseParties(parties) };
  const runtime: PeerRuntime = {
    config,
    // Nothing here calls the Tokens module.
    backend: storage as unknown as Backend,
    log: createLog('info', now, (line) => logged.push(line)),
    now,
    newId: () => randomUUID(),
    client,
    vault: keyVault(() => key),
  };

  return {
    runtime,
    versionsUrl: (role) => `https://${name}/ocpi${role ? `/${role.toLowerCase()}` : ''}/versions`,
    faults: [],
    logged,
    advance(ms) {
      offsetMs += ms;
    },
    async answer(method, token, body, version = '2.2.1', ourRole) {
      const call: CredentialsCall = { module_id: 'credentials', version, auth_token: token };
      const caller = await authenticate(runtime, call, [sha256(token)]);
      if (!caller) throw unauthorized();
      const { access, accessToken } = caller;
      const asking = { peerId: access.id, accessToken, call };
      if (method === 'DELETE') return receiveUnregistration(runtime, asking);
      const wire = wires[version];
      const receive = method === 'POST' ? receiveRegistration : receiveUpdate;
      const ours = await receive(runtime, {
        ...asking,
        receivedAt: now(),
        correlationId: 'test',
        encoding: 'base64',
        wire,
        ourRole,
        body: JSON.parse(JSON.stringify(body)) as unknown,
      });
      return wire.encodeCredentials(ours, ourRole);
    },
  };
}

export async function peerOf({ runtime }: Platform, id: string): Promise<Peer> {
  const known = await runtime.backend.credentials.get({ module_id: 'credentials', version: '2.3.0', id });
  if (!known) throw new Error(`There is no peer ${id}`);
  return known.data;
}

export const peerIds = async ({ runtime }: Platform): Promise<string[]> =>
  (await runtime.backend.credentials.list({ module_id: 'credentials', version: '2.3.0' })).map(({ data }) => data.id);

/** A credentials object of 2.2.1 or 2.3.0 whose sender is the platform of that name. */
export const credentialsOf = (name: string, token: string, parties: string, more: object = {}) => ({
  token,
  url: `https://${name}/ocpi/versions`,
  roles: parties.split(',').map((party) => {
    const [role = '', country_code = '', party_id = ''] = party.trim().split(' ');
    return { role, country_code, party_id, business_details: { name: party_id } };
  }),
  ...more,
});
