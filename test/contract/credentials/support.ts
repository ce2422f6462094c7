/** What the files about peers share. */
import type { CredentialsCrud, Stored } from '../../../lib/crud/crud.ts';
import { accessOf } from '../../../lib/peers/access.ts';
import type { Peer } from '../../../lib/peers/peer.ts';
import { accessToken, credentialsCall, peer, peerCreation, peerUpdate, sha256 } from '../../support/builders.ts';

/** A peer that authenticates with just these tokens. */
export const peerWith = (id: string, ...secrets: string[]): Peer =>
  peer({ id, tokensWeGave: secrets.map(accessToken) });

/** A peer with every optional field. */
export const registeredPeer = (overrides: Partial<Peer>): Peer =>
  peer({
    version: '2.1.1',
    tokensWeGave: [
      { ...accessToken('b'), isForRegistration: true, expiresAt: '2026-02-01T00:00:00.000Z' },
      { ...accessToken('a'), isPending: true },
    ],
    connection: {
      versionsUrl: 'https://peer.example/ocpi/versions',
      endpoints: [
        { identifier: 'tokens', role: 'SENDER', url: 'https://peer.example/ocpi/2.3.0/tokens/' },
        { identifier: 'credentials', url: 'https://peer.example/ocpi/2.3.0/credentials' },
      ],
      sealedToken: 'c2VhbGVk',
      authorizationEncoding: 'raw',
      exchangedAt: '2026-01-31T12:00:00.000Z',
    },
    hub_party_id: 'NLHUB',
    ourRole: 'EMSP',
    settings: { timeoutMs: 10_000, sendsRoutingHeaders: false, hubParties: [{ country_code: 'nl', party_id: 'Abc' }] },
    ...overrides,
  });

export const create = (credentials: CredentialsCrud, data: Peer, claims?: readonly string[]) =>
  credentials.create(peerCreation(data, claims));

export const get = (credentials: CredentialsCrud, id: string) => credentials.get(credentialsCall({ id }));

/** Reads a peer that has to be there. */
export async function read(credentials: CredentialsCrud, id: string): Promise<Stored<Peer>> {
  const stored = await get(credentials, id);
  if (!stored) throw new Error(`There is no peer ${id}`);
  return stored;
}

export const update = (credentials: CredentialsCrud, data: Peer, revision: string, claims?: readonly string[]) =>
  credentials.update(peerUpdate(data, revision, claims));

/** Replaces a peer with whatever revision it has. */
export async function replace(credentials: CredentialsCrud, data: Peer, claims?: readonly string[]): Promise<void> {
  await update(credentials, data, (await read(credentials, data.id)).revision, claims);
}

export const remove = (credentials: CredentialsCrud, id: string) => credentials.delete(credentialsCall({ id }));

export const authenticate = (credentials: CredentialsCrud, ...secrets: string[]) =>
  credentials.authenticate(credentialsCall({ sha256: secrets.map(sha256) }));

/** Who a request with this token comes from. */
export const holderOf = async (credentials: CredentialsCrud, secret: string) =>
  (await authenticate(credentials, secret))?.access.id;

export const claimHolders = (credentials: CredentialsCrud, ...claims: string[]) =>
  credentials.claimHolders(credentialsCall({ claims }));

/** What `authenticate` answers for a token of this peer. */
export const authenticatedBy = (data: Peer, secret: string) => ({ access: accessOf(data), sha256: sha256(secret) });
