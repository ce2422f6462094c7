/** Peers: whose a token is, and when it was last used. */
import { describe, expect, it } from 'vitest';
import type { CredentialsCrud } from '../../../lib/crud/crud.ts';
import type { PeerAccess } from '../../../lib/peers/access.ts';
import { accessToken, credentialsCall, peer, peerCreation, peerUpdate, sha256 } from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { racers } from '../support.ts';
import { authenticate, authenticatedBy, create, get, holderOf, peerWith, read, remove, replace } from './support.ts';

/** The peer is alive, and has used its newest token if one is given. */
const use = (credentials: CredentialsCrud, id: string, at: string, secret?: string) =>
  credentials.recordUse(credentialsCall({ id, at, ...(secret !== undefined && { sha256: sha256(secret) }) }));

const lastUse = (credentials: CredentialsCrud, id: string) => credentials.lastUse(credentialsCall({ id }));

const noon = '2026-01-31T12:00:00.000Z';
const later = '2026-02-01T12:00:00.000Z';

/** Unlike anything that the core would derive from the peer, so that only what was written can be it. */
const accessFor = (id: string, secret: string, overrides: Partial<PeerAccess> = {}): PeerAccess => ({
  id,
  roles: [{ country_code: 'fr', party_id: 'Xyz', role: 'NSP' }],
  isRegistered: true,
  version: '2.1.1',
  hub: { parties: [{ country_code: 'AT', party_id: 'ABC' }], listed: 'a place' },
  tokensWeGave: [accessToken(secret)],
  ourRole: 'EMSP',
  ownParties: [{ country_code: 'NL', party_id: 'LMS' }],
  tokenTypes: ['RFID'],
  ...overrides,
});

export function authenticateContract(opened: () => OpenedStorage): void {
  describe('credentials: authenticate', () => {
    it('finds the access of the peer, and says which of the hashes it was (TRN-10)', async () => {
      const { credentials } = opened().storage;
      const [a, b] = [peerWith('a', 'a1', 'a2'), peerWith('b', 'b1')];
      await create(credentials, a);
      await create(credentials, b);
      expect(await authenticate(credentials, 'a1')).toStrictEqual(authenticatedBy(a, 'a1'));
      expect(await authenticate(credentials, 'a2')).toStrictEqual(authenticatedBy(a, 'a2'));
      expect(await authenticate(credentials, 'b1')).toStrictEqual(authenticatedBy(b, 'b1'));
      expect(await authenticate(credentials, 'unknown')).toBeUndefined();
      expect(await authenticate(credentials)).toBeUndefined();
      expect(await authenticate(credentials, 'a')).toBeUndefined();
      expect(await authenticate(credentials, sha256('a1'))).toBeUndefined();
    });

    it('takes the first hash that belongs to anyone (TRN-07)', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('b', 'b1', 'b2'));
      await create(credentials, peerWith('a', 'a1', 'a2'));
      const found = async (...secrets: string[]) => {
        const holder = await authenticate(credentials, ...secrets);
        return holder && { id: holder.access.id, sha256: holder.sha256 };
      };
      expect(await found('a1', 'b1')).toEqual({ id: 'a', sha256: sha256('a1') });
      expect(await found('b1', 'a1')).toEqual({ id: 'b', sha256: sha256('b1') });
      expect(await found('a2', 'a1')).toEqual({ id: 'a', sha256: sha256('a2') });
      expect(await found('a1', 'a2')).toEqual({ id: 'a', sha256: sha256('a1') });
      expect(await found('unknown', 'b2')).toEqual({ id: 'b', sha256: sha256('b2') });
      expect(await found('b2', 'unknown')).toEqual({ id: 'b', sha256: sha256('b2') });
      expect(await found('b2', 'b2')).toEqual({ id: 'b', sha256: sha256('b2') });
      expect(await found('unknown', 'unheard')).toBeUndefined();
    });

    it('answers what was written last of the access, by each token, whatever is in it', async () => {
      const { credentials } = opened().storage;
      const data = peerWith('a', 'a1', 'a2');
      const first = accessFor('a', 'a1');
      await credentials.create({ ...peerCreation(data), access: first });
      for (const secret of ['a1', 'a2']) {
        expect((await authenticate(credentials, secret))?.access).toStrictEqual(first);
      }
      const second: PeerAccess = { id: 'a', roles: [], isRegistered: false, tokensWeGave: [accessToken('a2')] };
      const { revision } = await read(credentials, 'a');
      await credentials.update({ ...peerUpdate(data, revision), access: second });
      for (const secret of ['a1', 'a2']) {
        expect((await authenticate(credentials, secret))?.access).toStrictEqual(second);
      }
      expect((await get(credentials, 'a'))?.data).toStrictEqual(data);
    });

    it('sees what has been written the moment before, and no longer what it has replaced (CRED-12)', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'token 0'));
      for (const index of racers) {
        expect(await holderOf(credentials, `token ${index}`)).toBe('a');
        await replace(credentials, peerWith('a', `token ${index + 1}`));
        expect(await holderOf(credentials, `token ${index}`)).toBeUndefined();
      }
    });

    it('finds an expired token too, and an older one when the newest has been used: both are for the core', async () => {
      const { credentials } = opened().storage;
      const expired = { ...accessToken('old'), expiresAt: '2020-01-01T00:00:00.000Z' };
      await create(credentials, peer({ id: 'a', tokensWeGave: [expired, accessToken('new')] }));
      await use(credentials, 'a', noon, 'new');
      expect((await authenticate(credentials, 'old'))?.access.tokensWeGave).toContainEqual(expired);
      expect((await authenticate(credentials, 'old', 'new'))?.sha256).toBe(sha256('old'));
    });
  });

  describe('credentials: last use', () => {
    it('is shown by get and list too, and changes nothing else', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'a-token'));
      await create(credentials, peerWith('b', 'b-token'));
      const before = await get(credentials, 'a');
      expect(before).not.toHaveProperty('lastUse');
      expect(await lastUse(credentials, 'a')).toBeUndefined();

      await use(credentials, 'a', noon);
      expect(await lastUse(credentials, 'a')).toStrictEqual({ at: noon });
      await use(credentials, 'a', later, 'a-token');
      const after = { ...before, lastUse: { at: later, sha256: sha256('a-token') } };
      expect(await lastUse(credentials, 'a')).toStrictEqual(after.lastUse);
      expect(await get(credentials, 'a')).toStrictEqual(after);
      expect(await credentials.list(credentialsCall({}))).toStrictEqual([after, await get(credentials, 'b')]);
      expect(await get(credentials, 'b')).not.toHaveProperty('lastUse');
      expect(await lastUse(credentials, 'b')).toBeUndefined();
    });

    it('keeps which token was used where a later use names none (CRED-30)', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'old', 'new'));
      await use(credentials, 'a', noon, 'old');
      await use(credentials, 'a', noon, 'new');
      await use(credentials, 'a', later);
      expect(await lastUse(credentials, 'a')).toStrictEqual({ at: later, sha256: sha256('new') });
    });

    it('keeps the later of two that come in the wrong order, which has ended the token of the other (CRED-30)', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'old', 'new'));
      await use(credentials, 'a', later, 'new');
      await use(credentials, 'a', noon, 'old');
      expect(await lastUse(credentials, 'a')).toStrictEqual({ at: later, sha256: sha256('new') });
    });

    it('does not get in the way of an update, and outlives it', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'a-token'));
      const { revision } = await read(credentials, 'a');
      await use(credentials, 'a', noon, 'a-token');
      await credentials.update(peerUpdate(peerWith('a', 'another'), revision));
      expect(await lastUse(credentials, 'a')).toStrictEqual({ at: noon, sha256: sha256('a-token') });
    });

    it('is forgotten with the peer', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'a-token'));
      await use(credentials, 'a', noon, 'a-token');
      await remove(credentials, 'a');
      expect(await lastUse(credentials, 'a')).toBeUndefined();
      await create(credentials, peerWith('a', 'a-token'));
      expect(await get(credentials, 'a')).not.toHaveProperty('lastUse');
    });

    it('of a peer that is not there makes none', async () => {
      const { credentials } = opened().storage;
      await use(credentials, 'nobody', noon, 'a-token');
      await use(credentials, 'nobody', noon);
      expect(await get(credentials, 'nobody')).toBeUndefined();
      expect(await credentials.list(credentialsCall({}))).toEqual([]);
      expect(await authenticate(credentials, 'a-token')).toBeUndefined();
      await create(credentials, peerWith('nobody', 'a-token'));
      expect(await get(credentials, 'nobody')).not.toHaveProperty('lastUse');
      expect(await lastUse(credentials, 'nobody')).toBeUndefined();
    });

    it('keeps that of the newest, of twenty who record one at once', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'a-token'));
      await Promise.all(racers.map((index) => use(credentials, 'a', noon, index === 7 ? 'a-token' : undefined)));
      expect(await lastUse(credentials, 'a')).toStrictEqual({ at: noon, sha256: sha256('a-token') });
    });
  });
}
