/** Peers: what several do at once. */
import { describe, expect, it } from 'vitest';
import { accessToken, credentialsCall } from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { oneWinnerOf, outcomeOf, outcomesOf, racers } from '../support.ts';
import { authenticate, create, get, holderOf, peerWith, replace, update } from './support.ts';

export function peerRacesContract(opened: () => OpenedStorage): void {
  describe('credentials: races', () => {
    it('creates one peer exactly once, of twenty who try', async () => {
      const { credentials } = opened().storage;
      const tries = racers.map((index) => create(credentials, peerWith('a', `token ${index}`)));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'already-exists'));
      const holders = await Promise.all(racers.map((index) => holderOf(credentials, `token ${index}`)));
      expect(holders.filter((id) => id === 'a')).toHaveLength(1);
    });

    it('gives one token to exactly one, of twenty peers created with it (TRN-09)', async () => {
      const { credentials } = opened().storage;
      const tries = racers.map((index) => create(credentials, peerWith(`peer${index}`, `own ${index}`, 'shared')));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'already-exists'));
      const [only, ...rest] = await credentials.list(credentialsCall({}));
      expect(rest).toEqual([]);
      expect(await holderOf(credentials, 'shared')).toBe(only?.data.id);
    });

    it('gives one token to exactly one, of twenty peers updated with it (TRN-09)', async () => {
      const { credentials } = opened().storage;
      for (const index of racers) await create(credentials, peerWith(`peer${index}`, `own ${index}`));
      const tries = racers.map((index) => replace(credentials, peerWith(`peer${index}`, 'shared')));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'already-exists'));
      const holders = await Promise.all(racers.map((index) => holderOf(credentials, `own ${index}`)));
      expect(holders.filter((id) => id !== undefined)).toHaveLength(19);
      expect(await holderOf(credentials, 'shared')).toBeDefined();
    });

    it('updates one revision exactly once, of twenty who try, and leaves the tokens of that one', async () => {
      const { credentials } = opened().storage;
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

    it('leaves no token of a peer that is deleted while it is updated (CRED-12)', async () => {
      const { credentials } = opened().storage;
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
