/** Tokens: what several do at once. */
import { describe, expect, it } from 'vitest';
import { addressOf, ownCreation, ownToken, ownUpdate, receivedUpdate, token } from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import { oneWinnerOf, outcomeOf, outcomesOf, racers } from '../support.ts';
import { crawl, createOwn, read, readOwn, receive, series, tokensOf, uidsOf } from './support.ts';

export function raceContract(opened: () => OpenedStorage): void {
  describe('tokens: races', () => {
    it('creates one Token exactly once, of twenty who try', async () => {
      const { tokens } = tokensOf(opened());
      const tries = racers.map((index) =>
        receive(tokens, token({ issuer: `issuer ${index}` })).then(() => `issuer ${index}`),
      );
      const settled = await Promise.allSettled(tries);
      const winners = settled.filter((result) => result.status === 'fulfilled').map(({ value }) => value);
      const losers = settled.filter((result) => result.status === 'rejected').map(({ reason }) => reason);
      expect(winners).toEqual([(await read(tokens, addressOf(token()))).data.issuer]);
      expect(losers).toHaveLength(19);
      for (const reason of losers) expect(await outcomeOf(Promise.reject(reason))).toBe('already-exists');
    });

    it('lists an own Token once that twenty tried to create', async () => {
      const { tokens, ours } = tokensOf(opened());
      const tries = racers.map(() => tokens.create(ownCreation(ownToken(ours))));
      expect(await outcomesOf(tries)).toEqual(oneWinnerOf(20, 'already-exists'));
      await createOwn(tokens, [ownToken(ours, { uid: 'last' })]);
      expect(uidsOf(await crawl(tokens, ours))).toEqual([ownToken(ours).uid, 'last']);
    });

    it('lists each of twenty own Tokens once that were created at the same time, with the total right', async () => {
      const { tokens, ours } = tokensOf(opened());
      const all = series(ours, 20);
      expect(await outcomesOf(all.map((data) => tokens.create(ownCreation(data))))).toEqual(racers.map(() => 'done'));
      const listed = await crawl(tokens, ours, {}, 3);
      expect(listed.length).toBe(20);
      expect(uidsOf(listed).sort()).toEqual(uidsOf(all).sort());
      expect(await crawl(tokens, ours)).toStrictEqual(listed);
      expect(await crawl(tokens, ours, { date_from: '2026-01-01T00:00:00.000Z' }, 3)).toStrictEqual(listed);
    });

    it('leaves no hole where creations were refused among others that were not', async () => {
      const { tokens, ours: first, other: second } = tokensOf(opened());
      const all = [...series(first, 10, 'A'), ...series(second, 10, 'B')];
      const outcomes = await outcomesOf([...all, ...all].map((data) => tokens.create(ownCreation(data))));
      expect(outcomes.filter((outcome) => outcome === 'done')).toHaveLength(20);
      expect(uidsOf(await crawl(tokens, first, {}, 3)).sort()).toEqual(uidsOf(series(first, 10, 'A')).sort());
      expect(uidsOf(await crawl(tokens, second, {}, 3)).sort()).toEqual(uidsOf(series(second, 10, 'B')).sort());
    });

    it('updates one revision exactly once, of twenty who try', async () => {
      const { tokens, ours } = tokensOf(opened());
      await receive(tokens, token());
      await createOwn(tokens, [ownToken(ours)]);
      const received = await read(tokens, addressOf(token()));
      const own = await readOwn(tokens, ownToken(ours));
      const updates = racers.map((index) => {
        const data = token({ issuer: `issuer ${index}` });
        return tokens.update(receivedUpdate(data, received.revision));
      });
      const ownUpdates = racers.map((index) => {
        const data = ownToken(ours, { issuer: `issuer ${index}`, last_updated: `2026-02-01T00:00:${index + 10}.000Z` });
        return tokens.update(ownUpdate(data, own.revision));
      });
      const outcomes = await Promise.all([outcomesOf(updates), outcomesOf(ownUpdates)]);
      expect(outcomes).toEqual([oneWinnerOf(20, 'conflict'), oneWinnerOf(20, 'conflict')]);
      expect(await crawl(tokens, ours)).toStrictEqual([(await readOwn(tokens, ownToken(ours))).data]);
    });

    it('loses no update of twenty that each start again from get', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, [ownToken(ours, { visual_number: '' })]);
      const append = async (index: number): Promise<void> => {
        const { data, revision } = await readOwn(tokens, ownToken(ours));
        const changed = { ...data, visual_number: `${data.visual_number}${String.fromCharCode(97 + index)}` };
        const outcome = await outcomeOf(tokens.update(ownUpdate(changed, revision)));
        if (outcome === 'conflict') await append(index);
      };
      await Promise.all(racers.map(append));
      const { visual_number = '' } = (await readOwn(tokens, ownToken(ours))).data;
      expect(visual_number.split('').sort().join('')).toBe('abcdefghijklmnopqrst');
    });
  });
}
