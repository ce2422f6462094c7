/** What an operator does with Tokens of ours, beside the calls that partners make: bring them in, look at them, block them. */
import { isDeepStrictEqual } from 'node:util';
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { OwnToken } from '../../authorization.ts';
import type { Token } from '../../ocpi/token.ts';
import { retryOnConflict } from '../retry.ts';
import { batchGet } from './batch-get.ts';
import type { Database } from './client.ts';
import { type Key, type OwnItem, ownerKey, partitionOf, tokenOf } from './items.ts';
import { createAppend, maxTokensPerTransaction } from './own-tokens.ts';
import { replaceToken } from './replace-token.ts';

interface Options {
  db: Database;
  table: string;
  now: () => Date;
  newId: () => string;
}

/**
 * What became of a Token that was brought in. `stale`: a newer one is there and stays. `taken`: another party of ours has
 * that uid and type, which must be unique over all of them.
 */
export type ImportOutcome = 'created' | 'updated' | 'unchanged' | 'stale' | 'taken';

const keyOf = (token: Pick<Token, 'uid' | 'type'>): Key => ({
  pk: partitionOf('EMSP', undefined, token.uid),
  sk: token.type,
});

const nameOf = ({ pk, sk }: Key): string => `${sk}#${pk}`;

export interface Operator {
  /**
   * Creates or updates Tokens of ours, each in its place; `last_updated` stays as given. May be repeated after any failure.
   * @returns one outcome for each Token
   */
  importTokens(tokens: Token[]): Promise<ImportOutcome[]>;
  getToken(uid: string, type: string): Promise<OwnToken | undefined>;
  /**
   * Changes a Token or its settings, and stamps `last_updated` so that every delta sees it (PUSH-05).
   * @returns the Token as it is now, or undefined if there is none
   */
  changeToken(uid: string, type: string, change: (own: OwnToken) => OwnToken): Promise<OwnToken | undefined>;
}

export function createOperator({ db, table, now, newId }: Options): Operator {
  const append = createAppend({ db, table, newId });
  /** New Tokens come with new ones, known ones with known ones: so one look tells which request to try first. */
  let expectNew = true;

  function importDistinct(tokens: Token[]): Promise<ImportOutcome[]> {
    const isOfOneParty = new Set(tokens.map(ownerKey)).size === 1;
    return retryOnConflict(async () => {
      if (!expectNew || !isOfOneParty) return importByComparing(tokens);
      // Should one of them exist after all, the next attempt compares.
      expectNew = false;
      await append(tokens);
      expectNew = true;
      return tokens.map(() => 'created');
    });
  }

  async function importByComparing(tokens: Token[]): Promise<ImportOutcome[]> {
    const found = await batchGet<OwnItem>(db, table, tokens.map(keyOf));
    const stored = new Map(found.map((item) => [nameOf(item), item]));
    const isNew = (token: Token) => !stored.has(nameOf(keyOf(token)));

    for (const ofOneParty of Map.groupBy(tokens.filter(isNew), ownerKey).values()) await append(ofOneParty);
    expectNew = tokens.every(isNew);
    return Promise.all(
      tokens.map(async (token) => {
        const item = stored.get(nameOf(keyOf(token)));
        return item ? bringUpToDate(item, token) : 'created';
      }),
    );
  }

  async function bringUpToDate(item: OwnItem, token: Token): Promise<ImportOutcome> {
    if (item.own !== ownerKey(token)) return 'taken';
    if (token.last_updated < item.last_updated) return 'stale';
    // What the operator blocked here stays invalid, whatever a file says.
    const wanted = { ...token, valid: token.valid && !item.settings?.blocked };
    if (isDeepStrictEqual(tokenOf(item), wanted)) return 'unchanged';
    await replaceToken({ db, table, newId }, keyOf(item), item.revision, wanted);
    return 'updated';
  }

  async function readItem(uid: string, type: string): Promise<OwnItem | undefined> {
    const { Item } = await db.send(
      new GetCommand({ TableName: table, Key: keyOf({ uid, type }), ConsistentRead: true }),
    );
    return Item as OwnItem | undefined;
  }

  const ownToken = (item: OwnItem): OwnToken => ({ token: tokenOf(item), settings: item.settings ?? {} });

  /** Later than now if need be: a change has to come after the one before it. */
  const stampAfter = (last_updated: string): string =>
    new Date(Math.max(now().getTime(), Date.parse(last_updated) + 1)).toISOString();

  return {
    async importTokens(tokens) {
      const outcomes = new Map<Token, ImportOutcome>();
      let left = tokens;
      while (left.length > 0) {
        // Of a Token that stands twice in a file the first goes into this round, the second into a later one.
        const round = [...new Map(left.toReversed().map((token) => [nameOf(keyOf(token)), token])).values()];
        const batch = round.toReversed().slice(0, maxTokensPerTransaction);
        const results = await importDistinct(batch);
        batch.forEach((token, i) => {
          outcomes.set(token, results[i] ?? 'unchanged');
        });
        left = left.filter((token) => !outcomes.has(token));
      }
      return tokens.map((token) => outcomes.get(token) ?? 'unchanged');
    },

    async getToken(uid, type) {
      const item = await readItem(uid, type);
      return item && ownToken(item);
    },

    changeToken: (uid, type, change) =>
      retryOnConflict(async () => {
        const item = await readItem(uid, type);
        if (!item) return undefined;
        const { token, settings } = change(ownToken(item));
        const changed = { ...token, last_updated: stampAfter(item.last_updated) };
        await replaceToken({ db, table, newId }, keyOf(item), item.revision, { ...changed, settings });
        return { token: changed, settings };
      }),
  };
}
