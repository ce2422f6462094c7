/** Records: small JSON objects in collections, a partition each. */
import { DeleteCommand, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { CrudError, type JsonObject, type RecordsStorage, type Stored } from '../crud.ts';
import type { Database } from './client.ts';
import { isConditionFailure, isOwnWrite, newRevision } from './transaction.ts';

interface Options {
  db: Database;
  table: string;
  newId: () => string;
}

interface RecordItem extends Stored<JsonObject> {
  collection: string;
  id: string;
}

/** Every id that begins with a prefix lies before the prefix with this. The embedded engine's `begins_with` ignores case. */
const behindPrintable = '\u007f';

export function dynamodbRecords({ db, table, newId }: Options): RecordsStorage {
  /** @param refusal what it means that the condition does not hold */
  async function put(
    item: Omit<RecordItem, 'revision'>,
    condition: Pick<PutCommand['input'], 'ConditionExpression' | 'ExpressionAttributeValues'>,
    refusal: CrudError['code'],
  ): Promise<string> {
    const revision = newRevision(newId);
    try {
      await db.send(
        new PutCommand({
          TableName: table,
          Item: { ...item, revision },
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          ...condition,
        }),
      );
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      if (!isOwnWrite(error, revision)) throw new CrudError(refusal, { cause: error });
    }
    return revision;
  }

  return {
    async get({ collection, id }) {
      const { Item } = await db.send(
        new GetCommand({ TableName: table, Key: { collection, id }, ConsistentRead: true }),
      );
      const item = Item as RecordItem | undefined;
      return item && { data: item.data, revision: item.revision };
    },

    async list({ collection, prefix, after, limit }) {
      const { Items = [], LastEvaluatedKey } = await db.send(
        new QueryCommand({
          TableName: table,
          KeyConditionExpression: `#collection = :collection${prefix ? ' AND id BETWEEN :prefix AND :last' : ''}`,
          // A word that DynamoDB keeps for itself.
          ExpressionAttributeNames: { '#collection': 'collection' },
          ExpressionAttributeValues: {
            ':collection': collection,
            ...(prefix && { ':prefix': prefix, ':last': `${prefix}${behindPrintable}` }),
          },
          ...(after !== undefined && { ExclusiveStartKey: { collection, id: after } }),
          // One more than asked for tells whether there are more.
          Limit: limit + 1,
          ConsistentRead: true,
        }),
      );
      const items = (Items as RecordItem[]).slice(0, limit).map(({ id, data, revision }) => ({ id, data, revision }));
      const hasMore = Items.length > limit || (LastEvaluatedKey !== undefined && Items.length < limit);
      const last = items.at(-1);
      return { items, ...(hasMore && last && { next: last.id }) };
    },

    create: ({ collection, id, data }) =>
      put({ collection, id, data }, { ConditionExpression: 'attribute_not_exists(id)' }, 'already-exists'),

    update: ({ collection, id, data, revision }) =>
      put(
        { collection, id, data },
        { ConditionExpression: 'revision = :expected', ExpressionAttributeValues: { ':expected': revision } },
        'conflict',
      ),

    async delete({ collection, id, revision }) {
      try {
        await db.send(
          new DeleteCommand({
            TableName: table,
            Key: { collection, id },
            ...(revision !== undefined && {
              ConditionExpression: 'attribute_not_exists(id) OR revision = :expected',
              ExpressionAttributeValues: { ':expected': revision },
            }),
          }),
        );
      } catch (error) {
        if (isConditionFailure(error)) throw new CrudError('conflict', { cause: error });
        throw error;
      }
    },
  };
}
