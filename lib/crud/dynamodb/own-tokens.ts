/**
 * Creating Tokens of ours: a counter and the Tokens move in one transaction, so that the ordinals have no hole, whatever dies
 * in between. An ordinal is an offset of the list, and the counter is its total.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { Token } from '../../ocpi/token.ts';
import { CrudError } from '../crud.ts';
import type { Database } from './client.ts';
import { counterKey, ownerKey, ownItem } from './items.ts';
import { cancellation, conditionFailed, isTransient, newRevision } from './transaction.ts';

/** A transaction holds 100 actions, and one is the counter's. */
export const maxTokensPerTransaction = 99;

const maxAttempts = 60;
const maxPauseMs = 100;

interface Options {
  db: Database;
  table: string;
  newId: () => string;
}

/**
 * @returns a function that appends up to 99 Tokens of one party, all or none
 * @throws CrudError 'already-exists' if one of them does
 */
export function createAppend({ db, table, newId }: Options): (tokens: Token[]) => Promise<void> {
  /** The last known totals. A stale one costs an attempt and nothing else. */
  const totals = new Map<string, number>();

  async function readTotal(owner: Token): Promise<number> {
    const { Item } = await db.send(new GetCommand({ TableName: table, Key: counterKey(owner), ConsistentRead: true }));
    return (Item?.total as number | undefined) ?? 0;
  }

  function transaction(tokens: [Token, ...Token[]], total: number, revision: string) {
    return new TransactWriteCommand({
      TransactItems: [
        {
          Update: {
            TableName: table,
            Key: counterKey(tokens[0]),
            UpdateExpression: 'SET #total = :next',
            ConditionExpression: total === 0 ? 'attribute_not_exists(#total)' : '#total = :total',
            ExpressionAttributeNames: { '#total': 'total' },
            ExpressionAttributeValues: { ':next': total + tokens.length, ...(total > 0 && { ':total': total }) },
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          },
        },
        ...tokens.map((token, i) => ({
          Put: {
            TableName: table,
            Item: ownItem(token, total + i, revision),
            ConditionExpression: 'attribute_not_exists(pk)',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
          },
        })),
      ],
    });
  }

  return async function append(tokens) {
    const [first, ...rest] = tokens;
    if (!first) return;
    const owner = ownerKey(first);
    const revision = newRevision(newId);

    for (let attempt = 1; ; attempt += 1) {
      const total = totals.get(owner) ?? (await readTotal(first));
      try {
        await db.send(transaction([first, ...rest], total, revision));
        totals.set(owner, total + tokens.length);
        return;
      } catch (error) {
        totals.delete(owner);
        const [counter, ...puts] = cancellation(error) ?? [];
        const existing = puts.filter(conditionFailed);
        if (existing.length > 0) {
          // An earlier attempt of ours that seemed to fail had succeeded.
          if (existing.every(({ item }) => item?.revision?.S === revision)) return;
          throw new CrudError('already-exists', { cause: error });
        }
        if (!(conditionFailed(counter) || isTransient(error)) || attempt === maxAttempts) throw error;
        if (counter?.item?.total?.N) totals.set(owner, Number(counter.item.total.N));
        await delay(Math.random() * Math.min(2 ** attempt, maxPauseMs));
      }
    }
  };
}
