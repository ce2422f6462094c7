/** Tokens: list of those that we have received. */
import { describe, expect, it } from 'vitest';
import type { StoredToken, TokensStorage } from '../../../lib/crud/crud.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import {
  addressOf,
  cpoCall,
  foreignParty,
  fullToken,
  receivedUpdate,
  swapCase,
  token,
} from '../../support/builders.ts';
import type { OpenedStorage } from '../crud.contract.ts';
import {
  crawlReceived,
  createOwn,
  type ReceivedQuery,
  read,
  receive,
  receivedPages,
  series,
  tokensOf,
} from './support.ts';

const anotherParty = { country_code: 'AT', party_id: 'DMS' };
const at = (second: number) => `2026-02-01T00:00:${String(second).padStart(2, '0')}.000Z`;

/** What a query finds, in an order that does not depend on the storage's. */
const found = async (tokens: TokensStorage, query: ReceivedQuery, limit?: number) =>
  issuersOf(await crawlReceived(tokens, query, limit)).sort();

const issuersOf = (all: readonly StoredToken[]) => all.map(({ data }) => data.issuer);

/** Received Tokens that differ in their issuer, each a second later than the one before. */
async function receiveAll(tokens: TokensStorage, all: Record<string, Partial<Token>>): Promise<void> {
  for (const [index, [issuer, rest]] of Object.entries(all).entries()) {
    await receive(tokens, token({ ...rest, issuer }), at(index));
  }
}

const replaceReceived = async (tokens: TokensStorage, data: Token, arrived_at: string) =>
  tokens.update(receivedUpdate(data, (await read(tokens, addressOf(data))).revision, arrived_at));

export function receivedContract(opened: () => OpenedStorage): void {
  describe('tokens: list of received ones', () => {
    it('is empty where none came in, and holds none of our own', async () => {
      const { tokens, ours } = tokensOf(opened());
      await createOwn(tokens, series(ours, 3));
      for (const query of [{}, ours, { id: 'T0' }, { arrived_from: at(0) }]) {
        expect(await crawlReceived(tokens, query)).toEqual([]);
      }
    });

    it('holds each Token as get returns it, with when it came in', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, fullToken(), at(1));
      const stored = await read(tokens, addressOf(token()));
      expect(stored).toStrictEqual({ data: fullToken(), revision: stored.revision, arrived_at: at(1) });
      for (const query of [{}, foreignParty, { id: token().uid }, { arrived_from: at(1) }]) {
        expect(await crawlReceived(tokens, query)).toStrictEqual([stored]);
      }
    });

    it('is of one party, named in any letter case, or of all', async () => {
      const { tokens } = tokensOf(opened());
      await receiveAll(tokens, { a: { uid: 'A' }, b: { uid: 'B', ...anotherParty }, c: { uid: 'C', type: 'OTHER' } });
      await receive(tokens, token({ uid: 'D', issuer: 'd', country_code: 'de', party_id: 'dMs' }));
      expect(await found(tokens, {})).toEqual(['a', 'b', 'c', 'd']);
      expect(await found(tokens, foreignParty)).toEqual(['a', 'c', 'd']);
      expect(await found(tokens, { country_code: 'dE', party_id: 'dms' })).toEqual(['a', 'c', 'd']);
      expect(await found(tokens, anotherParty)).toEqual(['b']);
      expect(await found(tokens, { country_code: 'DE', party_id: 'DM' })).toEqual([]);
    });

    it('finds a uid of any owner and type, in any letter case', async () => {
      const { tokens } = tokensOf(opened());
      await receiveAll(tokens, {
        a: { uid: 'Ab1' },
        b: { uid: 'aB1', ...anotherParty },
        c: { uid: 'AB1', type: 'APP_USER' },
        longer: { uid: 'AB12' },
        shorter: { uid: 'AB' },
      });
      for (const id of ['Ab1', 'ab1', 'AB1']) expect(await found(tokens, { id })).toEqual(['a', 'b', 'c']);
      expect(await found(tokens, { id: 'ab1', ...foreignParty })).toEqual(['a', 'c']);
      expect(await found(tokens, { id: 'B1' })).toEqual([]);
    });

    it('finds a uid whatever zeros it begins with, and no others', async () => {
      const { tokens } = tokensOf(opened());
      await receiveAll(tokens, {
        none: { uid: 'A10' },
        one: { uid: '0A10' },
        two: { uid: '00a10', ...anotherParty },
        behind: { uid: 'A100' },
        within: { uid: 'A010' },
      });
      for (const id of ['a10', '0A10', '00A10', '000000A10']) {
        expect(await found(tokens, { id })).toEqual(['none', 'one', 'two']);
      }
    });

    it('finds a uid that is nothing but zeros', async () => {
      const { tokens } = tokensOf(opened());
      await receiveAll(tokens, { one: { uid: '0' }, three: { uid: '000' }, another: { uid: 'A' } });
      for (const id of ['0', '00', '000']) expect(await found(tokens, { id })).toEqual(['one', 'three']);
    });

    it.each(['#', '/', '%', '_', '*', '"', '\\', ' '])('finds a uid that contains %j', async (character) => {
      const { tokens } = tokensOf(opened());
      await receiveAll(tokens, { a: { uid: `A${character}1` }, b: { uid: 'AX1' }, c: { uid: `${character}A` } });
      expect(await found(tokens, { id: `a${character}1` })).toEqual(['a']);
      expect(await found(tokens, { id: `${character}a` })).toEqual(['c']);
    });

    it('has those that came in at that moment or later, by their latest arrival', async () => {
      const { tokens } = tokensOf(opened());
      await receiveAll(tokens, { a: { uid: 'A' }, b: { uid: 'B' }, c: { uid: 'C', ...anotherParty } });
      expect(await found(tokens, { arrived_from: at(0) })).toEqual(['a', 'b', 'c']);
      expect(await found(tokens, { arrived_from: at(1) })).toEqual(['b', 'c']);
      expect(await found(tokens, { arrived_from: at(1), ...foreignParty })).toEqual(['b']);
      expect(await found(tokens, { arrived_from: at(3) })).toEqual([]);

      await replaceReceived(tokens, token({ uid: 'A', issuer: 'a again' }), at(9));
      expect((await read(tokens, addressOf(token({ uid: 'A' })))).arrived_at).toBe(at(9));
      expect(await found(tokens, { arrived_from: at(3) })).toEqual(['a again']);
      expect(await found(tokens, {})).toEqual(['a again', 'b', 'c']);
    });

    it('does not take when a Token was last updated for when it came in', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token({ issuer: 'a', last_updated: '2030-01-01T00:00:00.000Z' }), at(1));
      expect(await found(tokens, { arrived_from: at(2) })).toEqual([]);
      expect(await found(tokens, { arrived_from: at(0) })).toEqual(['a']);
    });

    it('is the same in pages of any size, each Token once', async () => {
      const { tokens } = tokensOf(opened());
      const names = Array.from({ length: 11 }, (_, index) => `issuer ${String(index).padStart(2, '0')}`);
      const party = (index: number) => (index % 3 === 0 ? anotherParty : foreignParty);
      await receiveAll(
        tokens,
        Object.fromEntries(names.map((issuer, index) => [issuer, { uid: '0'.repeat(index + 1), ...party(index) }])),
      );
      const ofParty = names.filter((_, index) => index % 3 !== 0);
      for (const limit of [1, 2, 3, 5, 10, 11, 12]) {
        expect(await found(tokens, {}, limit)).toEqual(names);
        expect(await found(tokens, foreignParty, limit)).toEqual(ofParty);
        expect(await found(tokens, { id: '0' }, limit)).toEqual(names);
        expect(await found(tokens, { arrived_from: at(4) }, limit)).toEqual(names.slice(4));
        expect(await found(tokens, { arrived_from: at(4), ...foreignParty }, limit)).toEqual(
          ofParty.filter((name) => names.indexOf(name) >= 4),
        );
      }
    });

    it('skips and repeats none that was there before, whatever is written between its pages', async () => {
      const { tokens } = tokensOf(opened());
      const uids = Array.from({ length: 9 }, (_, index) => `T${index}`);
      for (const uid of uids) await receive(tokens, token({ uid, issuer: uid }), at(0));
      for (const [name, query] of Object.entries({ all: {}, party: foreignParty })) {
        const seen: string[] = [];
        for await (const page of receivedPages(tokens, query, 2)) {
          seen.push(...issuersOf(page.items));
          const first = seen[0] ?? '';
          await replaceReceived(tokens, token({ uid: first, issuer: first, valid: false }), at(0));
          await receive(tokens, token({ ...anotherParty, uid: `${name} ${seen.length}` }));
        }
        const before = seen.filter((issuer) => uids.includes(issuer));
        expect(before.sort()).toEqual(uids);
      }
    });

    it('skips none where those that it has passed are erased between its pages', async () => {
      const { tokens } = tokensOf(opened());
      const uids = Array.from({ length: 7 }, (_, index) => `T${index}`);
      for (const uid of uids) await receive(tokens, token({ uid, issuer: uid }));
      const seen: string[] = [];
      for await (const page of receivedPages(tokens, foreignParty, 2)) {
        for (const { data, revision } of page.items) {
          seen.push(data.issuer);
          await tokens.delete(cpoCall({ ...addressOf(data), revision }));
        }
      }
      expect(seen.sort()).toEqual(uids);
      expect(await crawlReceived(tokens)).toEqual([]);
    });

    it('keeps the new spelling of a uid, and finds it still', async () => {
      const { tokens } = tokensOf(opened());
      await receive(tokens, token({ uid: '0aBc' }));
      await replaceReceived(tokens, token({ uid: swapCase('0aBc'), issuer: 'respelt' }), at(1));
      expect(await found(tokens, { id: 'abc' })).toEqual(['respelt']);
    });
  });
}
