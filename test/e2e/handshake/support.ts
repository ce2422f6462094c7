/** Two instances that handshakes are tried on: the platform of a CPO, and that of an eMSP which registers with it. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { addPeer } from '../../../lib/credentials/add.ts';
import { invite } from '../../../lib/credentials/invite.ts';
import { register } from '../../../lib/credentials/register.ts';
import type { Storage } from '../../../lib/crud/crud.ts';
import { memoryStorage } from '../../../lib/crud/memory.ts';
import { hasTreePerRole, type Role, type VersionNumber } from '../../../lib/ocpi/versions.ts';
import type { Peer } from '../../../lib/peers/peer.ts';
import { backendOn } from '../../../lib/runtime/backend.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { credentialsCall, ownCreation, ownToken, token } from '../../support/builders.ts';
import { type Instance, startInstance } from '../../support/instance.ts';

export const dayMs = 86_400_000;
export const cpoParty = { country_code: 'NL', party_id: 'AAA' };
export const emspParty = { country_code: 'DE', party_id: 'BBB' };

const versionsUrlOf = (instance: Instance, version: VersionNumber, ourRole: Role) =>
  `${instance.url}/ocpi${hasTreePerRole(version) ? `/${ourRole.toLowerCase()}` : ''}/versions`;

export async function peerOf(instance: Instance, id: string): Promise<Peer> {
  const stored = await instance.runtime.backend.credentials.get(credentialsCall({ id }));
  if (!stored) throw new Error(`There is no peer ${id}`);
  return stored.data;
}

/** Any OCPI request with the token that one side has of the other. */
export async function ask(from: Instance, peerId: string, url: string, init: RequestInit = {}) {
  const { connection, version = '2.3.0' } = await peerOf(from, peerId);
  const secret = await from.runtime.vault.unseal(connection?.sealedToken ?? '', peerId);
  const value = wires[version].authorizationEncodings[0] === 'raw' ? secret : Buffer.from(secret).toString('base64');
  const response = await fetch(url, { ...init, headers: { Authorization: `Token ${value}`, Connection: 'close' } });
  return { http: response.status, envelope: (await response.json()) as { data?: unknown; status_code: number } };
}

export const tokensUrl = async (from: Instance, peerId: string, role: string) => {
  const { connection } = await peerOf(from, peerId);
  return connection?.endpoints.find((each) => each.identifier === 'tokens' && (each.role ?? role) === role)?.url ?? '';
};

/** Any request of the credentials or versions modules with this token. */
export async function call(to: Instance, secret: string, method: string, path: string, body?: unknown) {
  const response = await fetch(`${to.url}${path}`, {
    method,
    headers: { Authorization: `Token ${Buffer.from(secret).toString('base64')}`, Connection: 'close' },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return {
    http: response.status,
    envelope: (await response.json()) as { data?: unknown; status_code: number; status_message?: string },
  };
}

/** Makes a platform of a test known by the token with which it will be called back. */
export const expectCallback = (platform: Instance, id: string, secret: string) =>
  addPeer(platform.runtime, {
    id,
    token: secret,
    roles: [{ role: 'CPO', country_code: 'XX', party_id: id.slice(-3).padStart(3, '0') }],
    version: '2.2.1',
  });

export interface Pair {
  /** Our CPO, whom the eMSP's platform asks to register. */
  cpo: Instance;
  emsp: Instance;
  /** The eMSP registers with the CPO. */
  connect: (version: VersionNumber) => Promise<void>;
  /** A Token goes from the eMSP to the CPO, and the CPO pulls the eMSP's list: both directions work in this version. */
  exchangeTokens: () => Promise<void>;
  stop: () => Promise<void>;
}

const inMemory = async (): Promise<Storage> => memoryStorage({ newId: randomUUID });

export async function startPair(open: () => Promise<Storage> = inMemory, emspParties = 'EMSP DE BBB'): Promise<Pair> {
  const [ofCpo, ofEmsp] = [await open(), await open()];
  const cpo = await startInstance({ parties: 'CPO NL AAA', openBackend: (ambient) => backendOn(ofCpo, ambient) });
  const emsp = await startInstance({ parties: emspParties, openBackend: (ambient) => backendOn(ofEmsp, ambient) });
  await emsp.runtime.backend.tokens.create(ownCreation(ownToken(emspParty, { uid: 'CARD1' })));
  let minutes = 0;
  return {
    cpo,
    emsp,
    async connect(version) {
      const { token: tokenA } = await invite(cpo.runtime, 'the-emsp', {});
      const versionsUrl = versionsUrlOf(cpo, version, 'CPO');
      await register(emsp.runtime, { id: 'the-cpo', versionsUrl, tokenA, settings: {}, version });
    },
    async exchangeTokens() {
      const { version = '2.3.0' } = await peerOf(emsp, 'the-cpo');
      minutes += 1;
      const last_updated = new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString();
      const pushed = wires[version].encodeToken(token({ ...emspParty, last_updated }));
      const receiver = await tokensUrl(emsp, 'the-cpo', 'RECEIVER');
      const url = `${receiver}${emspParty.country_code}/${emspParty.party_id}/${token().uid}`;
      const put = await ask(emsp, 'the-cpo', url, { method: 'PUT', body: JSON.stringify(pushed) });
      expect(put.envelope.status_code).toBe(1000);
      expect((await ask(emsp, 'the-cpo', url)).envelope.data).toEqual(JSON.parse(JSON.stringify(pushed)));

      const list = await ask(cpo, 'the-emsp', await tokensUrl(cpo, 'the-emsp', 'SENDER'));
      expect(list.envelope).toMatchObject({ status_code: 1000, data: [{ uid: 'CARD1' }] });
    },
    async stop() {
      await Promise.all([cpo.stop(), emsp.stop()]);
    },
  };
}
