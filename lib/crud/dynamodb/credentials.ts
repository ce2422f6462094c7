/**
 * The credentials module on DynamoDB. A peer is stored once under its id and once under the hash of each of its tokens,
 * always in one transaction: so authenticating a request is one read, and a revoked token is gone with the write that revokes it.
 */
import {
  GetCommand,
  ScanCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Peer } from '../../peers/peer.ts';
import { type CredentialsCrud, CrudError, type KnownPeer, type RecordUse, type Stored } from '../crud.ts';
import { retryOnConflict } from '../retry.ts';
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

/** The latest use of a token. An item of its own, so that functions that only authenticate may write nothing else. */
interface UseItem {
  pk: string;
  at: string;
  /** The newest token of the peer that it has used. */
  sha256?: string;
}

const peerKey = (id: string) => ({ pk: `PEER#${id}` });
const tokenKey = (sha256: string) => ({ pk: `TOKEN#${sha256}` });
const useKey = (id: string) => ({ pk: `USE#${id}` });

const storedOf = ({ peer, revision }: PeerItem): Stored<Peer> => ({ data: peer, revision });

/** @param items peers and uses, in any order */
function knownPeers(items: (PeerItem | UseItem)[]): KnownPeer[] {
  const uses = new Map(items.filter((item) => 'at' in item).map(({ pk, at }) => [pk, at]));
  return items
    .filter((item) => 'peer' in item)
    .map((item) => {
      const lastUsedAt = uses.get(useKey(item.peer.id).pk);
      return { ...storedOf(item), ...(lastUsedAt !== undefined && { lastUsedAt }) };
    });
}

const indexOf = (peer: Peer, sha256: string | undefined): number =>
  peer.tokensWeGave.findIndex((token) => token.sha256 === sha256);

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

  async function recordUse({ id, sha256, at }: RecordUse['data']): Promise<void> {
    await db.send(
      new UpdateCommand({
        TableName: table,
        Key: useKey(id),
        UpdateExpression: sha256 === undefined ? 'SET #at = :at' : 'SET #at = :at, sha256 = :sha256',
        ExpressionAttributeNames: { '#at': 'at' },
        ExpressionAttributeValues: { ':at': at, ...(sha256 !== undefined && { ':sha256': sha256 }) },
      }),
    );
  }

  /** Only while a peer has two tokens does it take a second request to know. */
  async function isRetired(peer: Peer, sha256: string): Promise<boolean> {
    const index = indexOf(peer, sha256);
    if (index === peer.tokensWeGave.length - 1) return false;
    const { Item } = await db.send(new GetCommand({ TableName: table, Key: useKey(peer.id), ConsistentRead: true }));
    return index < indexOf(peer, (Item as UseItem | undefined)?.sha256);
  }

  async function remove(id: string): Promise<void> {
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
    const use: Action = { Delete: { TableName: table, Key: useKey(id) } };
    await transact([peer, use, ...tokenDeletes(stored.peer, undefined)], 'conflict', '');
  }

  return {
    async get({ id }) {
      return knownPeers(await batchGet(db, table, [peerKey(id), useKey(id)]))[0];
    },

    async list() {
      const items: (PeerItem | UseItem)[] = [];
      let next: Record<string, unknown> | undefined;
      do {
        const page = await db.send(
          new ScanCommand({
            TableName: table,
            ConsistentRead: true,
            FilterExpression: 'begins_with(pk, :peer) OR begins_with(pk, :use)',
            ExpressionAttributeValues: { ':peer': peerKey('').pk, ':use': useKey('').pk },
            ExclusiveStartKey: next,
          }),
        );
        items.push(...((page.Items ?? []) as (PeerItem | UseItem)[]));
        next = page.LastEvaluatedKey;
      } while (next);
      return knownPeers(items).sort((a, b) => (a.data.id < b.data.id ? -1 : 1));
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
      await retryOnConflict(() => remove(id));
    },

    async do(call) {
      if (call.action === 'RecordUse') {
        await recordUse(call.data);
        return undefined;
      }
      const items = await batchGet<PeerItem>(db, table, [...new Set(call.data.sha256)].map(tokenKey));
      for (const sha256 of call.data.sha256) {
        const item = items.find(({ pk }) => pk === tokenKey(sha256).pk);
        if (item && !(await isRetired(item.peer, sha256))) return { ...storedOf(item), sha256 };
      }
      return undefined;
    },
  };
}
