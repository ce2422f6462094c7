/** The Tokens module on DynamoDB: one request for each call but `list`, which takes two. */
import { GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { authorize } from '../../authorization.ts';
import type { Token } from '../../ocpi/token.ts';
import { sameParty } from '../../ocpi/values.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import { CrudError, type TokenAddress, type TokensCall, type TokensCrud } from '../crud.ts';
import type { Database } from './client.ts';
import { type OwnItem, partitionOf, type ReceivedItem, receivedItem, tokenOf } from './items.ts';
import { listTokens } from './list.ts';
import { createAppend } from './own-tokens.ts';
import { replaceToken } from './replace-token.ts';
import { isConditionFailure, isOwnWrite, newRevision } from './transaction.ts';

interface Options {
  db: Database;
  table: string;
  /** Our own EMSP parties, in the order in which a list of all Tokens goes through them. */
  emspParties: readonly PartyId[];
  now: () => Date;
  newId: () => string;
}

type Item = ReceivedItem & OwnItem;

const partitionIn = ({ role, country_code, party_id }: TokensCall & Partial<PartyId>, uid: string): string =>
  partitionOf(role, country_code && party_id ? { country_code, party_id } : undefined, uid);

export function dynamodbTokens({ db, table, emspParties, now, newId }: Options): TokensCrud {
  const append = createAppend({ db, table, newId });

  async function find(call: TokensCall & Omit<TokenAddress, 'id'>, uid: string): Promise<Item | undefined> {
    const pk = partitionIn(call, uid);
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

  async function createReceived(token: Token): Promise<void> {
    const revision = newRevision(newId);
    try {
      await db.send(
        new PutCommand({
          TableName: table,
          Item: receivedItem(token, now().toISOString(), revision),
          ConditionExpression: 'attribute_not_exists(pk)',
          ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
        }),
      );
    } catch (error) {
      if (!isConditionFailure(error)) throw error;
      if (!isOwnWrite(error, revision)) throw new CrudError('already-exists', { cause: error });
    }
  }

  return {
    async get(call) {
      const item = await find(call, call.id);
      return item && { data: tokenOf(item), revision: item.revision };
    },

    list({ filters, country_code, party_id }) {
      const parties =
        country_code && party_id
          ? emspParties.filter((own) => sameParty(own, { country_code, party_id }))
          : emspParties;
      return listTokens({ db, table }, parties, filters);
    },

    create: ({ role, data }) => (role === 'EMSP' ? append([data]) : createReceived(data)),

    async update(call) {
      await replaceToken({ db, table, newId }, { pk: partitionIn(call, call.id), sk: call.token_type }, call.revision, {
        ...call.data,
        ...(call.role === 'CPO' && { arrived_at: now().toISOString() }),
      });
    },

    async do({ data: { token_uid, token_type, location_reference }, ...call }) {
      const item = await find({ ...call, ...(token_type !== undefined && { token_type }) }, token_uid);
      if (!item) return undefined;
      const own = { token: tokenOf(item), settings: item.settings ?? {} };
      return authorize(own, location_reference, now().toISOString(), newId);
    },
  };
}
