/** Peers: what is stored of them, and whose their tokens are. */
import { describe, expect, it } from 'vitest';
import { accessOf } from '../../../lib/peers/access.ts';
import type { Peer } from '../../../lib/peers/peer.ts';
import { accessToken, credentialsCall, peer } from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { outcomeOf, spoil } from '../support.ts';
import { authenticate, create, get, holderOf, peerWith, registeredPeer, replace, update } from './support.ts';

export function peersContract(opened: () => OpenedStorage): void {
  describe('credentials: peers', () => {
    it('gives back every field of a peer', async () => {
      const { credentials } = opened().storage;
      const roles: Peer['roles'] = [
        { country_code: 'de', party_id: 'Dms', role: 'EMSP' },
        { country_code: 'FR', party_id: 'DCP', role: 'CPO' },
        { country_code: 'DE', party_id: 'DMS', role: 'OTHER' },
      ];
      const data = registeredPeer({ id: 'a-hub', roles });
      await create(credentials, data);
      await create(credentials, peer({ id: 'silent', roles: [], tokensWeGave: [] }));

      expect((await get(credentials, 'a-hub'))?.data).toStrictEqual(data);
      expect((await get(credentials, 'silent'))?.data).toMatchObject({ roles: [], tokensWeGave: [] });
      expect(await get(credentials, 'unknown')).toBeUndefined();
    });

    it('lists all peers by id, each as get returns it', async () => {
      const { credentials } = opened().storage;
      expect(await credentials.list(credentialsCall({}))).toEqual([]);
      for (const id of ['m', 'z', 'a', 'k', 'b']) await create(credentials, peer({ id }));
      await replace(credentials, peer({ id: 'm', version: '2.3.0' }));

      const listed = await credentials.list(credentialsCall({}));
      expect(listed.map(({ data }) => data.id)).toEqual(['a', 'b', 'k', 'm', 'z']);
      for (const stored of listed) expect(stored).toStrictEqual(await get(credentials, stored.data.id));
    });

    it('lists each peer once, however many tokens it has', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('many', 'one', 'two', 'three'));
      await create(credentials, peerWith('none'));
      const listed = await credentials.list(credentialsCall({}));
      expect(listed.map(({ data }) => data.id)).toEqual(['many', 'none']);
    });

    it('create never overwrites a peer', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'first'));
      const before = await get(credentials, 'a');
      expect(await outcomeOf(create(credentials, peerWith('a', 'second')))).toBe('already-exists');
      expect(await get(credentials, 'a')).toStrictEqual(before);
      expect(await holderOf(credentials, 'second')).toBeUndefined();
    });

    it('create refuses a token in use, and keeps nothing of that peer (TRN-09)', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'x', 'shared'));
      expect(await outcomeOf(create(credentials, peerWith('b', 'own', 'shared', 'another')))).toBe('already-exists');
      expect(await get(credentials, 'b')).toBeUndefined();
      expect(await credentials.list(credentialsCall({}))).toHaveLength(1);
      expect(await holderOf(credentials, 'own')).toBeUndefined();
      expect(await holderOf(credentials, 'another')).toBeUndefined();
      expect(await holderOf(credentials, 'shared')).toBe('a');
    });

    it('update replaces the peer', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peer({ id: 'a' }));
      const data = peer({ id: 'a', roles: [], version: '2.3.0', tokensWeGave: [accessToken('new')] });
      await replace(credentials, data);
      expect((await get(credentials, 'a'))?.data).toStrictEqual(data);
      expect((await credentials.list(credentialsCall({}))).map((stored) => stored.data)).toStrictEqual([data]);
    });

    it('update drops optional fields that are left out', async () => {
      const { credentials } = opened().storage;
      await create(credentials, registeredPeer({ id: 'a' }));
      await replace(credentials, peer({ id: 'a' }));
      expect((await get(credentials, 'a'))?.data).toStrictEqual(peer({ id: 'a' }));
      expect((await authenticate(credentials, 'a-token'))?.access).toStrictEqual(accessOf(peer({ id: 'a' })));
    });

    it('update refuses a revision that has passed, and changes nothing', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'first'));
      const passed = (await get(credentials, 'a'))?.revision ?? '';
      await replace(credentials, peerWith('a', 'second'));
      await replace(credentials, peerWith('a', 'first'));
      const before = await get(credentials, 'a');

      expect(await outcomeOf(update(credentials, peerWith('a', 'third'), passed))).toBe('conflict');
      expect(await get(credentials, 'a')).toStrictEqual(before);
      expect(await holderOf(credentials, 'first')).toBe('a');
      expect(await holderOf(credentials, 'third')).toBeUndefined();
    });

    it('update never creates, nor brings back a peer that was deleted', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'first'));
      const { revision = '' } = (await get(credentials, 'a')) ?? {};
      expect(await outcomeOf(update(credentials, peerWith('b', 'b-token'), revision))).toBe('conflict');
      await credentials.delete(credentialsCall({ id: 'a' }));
      expect(await outcomeOf(update(credentials, peerWith('a', 'second'), revision))).toBe('conflict');
      expect(await credentials.list(credentialsCall({}))).toEqual([]);
      expect(await holderOf(credentials, 'b-token')).toBeUndefined();
      expect(await holderOf(credentials, 'second')).toBeUndefined();
    });

    it("update refuses another peer's token, and changes nothing (TRN-09)", async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'a-token'));
      await create(credentials, peerWith('b', 'b-token'));
      const before = await get(credentials, 'b');
      const taken = update(credentials, peerWith('b', 'new', 'a-token'), before?.revision ?? '');

      expect(await outcomeOf(taken)).toBe('already-exists');
      expect(await get(credentials, 'b')).toStrictEqual(before);
      expect(await holderOf(credentials, 'a-token')).toBe('a');
      expect(await holderOf(credentials, 'b-token')).toBe('b');
      expect(await holderOf(credentials, 'new')).toBeUndefined();
    });

    it('update takes a second token beside the first, and then only the second (CRED-30)', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'old'));
      await replace(credentials, peerWith('a', 'new', 'old'));
      expect(await holderOf(credentials, 'old')).toBe('a');
      expect(await holderOf(credentials, 'new')).toBe('a');
      await replace(credentials, peerWith('a', 'new'));
      expect(await holderOf(credentials, 'old')).toBeUndefined();
      expect(await holderOf(credentials, 'new')).toBe('a');
    });

    it('a token that was taken from a peer may be given to another', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'x', 'y'));
      await replace(credentials, peerWith('a', 'y'));
      await create(credentials, peerWith('b', 'x'));
      expect(await holderOf(credentials, 'x')).toBe('b');
      await credentials.delete(credentialsCall({ id: 'a' }));
      await replace(credentials, peerWith('b', 'x', 'y'));
      expect(await holderOf(credentials, 'y')).toBe('b');
    });

    it('delete stops all tokens of that peer at once, and no others (CRED-12)', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerWith('a', 'a1', 'a2'));
      await create(credentials, peerWith('b', 'b1'));
      await credentials.delete(credentialsCall({ id: 'a' }));
      expect(await holderOf(credentials, 'a1')).toBeUndefined();
      expect(await holderOf(credentials, 'a2')).toBeUndefined();
      expect(await holderOf(credentials, 'b1')).toBe('b');
      expect(await get(credentials, 'a')).toBeUndefined();
      expect((await credentials.list(credentialsCall({}))).map(({ data }) => data.id)).toEqual(['b']);

      await create(credentials, peerWith('a', 'a1'));
      expect(await holderOf(credentials, 'a1')).toBe('a');
      expect(await holderOf(credentials, 'a2')).toBeUndefined();
    });

    it('deleting a peer that is not there is no error', async () => {
      const { credentials } = opened().storage;
      await credentials.delete(credentialsCall({ id: 'nobody' }));
      await create(credentials, peer({ id: 'a' }));
      await credentials.delete(credentialsCall({ id: 'nobody' }));
      expect(await get(credentials, 'a')).toBeDefined();
    });

    it('shares no object with its caller', async () => {
      const { credentials } = opened().storage;
      const change = (data: Pick<Peer, 'roles' | 'tokensWeGave'> | undefined) => {
        data?.roles.push({ country_code: 'XX', party_id: 'XXX', role: 'CPO' });
        data?.tokensWeGave.pop();
      };
      const given = peer({ id: 'a' });
      await create(credentials, given);
      spoil(given, change);
      spoil((await get(credentials, 'a'))?.data, change);
      spoil((await credentials.list(credentialsCall({})))[0]?.data, change);
      spoil((await authenticate(credentials, 'a-token'))?.access, change);
      expect((await get(credentials, 'a'))?.data).toStrictEqual(peer({ id: 'a' }));
      expect((await authenticate(credentials, 'a-token'))?.access).toStrictEqual(accessOf(peer({ id: 'a' })));

      const updated = peer({ id: 'a', version: '2.3.0' });
      await replace(credentials, updated);
      spoil(updated, change);
      expect((await get(credentials, 'a'))?.data).toStrictEqual(peer({ id: 'a', version: '2.3.0' }));
    });
  });
}
