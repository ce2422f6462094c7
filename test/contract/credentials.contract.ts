/** The rules of `CredentialsCrud`, one test each. */
import { describe, expect, it } from 'vitest';
import type { CredentialsCrud } from '../../lib/crud/crud.ts';
import type { Peer } from '../../lib/peers/peer.ts';
import { accessToken, credentialsCall, peer, sha256 } from '../support/builders.ts';
import type { OpenedBackend } from './crud.contract.ts';
import { oneWinnerOf, outcomeOf, outcomesOf } from './support.ts';

const racers = Array.from({ length: 20 }, (_, index) => index);

/** A peer that authenticates with just these tokens. */
const peerWith = (id: string, ...secrets: string[]): Peer => peer({ id, tokensWeGave: secrets.map(accessToken) });

const create = (credentials: CredentialsCrud, data: Peer) => credentials.create(credentialsCall({ data }));

const get = (credentials: CredentialsCrud, id: string) => credentials.get(credentialsCall({ id }));

const update = (credentials: CredentialsCrud, data: Peer, revision: string) =>
  credentials.update(credentialsCall({ id: data.id, data, revision }));

/** A peer with every optional field. */
const registeredPeer = (overrides: Partial<Peer>): Peer =>
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

/** Replaces a peer with whatever revision it has. */
async function replace(credentials: CredentialsCrud, data: Peer) {
  const stored = await get(credentials, data.id);
  if (!stored) throw new Error(`There is no peer ${data.id}`);
  await update(credentials, data, stored.revision);
}

/** The peer is alive, and has used its newest token if one is given. */
const use = (credentials: CredentialsCrud, id: string, newest?: string, at = '2026-01-31T12:00:00.000Z') =>
  credentials.do(
    credentialsCall({
      action: 'RecordUse',
      data: { id, at, ...(newest !== undefined && { sha256: sha256(newest) }) },
    }),
  );

const authenticate = (credentials: CredentialsCrud, ...secrets: string[]) =>
  credentials.do(credentialsCall({ action: 'Authenticate', data: { sha256: secrets.map(sha256) } }));

/** Who a request with this token comes from. */
const holderOf = async (credentials: CredentialsCrud, secret: string) =>
  (await authenticate(credentials, secret))?.data.id;

export function credentialsContract(opened: () => OpenedBackend): void {
  const open = () => opened().backend.credentials;

  describe('credentials', () => {
    it('gives back every field of a peer', async () => {
      const credentials = open();
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
      const credentials = open();
      expect(await credentials.list(credentialsCall({}))).toEqual([]);
      for (const id of ['m', 'z', 'a', 'k', 'b']) await create(credentials, peer({ id }));
      await replace(credentials, peer({ id: 'm', version: '2.3.0' }));

      const listed = await credentials.list(credentialsCall({}));
      expect(listed.map(({ data }) => data.id)).toEqual(['a', 'b', 'k', 'm', 'z']);
      for (const stored of listed) expect(stored).toStrictEqual(await get(credentials, stored.data.id));
    });

    it('lists each peer once, however many tokens it has', async () => {
      const credentials = open();
      await create(credentials, peerWith('many', 'one', 'two', 'three'));
      await create(credentials, peerWith('none'));
      const listed = await credentials.list(credentialsCall({}));
      expect(listed.map(({ data }) => data.id)).toEqual(['many', 'none']);
    });

    it('create never overwrites a peer', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'first'));
      const before = await get(credentials, 'a');
      expect(await outcomeOf(create(credentials, peerWith('a', 'second')))).toBe('already-exists');
      expect(await get(credentials, 'a')).toStrictEqual(before);
      expect(await holderOf(credentials, 'second')).toBeUndefined();
    });

    it('TRN-09 create refuses a token in use, and keeps nothing of that peer', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'x', 'shared'));
      expect(await outcomeOf(create(credentials, peerWith('b', 'own', 'shared', 'another')))).toBe('already-exists');
      expect(await get(credentials, 'b')).toBeUndefined();
      expect(await credentials.list(credentialsCall({}))).toHaveLength(1);
      expect(await holderOf(credentials, 'own')).toBeUndefined();
      expect(await holderOf(credentials, 'another')).toBeUndefined();
      expect(await holderOf(credentials, 'shared')).toBe('a');
    });

    it('update replaces the peer', async () => {
      const credentials = open();
      await create(credentials, peer({ id: 'a' }));
      const data = peer({ id: 'a', roles: [], version: '2.3.0', tokensWeGave: [accessToken('new')] });
      await replace(credentials, data);
      expect((await get(credentials, 'a'))?.data).toStrictEqual(data);
      expect((await credentials.list(credentialsCall({}))).map((stored) => stored.data)).toStrictEqual([data]);
    });

    it('update drops optional fields that are left out', async () => {
      const credentials = open();
      await create(credentials, registeredPeer({ id: 'a' }));
      await replace(credentials, peer({ id: 'a' }));
      expect((await get(credentials, 'a'))?.data).toStrictEqual(peer({ id: 'a' }));
      expect((await authenticate(credentials, 'a-token'))?.data).toStrictEqual(peer({ id: 'a' }));
    });

    it('update refuses a revision that has passed, and changes nothing', async () => {
      const credentials = open();
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
      const credentials = open();
      await create(credentials, peerWith('a', 'first'));
      const { revision = '' } = (await get(credentials, 'a')) ?? {};
      expect(await outcomeOf(update(credentials, peerWith('b', 'b-token'), revision))).toBe('conflict');
      await credentials.delete(credentialsCall({ id: 'a' }));
      expect(await outcomeOf(update(credentials, peerWith('a', 'second'), revision))).toBe('conflict');
      expect(await credentials.list(credentialsCall({}))).toEqual([]);
      expect(await holderOf(credentials, 'b-token')).toBeUndefined();
      expect(await holderOf(credentials, 'second')).toBeUndefined();
    });

    it("TRN-09 update refuses another peer's token, and changes nothing", async () => {
      const credentials = open();
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

    it('CRED-30 update takes a second token beside the first, and then only the second', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'old'));
      await replace(credentials, peerWith('a', 'new', 'old'));
      expect(await holderOf(credentials, 'old')).toBe('a');
      expect(await holderOf(credentials, 'new')).toBe('a');
      await replace(credentials, peerWith('a', 'new'));
      expect(await holderOf(credentials, 'old')).toBeUndefined();
      expect(await holderOf(credentials, 'new')).toBe('a');
    });

    it('a token that was taken from a peer may be given to another', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'x', 'y'));
      await replace(credentials, peerWith('a', 'y'));
      await create(credentials, peerWith('b', 'x'));
      expect(await holderOf(credentials, 'x')).toBe('b');
      await credentials.delete(credentialsCall({ id: 'a' }));
      await replace(credentials, peerWith('b', 'x', 'y'));
      expect(await holderOf(credentials, 'y')).toBe('b');
    });

    it('CRED-12 delete stops all tokens of that peer at once, and no others', async () => {
      const credentials = open();
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
      const credentials = open();
      await credentials.delete(credentialsCall({ id: 'nobody' }));
      await create(credentials, peer({ id: 'a' }));
      await credentials.delete(credentialsCall({ id: 'nobody' }));
      expect(await get(credentials, 'a')).toBeDefined();
    });

    it('shares no object with its caller', async () => {
      const credentials = open();
      const spoil = (data: Peer | undefined) => {
        data?.roles.push({ country_code: 'XX', party_id: 'XXX', role: 'CPO' });
        data?.tokensWeGave.pop();
      };
      const given = peer({ id: 'a' });
      await create(credentials, given);
      spoil(given);
      spoil((await get(credentials, 'a'))?.data);
      spoil((await credentials.list(credentialsCall({})))[0]?.data);
      spoil((await authenticate(credentials, 'a-token'))?.data);
      expect((await get(credentials, 'a'))?.data).toStrictEqual(peer({ id: 'a' }));

      const updated = peer({ id: 'a', version: '2.3.0' });
      await replace(credentials, updated);
      spoil(updated);
      expect((await get(credentials, 'a'))?.data).toStrictEqual(peer({ id: 'a', version: '2.3.0' }));
    });
  });

  describe('credentials: Authenticate', () => {
    it('TRN-10 finds the peer as get returns it, and says which of the hashes it was', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'a1', 'a2'));
      await create(credentials, peerWith('b', 'b1'));
      const stored = await get(credentials, 'a');
      expect(await authenticate(credentials, 'a1')).toStrictEqual({ ...stored, sha256: sha256('a1') });
      expect(await authenticate(credentials, 'a2')).toStrictEqual({ ...stored, sha256: sha256('a2') });
      expect(await authenticate(credentials, 'unknown')).toBeUndefined();
      expect(await authenticate(credentials)).toBeUndefined();
      expect(await authenticate(credentials, 'a')).toBeUndefined();
      expect(await authenticate(credentials, sha256('a1'))).toBeUndefined();
    });

    it('TRN-07 takes the first hash that belongs to anyone', async () => {
      const credentials = open();
      await create(credentials, peerWith('b', 'b1', 'b2'));
      await create(credentials, peerWith('a', 'a1', 'a2'));
      const found = async (...secrets: string[]) => {
        const holder = await authenticate(credentials, ...secrets);
        return holder && { id: holder.data.id, sha256: holder.sha256 };
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

    it('sees what has been written the moment before', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'token 0'));
      for (const index of racers) {
        expect(await holderOf(credentials, `token ${index}`)).toBe('a');
        await replace(credentials, peerWith('a', `token ${index + 1}`));
        expect(await holderOf(credentials, `token ${index}`)).toBeUndefined();
      }
    });

    it('finds an expired token too, because to judge that is up to the caller', async () => {
      const credentials = open();
      const expired = { ...accessToken('old'), expiresAt: '2020-01-01T00:00:00.000Z' };
      await create(credentials, peer({ id: 'a', tokensWeGave: [expired, accessToken('new')] }));
      expect((await authenticate(credentials, 'old'))?.data.tokensWeGave).toContainEqual(expired);
    });

    it('returns a revision that an update may use', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'old'));
      const { revision = '' } = (await authenticate(credentials, 'old')) ?? {};
      await update(credentials, peerWith('a', 'new'), revision);
      expect(await holderOf(credentials, 'new')).toBe('a');
    });
  });

  describe('credentials: RecordUse', () => {
    it('shows when a token was last used, in get and list, and changes nothing else', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'a-token'));
      await create(credentials, peerWith('b', 'b-token'));
      const before = await get(credentials, 'a');
      expect(before).not.toHaveProperty('lastUsedAt');

      expect(await use(credentials, 'a', 'a-token', '2026-01-31T12:00:00.000Z')).toBeUndefined();
      await use(credentials, 'a', 'a-token', '2026-02-01T12:00:00.000Z');
      const after = { ...before, lastUsedAt: '2026-02-01T12:00:00.000Z' };
      expect(await get(credentials, 'a')).toStrictEqual(after);
      expect(await credentials.list(credentialsCall({}))).toStrictEqual([after, await get(credentials, 'b')]);
      expect(await get(credentials, 'b')).not.toHaveProperty('lastUsedAt');
    });

    it('does not get in the way of an update', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'a-token'));
      const { revision = '' } = (await get(credentials, 'a')) ?? {};
      await use(credentials, 'a', 'a-token');
      await update(credentials, peerWith('a', 'a-token', 'another'), revision);
      expect(await get(credentials, 'a')).toMatchObject({ lastUsedAt: '2026-01-31T12:00:00.000Z' });
    });

    it("CRED-30 retires all tokens but the newest once that is used, and no other peer's", async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'first', 'second', 'third'));
      await create(credentials, peerWith('b', 'b1', 'b2'));
      const working = async () => {
        const holders = [];
        for (const secret of ['first', 'second', 'third', 'b1', 'b2']) {
          if (await holderOf(credentials, secret)) holders.push(secret);
        }
        return holders;
      };
      await use(credentials, 'a');
      await use(credentials, 'b');
      expect(await working()).toEqual(['first', 'second', 'third', 'b1', 'b2']);
      await use(credentials, 'a', 'third');
      expect(await working()).toEqual(['third', 'b1', 'b2']);
    });

    it('CRED-30 brings no token back that has been retired, however late the use of it is recorded', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'old', 'new'));
      await use(credentials, 'a', 'new');
      await use(credentials, 'a', undefined, '2026-02-01T12:00:00.000Z');
      expect(await holderOf(credentials, 'old')).toBeUndefined();
      expect(await holderOf(credentials, 'new')).toBe('a');
      expect(await get(credentials, 'a')).toMatchObject({ lastUsedAt: '2026-02-01T12:00:00.000Z' });
    });

    it('CRED-30 retires the one that was newest only when a newer one is used', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'first', 'second'));
      await use(credentials, 'a', 'second');
      await replace(credentials, peerWith('a', 'second', 'third'));
      expect(await holderOf(credentials, 'second')).toBe('a');
      expect(await holderOf(credentials, 'third')).toBe('a');
      await use(credentials, 'a', 'third');
      expect(await holderOf(credentials, 'second')).toBeUndefined();
      expect(await holderOf(credentials, 'third')).toBe('a');
    });

    it('CRED-30 forgets the use of a token that the peer no longer has', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'first', 'second'));
      await use(credentials, 'a', 'second');
      await replace(credentials, peerWith('a', 'third', 'fourth'));
      expect(await holderOf(credentials, 'third')).toBe('a');
      expect(await holderOf(credentials, 'fourth')).toBe('a');
    });

    it('TRN-07 passes a retired token over for the next hash', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'old', 'new'));
      await create(credentials, peerWith('b', 'b-token'));
      await use(credentials, 'a', 'new');
      expect((await authenticate(credentials, 'old', 'b-token'))?.data.id).toBe('b');
      expect((await authenticate(credentials, 'old', 'new'))?.sha256).toBe(sha256('new'));
    });

    it('TRN-09 keeps a retired token from other peers', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'old', 'new'));
      await use(credentials, 'a', 'new');
      expect(await outcomeOf(create(credentials, peerWith('b', 'old')))).toBe('already-exists');
    });

    it('is forgotten with the peer', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'old', 'new'));
      await use(credentials, 'a', 'new');
      await credentials.delete(credentialsCall({ id: 'a' }));
      await create(credentials, peerWith('a', 'old', 'new'));
      expect(await get(credentials, 'a')).not.toHaveProperty('lastUsedAt');
      expect(await holderOf(credentials, 'old')).toBe('a');
    });

    it('of a peer that is not there makes none', async () => {
      const credentials = open();
      await use(credentials, 'nobody', 'a-token');
      await use(credentials, 'nobody');
      expect(await get(credentials, 'nobody')).toBeUndefined();
      expect(await credentials.list(credentialsCall({}))).toEqual([]);
      expect(await authenticate(credentials, 'a-token')).toBeUndefined();
    });
  });

  describe('credentials: races', () => {
    it('creates one peer exactly once, of twenty who try', async () => {
      const credentials = open();
      const tries = racers.map((index) => create(credentials, peerWith('a', `token ${index}`)));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'already-exists'));
      const holders = await Promise.all(racers.map((index) => holderOf(credentials, `token ${index}`)));
      expect(holders.filter((id) => id === 'a')).toHaveLength(1);
    });

    it('TRN-09 gives one token to exactly one, of twenty peers created with it', async () => {
      const credentials = open();
      const tries = racers.map((index) => create(credentials, peerWith(`peer${index}`, `own ${index}`, 'shared')));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'already-exists'));
      const [only, ...rest] = await credentials.list(credentialsCall({}));
      expect(rest).toEqual([]);
      expect(await holderOf(credentials, 'shared')).toBe(only?.data.id);
    });

    it('TRN-09 gives one token to exactly one, of twenty peers updated with it', async () => {
      const credentials = open();
      for (const index of racers) await create(credentials, peerWith(`peer${index}`, `own ${index}`));
      const tries = racers.map((index) => replace(credentials, peerWith(`peer${index}`, 'shared')));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'already-exists'));
      const holders = await Promise.all(racers.map((index) => holderOf(credentials, `own ${index}`)));
      expect(holders.filter((id) => id !== undefined)).toHaveLength(19);
      expect(await holderOf(credentials, 'shared')).toBeDefined();
    });

    it('updates one revision exactly once, of twenty who try, and leaves the tokens of that one', async () => {
      const credentials = open();
      await create(credentials, peerWith('a', 'old'));
      const { revision = '' } = (await get(credentials, 'a')) ?? {};
      const tries = racers.map((index) => update(credentials, peerWith('a', `token ${index}`), revision));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'conflict'));
      const { tokensWeGave = [] } = (await get(credentials, 'a'))?.data ?? {};
      const working = [];
      for (const index of racers) {
        if ((await holderOf(credentials, `token ${index}`)) === 'a') working.push(accessToken(`token ${index}`));
      }
      expect(working).toEqual(tokensWeGave);
      expect(await holderOf(credentials, 'old')).toBeUndefined();
    });

    it('CRED-12 leaves no token of a peer that is deleted while it is updated', async () => {
      const credentials = open();
      await Promise.all(
        racers.map(async (index) => {
          const id = `peer${index}`;
          await create(credentials, peerWith(id, `old ${index}`));
          const { revision = '' } = (await get(credentials, id)) ?? {};
          const deletion = () => credentials.delete(credentialsCall({ id }));
          const renewal = () => outcomeOf(update(credentials, peerWith(id, `new ${index}`), revision));
          await Promise.all(index % 2 === 0 ? [deletion(), renewal()] : [renewal(), deletion()]);
        }),
      );
      expect(await credentials.list(credentialsCall({}))).toEqual([]);
      for (const index of racers) {
        expect(await authenticate(credentials, `old ${index}`, `new ${index}`)).toBeUndefined();
      }
    });
  });
}
