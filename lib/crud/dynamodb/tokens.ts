/** The Tokens module on DynamoDB; docs/storage.md has what each call takes. */
import { GetCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { PartyId } from '../../ocpi/versions.ts';
import type { CreateToken, StoredToken, TokenAddress, TokensCall, TokensStorage } from '../crud.ts';
import { batchGet } from './batch-get.ts';
import { type Database, requestTimeoutMs } from './client.ts';
import { type Key, type OwnItem, ownKey, partitionOf, type ReceivedItem, storedOf } from './items.ts';
import { listOwn } from './list-own.ts';
import { listReceived } from './list-received.ts';
import { ownTokens } from './own-tokens.ts';
import { receivedTokens } from './received-tokens.ts';

interface Options {
  db: Database;
  table: string;
  newId: () => string;
}

type Item = ReceivedItem & OwnItem;

const partitionIn = ({ role, country_code, party_id }: TokensCall & Partial<PartyId>, uid: string): string =>
  partitionOf(role, country_code && party_id ? { country_code, party_id } : undefined, uid);

const keyIn = (call: TokensCall & PartyId & { id: string; token_type: string }): Key => ({
  pk: partitionIn(call, call.id),
  sk: call.token_type,
});

const nameOf = ({ pk, sk }: Key): string => `${sk}#${pk}`;

export function dynamodbTokens({ db, table, newId }: Options): TokensStorage {
  const source = { db, table };
  const own = ownTokens({ db, table, newId });
  const received = receivedTokens({ db, table, newId });

  async function find(call: TokensCall & TokenAddress): Promise<Item | undefined> {
    const pk = partitionIn(call, call.id);
    if (call.token_type !== undefined) {
      const { Item } = await db.send(
        new GetCommand({ TableName: table, Key: { pk, sk: call.token_type }, ConsistentRead: true }),
      );
      return Item as Item | undefined;
    }
    const { Items = [] } = await db.send(
      new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': pk },
        ConsistentRead: true,
      }),
    );
    const items = Items as Item[];
    return items.find(({ type }) => type === 'RFID') ?? (items.length === 1 ? items[0] : undefined);
  }

  return {
    // An attempt may take half of it.
    settleMs: 2 * requestTimeoutMs,
    hasStream: true,

    async get(call) {
      const item = await find(call);
      return item && storedOf(item);
    },

    list: (call) => (call.role === 'EMSP' ? listOwn(source, call) : listReceived(source, call)),

    create: (call: CreateToken) => (call.role === 'EMSP' ? own.create(call) : received.create(call)),

    update: (call) =>
      call.role === 'EMSP'
        ? own.update(keyIn(call), call.revision, call)
        : received.update(keyIn(call), call.revision, call),

    delete: (call) =>
      call.role === 'EMSP'
        ? own.replace(keyIn(call), call.revision, call)
        : received.remove(keyIn(call), call.revision),

    actions: {
      async ReadTokens(call) {
        const keys =
          call.role === 'EMSP'
            ? call.data.map(({ id, token_type }) => ownKey(id, token_type))
            : call.data.map((address) => keyIn({ ...call, ...address }));
        const distinct = [...new Map(keys.map((key) => [nameOf(key), key])).values()];
        const found = await batchGet<Item>(db, table, distinct);
        const byName = new Map(found.map((item): [string, StoredToken] => [nameOf(item), storedOf(item)]));
        return keys.map((key) => byName.get(nameOf(key)));
      },

      WriteTokens: ({ data }) => own.write(data),
    },
  };
}
