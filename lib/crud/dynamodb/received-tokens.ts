/**
 * Received Tokens: what other parties have pushed to us. The first Token of a party that this process stores puts the party into
 * a registry, in the same transaction, so that an export knows whose Tokens there are.
 */
import { DeleteCommand, PutCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { CrudError, type ReceivedToken } from '../crud.ts';
import type { Database } from './client.ts';
import { checkLayout, type Key, layout, ownerKey, receivedItem, registryItem } from './items.ts';
import {
  cancellation,
  conditionFailed,
  isConditionFailure,
  isOwnWrite,
  isTransient,
  newRevision,
} from './transaction.ts';
import { updateOfItem } from './update-item.ts';

interface Options {
  db: Database;
  table: string;
  newId: () => string;
}

export interface ReceivedTokens {
  /** @throws CrudError as `create` does */
  create(token: ReceivedToken): Promise<void>;
  /** @throws CrudError 'conflict' */
  update(key: Key, expected: string, token: ReceivedToken): Promise<void>;
  /** @throws CrudError 'conflict' */
  remove(key: Key, expected: string): Promise<void>;
}

/** What a conditional write of one item ended with, in the words of the contract. */
const crudErrorOf = (error: unknown, refusal: CrudError['code']): unknown => {
  if (isConditionFailure(error)) return new CrudError(refusal, { cause: error });
  return isTransient(error) ? new CrudError('conflict', { cause: error }) : error;
};

export function receivedTokens({ db, table, newId }: Options): ReceivedTokens {
  const registered = new Set<string>();

  async function putToken(token: ReceivedToken): Promise<void> {
    const revision = newRevision(newId);
    try {
      await db.send(new PutCommand(newToken(token, revision)));
    } catch (error) {
      if (isConditionFailure(error) && isOwnWrite(error, revision)) return;
      throw crudErrorOf(error, 'already-exists');
    }
  }

  const newToken = (token: ReceivedToken, revision: string) => ({
    TableName: table,
    Item: receivedItem(token, revision),
    ConditionExpression: 'attribute_not_exists(pk)',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
  });

  async function putFirstOf(token: ReceivedToken): Promise<void> {
    const register = {
      TableName: table,
      Item: registryItem(token.data),
      ConditionExpression: 'attribute_not_exists(pk) OR layout = :layout',
      ExpressionAttributeValues: { ':layout': layout },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD' as const,
    };
    const revision = newRevision(newId);
    try {
      const TransactItems = [{ Put: newToken(token, revision) }, { Put: register }];
      await db.send(new TransactWriteCommand({ TransactItems }));
    } catch (error) {
      const [put, party] = cancellation(error) ?? [];
      if (conditionFailed(party)) checkLayout(table, party?.item?.layout?.N);
      // Whoever stored it has registered its party.
      if (conditionFailed(put)) registered.add(ownerKey(token.data));
      if (conditionFailed(put) && put?.item?.revision?.S === revision) return;
      if (conditionFailed(put)) throw new CrudError('already-exists', { cause: error });
      throw crudErrorOf(error, 'already-exists');
    }
    registered.add(ownerKey(token.data));
  }

  return {
    create: (token) => (registered.has(ownerKey(token.data)) ? putToken(token) : putFirstOf(token)),

    async update(key, expected, { data, arrived_at }) {
      const revision = newRevision(newId);
      try {
        await db.send(updateOfItem(table, key, expected, { ...data, arrived_at, revision }));
      } catch (error) {
        if (isConditionFailure(error) && isOwnWrite(error, revision)) return;
        throw crudErrorOf(error, 'conflict');
      }
    },

    async remove(key, expected) {
      try {
        await db.send(
          new DeleteCommand({
            TableName: table,
            Key: key,
            ConditionExpression: 'revision = :expected',
            ExpressionAttributeValues: { ':expected': expected },
          }),
        );
      } catch (error) {
        throw crudErrorOf(error, 'conflict');
      }
    },
  };
}
