/** Peers: claims, each of which is at most one peer's. */
import { describe, expect, it } from 'vitest';
import type { CredentialsCrud, CrudError } from '../../../lib/crud/crud.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { oneWinnerOf, outcomeOf, outcomesOf, racers } from '../support.ts';
import {
  authenticate,
  claimHolders,
  create,
  get,
  holderOf,
  peerWith,
  read,
  remove,
  replace,
  update,
} from './support.ts';

const peerOf = (id: string) => peerWith(id, `${id}-token`);

/** Claims until it is decided, as whoever meets others does. */
async function insist(credentials: CredentialsCrud, id: string, claims: string[]): Promise<'done' | CrudError['code']> {
  for (let tries = 0; tries < racers.length; tries += 1) {
    const outcome = await outcomeOf(replace(credentials, peerOf(id), claims));
    if (outcome !== 'conflict') return outcome;
  }
  throw new Error(`${id} met others for ever`);
}

export function claimsContract(opened: () => OpenedStorage): void {
  describe('credentials: claims', () => {
    it('says who has each, in the order of the question', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerOf('a'), ['EMSP DE ABC', 'CPO DE ABC']);
      await create(credentials, peerOf('b'), ['EMSP FR ABC']);
      await create(credentials, peerOf('c'));
      expect(await claimHolders(credentials)).toEqual([]);
      expect(await claimHolders(credentials, 'EMSP FR ABC', 'unknown', 'CPO DE ABC', 'EMSP DE ABC', 'a')).toEqual([
        'b',
        undefined,
        'a',
        'a',
        undefined,
      ]);
    });

    it('tells claims apart to the letter, and from ids and tokens', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerOf('a'), ['X#Y/Z %', 'b', 'b-token']);
      await create(credentials, peerOf('b'), ['x#y/z %', 'X#Y/Z', 'X']);
      expect(await claimHolders(credentials, 'X#Y/Z %', 'x#y/z %', 'X#Y', 'X#Y/Z', 'b')).toEqual([
        'a',
        'b',
        undefined,
        'b',
        'a',
      ]);
      expect(await holderOf(credentials, 'b-token')).toBe('b');
    });

    it("create refuses another's claim, and keeps nothing of that peer", async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerOf('a'), ['X', 'Y']);
      expect(await outcomeOf(create(credentials, peerOf('b'), ['W', 'Y', 'Z']))).toBe('claimed');
      expect(await get(credentials, 'b')).toBeUndefined();
      expect(await authenticate(credentials, 'b-token')).toBeUndefined();
      expect(await claimHolders(credentials, 'W', 'X', 'Y', 'Z')).toEqual([undefined, 'a', 'a', undefined]);
    });

    it("update refuses another's claim, and changes nothing", async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerOf('a'), ['X']);
      await create(credentials, peerOf('b'), ['Y']);
      const before = await get(credentials, 'b');
      const taking = replace(credentials, peerWith('b', 'new'), ['Z', 'X']);
      expect(await outcomeOf(taking)).toBe('claimed');
      expect(await get(credentials, 'b')).toStrictEqual(before);
      expect(await holderOf(credentials, 'b-token')).toBe('b');
      expect(await holderOf(credentials, 'new')).toBeUndefined();
      expect(await claimHolders(credentials, 'X', 'Y', 'Z')).toEqual(['a', 'b', undefined]);
    });

    it('keeps what is its own already, and frees what is not named again', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerOf('a'), ['X', 'Y']);
      await replace(credentials, peerOf('a'), ['Y', 'Z']);
      expect(await claimHolders(credentials, 'X', 'Y', 'Z')).toEqual([undefined, 'a', 'a']);
      await replace(credentials, peerOf('a'), ['Z', 'Y']);
      expect(await claimHolders(credentials, 'X', 'Y', 'Z')).toEqual([undefined, 'a', 'a']);
      await create(credentials, peerOf('b'), ['X']);
      await replace(credentials, peerOf('a'), []);
      await replace(credentials, peerOf('b'), ['X', 'Y', 'Z']);
      expect(await claimHolders(credentials, 'X', 'Y', 'Z')).toEqual(['b', 'b', 'b']);
    });

    it('is freed by the deletion of its peer, and only of that', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerOf('a'), ['X']);
      await create(credentials, peerOf('b'), ['Y']);
      await remove(credentials, 'a');
      expect(await claimHolders(credentials, 'X', 'Y')).toEqual([undefined, 'b']);
      await replace(credentials, peerOf('b'), ['X', 'Y']);
      await remove(credentials, 'nobody');
      await remove(credentials, 'a');
      expect(await claimHolders(credentials, 'X', 'Y')).toEqual(['b', 'b']);
    });

    it('changes nothing when a write is refused for another reason', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerOf('a'), ['X']);
      await create(credentials, peerOf('b'), ['Y']);
      expect(await outcomeOf(create(credentials, peerWith('a', 'other'), ['Z']))).toBe('already-exists');
      expect(await outcomeOf(create(credentials, peerWith('c', 'a-token'), ['Z']))).toBe('already-exists');
      expect(await outcomeOf(replace(credentials, peerWith('b', 'a-token'), ['Z']))).toBe('already-exists');
      expect(await outcomeOf(update(credentials, peerOf('b'), 'never seen', ['Z']))).toBe('conflict');
      expect(await claimHolders(credentials, 'X', 'Y', 'Z')).toEqual(['a', 'b', undefined]);
    });

    it('goes from one peer to another and back, one step after the other', async () => {
      const { credentials } = opened().storage;
      await create(credentials, peerOf('a'), ['X']);
      await create(credentials, peerOf('b'), ['Y']);
      await replace(credentials, peerOf('a'), []);
      await replace(credentials, peerOf('b'), ['X']);
      await replace(credentials, peerOf('a'), ['Y']);
      expect(await claimHolders(credentials, 'X', 'Y')).toEqual(['b', 'a']);
      expect(await outcomeOf(replace(credentials, peerOf('b'), ['X', 'Y']))).toBe('claimed');
    });

    it('may be many, all of them new, and a hundred are looked up at once', async () => {
      const { credentials } = opened().storage;
      const names = (prefix: string) => Array.from({ length: 40 }, (_, index) => `${prefix} ${index}`);
      await create(credentials, peerOf('a'), names('first'));
      await replace(credentials, peerOf('a'), names('second'));
      const asked = [...names('first'), ...names('second'), ...names('third').slice(0, 20)];
      expect(await claimHolders(credentials, ...asked)).toEqual(
        asked.map((name) => (name.startsWith('second') ? 'a' : undefined)),
      );
    });
  });

  describe('credentials: races for claims', () => {
    it('gives a claim to exactly one, of twenty peers created with it', async () => {
      const { credentials } = opened().storage;
      const tries = racers.map((index) => create(credentials, peerOf(`peer${index}`), [`own ${index}`, 'shared']));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'claimed'));
      const [holder = ''] = await claimHolders(credentials, 'shared');
      const own = await claimHolders(credentials, ...racers.map((index) => `own ${index}`));
      expect(own.filter((id) => id !== undefined)).toEqual([holder]);
      expect(await get(credentials, holder as string)).toBeDefined();
    });

    it('gives a claim to exactly one, of twenty peers updated with it', async () => {
      const { credentials } = opened().storage;
      for (const index of racers) await create(credentials, peerOf(`peer${index}`), [`own ${index}`]);
      const outcomes = await Promise.all(racers.map((index) => insist(credentials, `peer${index}`, ['shared'])));
      expect(outcomes.sort()).toEqual(oneWinnerOf(20, 'claimed'));
      const own = await claimHolders(credentials, ...racers.map((index) => `own ${index}`));
      expect(own.filter((id) => id !== undefined)).toHaveLength(19);
    });

    it('decides between two who want the same two claims in opposite order', async () => {
      const { credentials } = opened().storage;
      for (const index of racers) {
        const [a, b] = [`a${index}`, `b${index}`];
        for (const id of [a, b]) await create(credentials, peerOf(id));
        const [x, y] = [`X${index}`, `Y${index}`];
        const outcomes = await Promise.all([insist(credentials, a, [x, y]), insist(credentials, b, [y, x])]);
        expect(outcomes.sort()).toEqual(['claimed', 'done']);
        const holders = await claimHolders(credentials, x, y);
        expect(new Set(holders).size).toBe(1);
      }
    });

    it('is free where its peer was deleted while it claimed, and held where it was not', async () => {
      const { credentials } = opened().storage;
      await Promise.all(
        racers.map(async (index) => {
          const id = `peer${index}`;
          await create(credentials, peerOf(id), [`old ${index}`]);
          const { revision } = await read(credentials, id);
          const renewal = () => outcomeOf(update(credentials, peerOf(id), revision, [`new ${index}`]));
          await Promise.all(
            index % 2 === 0 ? [remove(credentials, id), renewal()] : [renewal(), remove(credentials, id)],
          );
        }),
      );
      for (const index of racers) {
        expect(await claimHolders(credentials, `old ${index}`, `new ${index}`)).toEqual([undefined, undefined]);
      }
    });
  });
}
