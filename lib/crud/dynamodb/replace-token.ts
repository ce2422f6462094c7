/** The one way in which a stored Token changes: a conditional update of the whole Token that leaves alone what else its item holds. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Token, tokenEntries } from '../../ocpi/token.ts';
import { CrudError } from '../crud.ts';
import type { Database } from './client.ts';
import type { Key, OwnItem, ReceivedItem } from './items.ts';
import { isConditionFailure, isOwnWrite, isTransient, newRevision } from './transaction.ts';

interface Options {
  db: Database;
  table: string;
  newId: () => string;
}

/**
 * Sets every member that is there and removes those of a Token that are not.
 * @param expected the revision that the change is based on
 * @throws CrudError 'conflict' if the item has another one by now, or is not there
 */
export async function replaceToken(
  { db, table, newId }: Options,
  key: Key,
  expected: string,
  item: Token & Partial<Pick<ReceivedItem, 'arrived_at'> & Pick<OwnItem, 'settings'>>,
): Promise<void> {
  const revision = newRevision(newId);
  const values: Record<string, unknown> = { ...item, revision };
  const set = Object.keys(values).filter((name) => values[name] !== undefined);
  const remove = Object.keys(tokenEntries).filter((name) => !set.includes(name));
  const expression = [`SET ${set.map((name) => `#${name} = :${name}`).join(', ')}`];
  if (remove.length > 0) expression.push(`REMOVE ${remove.map((name) => `#${name}`).join(', ')}`);
  try {
    await db.send(
      new UpdateCommand({
        TableName: table,
        Key: key,
        UpdateExpression: expression.join(' '),
        ConditionExpression: '#revision = :expected',
        ExpressionAttributeNames: Object.fromEntries([...set, ...remove].map((name) => [`#${name}`, name])),
        ExpressionAttributeValues: {
          ':expected': expected,
          ...Object.fromEntries(set.map((name) => [`:${name}`, values[name]])),
        },
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    );
  } catch (error) {
    if (isTransient(error)) throw new CrudError('conflict', { cause: error });
    if (!isConditionFailure(error)) throw error;
    if (!isOwnWrite(error, revision)) throw new CrudError('conflict', { cause: error });
  }
}
