/**
 * The credentials module on DynamoDB. A peer is stored once under its id and once under the hash of each of its tokens,
 * always in one transaction: so authenticating a request is one read, and a revoked token is gone with the write that revokes it.
 */
import { GetCommand, ScanCommand, TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Peer } from '../../peers/peer.ts';
import { type CredentialsCrud, CrudError, type Stored } from '../crud.ts';
import { batchGet } from './batch-get.ts';
import type { Database } from './client.ts';
import { cancellation, conditionFailed, isTransient, newRevision } from './transaction.ts';

interface Options {
  db: Database;
  table: string;
  newId: () => string;
}

interface PeerItem {
  pk: string;
  peer: Peer;
  revision: string;
}

type Action = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

const peerKey = (id: string) => ({ pk: `PEER#${id}` });
const tokenKey = (sha256: string) => ({ pk: `TOKEN#${sha256}` });

const storedOf = ({ peer, revision }: PeerItem): Stored<Peer> => ({ data: peer, revision });

export function dynamodbCredentials({ db, table, newId }: Options): CredentialsCrud {
  async function read(id: string): Promise<PeerItem | undefined> {
    const { Item } = await db.send(new GetCommand({ TableName: table, Key: peerKey(id), ConsistentRead: true }));
    return Item as PeerItem | undefined;
  }

  const put = (key: { pk: string }, peer: Peer, revision: string, condition: object): Action => ({
    Put: {
      TableName: table,
      Item: { ...key, peer, revision },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      ...condition,
    } as NonNullable<Action['Put']>,
  });

  /** A token of this peer may be written again, one of another may not. */
  const tokenPuts = (peer: Peer, revision: string): Action[] =>
    peer.tokensWeGave.map(({ sha256 }) =>
      put(tokenKey(sha256), peer, revision, {
        ConditionExpression: 'attribute_not_exists(pk) OR peer.id = :id',
        ExpressionAttributeValues: { ':id': peer.id },
      }),
    );

  const tokenDeletes = (peer: Peer, kept: Peer | undefined): Action[] =>
    peer.tokensWeGave
      .filter(({ sha256 }) => !kept?.tokensWeGave.some((token) => token.sha256 === sha256))
      .map(({ sha256 }) => ({ Delete: { TableName: table, Key: tokenKey(sha256) } }));

  /** @param onPeer what it means that the peer itself, the first of the actions, is not as expected */
  async function transact(actions: Action[], onPeer: CrudError['code'], revision: string): Promise<void> {
    try {
      await db.send(new TransactWriteCommand({ TransactItems: actions }));
    } catch (error) {
      const [peer, ...tokens] = cancellation(error) ?? [];
      if (conditionFailed(peer)) {
        // An earlier attempt of ours that seemed to fail had succeeded.
        if (peer?.item?.revision?.S === revision) return;
        throw new CrudError(onPeer, { cause: error });
      }
      if (tokens.some(conditionFailed)) throw new CrudError('already-exists', { cause: error });
      if (isTransient(error)) throw new CrudError('conflict', { cause: error });
      throw error;
    }
  }

  return {
    async get({ id }) {
      const item = await read(id);
      return item && storedOf(item);
    },

    async list() {
      const items: PeerItem[] = [];
      let next: Record<string, unknown> | undefined;
      do {
        const page = await db.send(
          new ScanCommand({
            TableName: table,
            ConsistentRead: true,
            FilterExpression: 'begins_with(pk, :peer)',
            ExpressionAttributeValues: { ':peer': peerKey('').pk },
            ExclusiveStartKey: next,
          }),
        );
        items.push(...((page.Items ?? []) as PeerItem[]));
        next = page.LastEvaluatedKey;
      } while (next);
      return items.map(storedOf).sort((a, b) => (a.data.id < b.data.id ? -1 : 1));
    },

    async create({ data }) {
      const revision = newRevision(newId);
      const peer = put(peerKey(data.id), data, revision, { ConditionExpression: 'attribute_not_exists(pk)' });
      await transact([peer, ...tokenPuts(data, revision)], 'already-exists', revision);
    },

    async update({ id, data, revision: expected }) {
      const stored = await read(id);
      if (stored?.revision !== expected) throw new CrudError('conflict');
      const revision = newRevision(newId);
      const peer = put(peerKey(id), data, revision, {
        ConditionExpression: 'revision = :expected',
        ExpressionAttributeValues: { ':expected': expected },
      });
      await transact([peer, ...tokenPuts(data, revision), ...tokenDeletes(stored.peer, data)], 'conflict', revision);
    },

    async delete({ id }) {
      const stored = await read(id);
      if (!stored) return;
      const peer: Action = {
        Delete: {
          TableName: table,
          Key: peerKey(id),
          ConditionExpression: 'revision = :expected',
          ExpressionAttributeValues: { ':expected': stored.revision },
        },
      };
      await transact([peer, ...tokenDeletes(stored.peer, undefined)], 'conflict', '');
    },

    async do({ data }) {
      const items = await batchGet<PeerItem>(db, table, data.sha256.map(tokenKey));
      for (const sha256 of data.sha256) {
        const item = items.find(({ pk }) => pk === tokenKey(sha256).pk);
        if (item) return { ...storedOf(item), sha256 };
      }
      return undefined;
    },
  };
}
