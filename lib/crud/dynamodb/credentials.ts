/**
 * The credentials module on DynamoDB. A peer is stored as a whole under its id; what a request needs of it is stored once more
 * under the hash of each of its tokens, in the same transaction: so authenticating is one read of a small item, and a revoked
 * token is gone with the write that revokes it.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { GetCommand, ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type CredentialsCrud, CrudError, type TokenUse } from '../crud.ts';
import { retryOnConflict } from '../retry.ts';
import { batchGet } from './batch-get.ts';
import type { Database } from './client.ts';
import {
  type ClaimItem,
  claimKey,
  knownPeers,
  type PeerItem,
  peerKey,
  type TokenItem,
  tokenKey,
  type UseItem,
  useKey,
  useOf,
} from './peer-items.ts';
import { peerWrites } from './peer-writes.ts';
import { newRevision } from './transaction.ts';

interface Options {
  db: Database;
  table: string;
  newId: () => string;
}

export function dynamodbCredentials({ db, table, newId }: Options): CredentialsCrud {
  const writes = peerWrites(db, table);

  async function read<Item>(Key: { pk: string }): Promise<Item | undefined> {
    const { Item } = await db.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
    return Item as Item | undefined;
  }

  return {
    async get({ id }) {
      return knownPeers(await batchGet(db, table, [peerKey(id), useKey(id)]))[0];
    },

    async list() {
      return knownPeers(await scanPeers(db, table)).sort((a, b) => (a.data.id < b.data.id ? -1 : 1));
    },

    async create(call) {
      await writes.write(call, newRevision(newId), undefined);
    },

    async update(call) {
      const before = await read<PeerItem>(peerKey(call.id));
      if (before?.revision !== call.revision) throw new CrudError('conflict');
      await writes.write(call, newRevision(newId), before);
    },

    async delete({ id }) {
      await retryOnConflict(async () => {
        const before = await read<PeerItem>(peerKey(id));
        if (before) await writes.erase(before);
      });
    },

    async authenticate({ sha256: hashes }) {
      const items = await batchGet<TokenItem>(db, table, [...new Set(hashes)].map(tokenKey));
      for (const sha256 of hashes) {
        const item = items.find(({ pk }) => pk === tokenKey(sha256).pk);
        if (item) return { access: item.access, sha256 };
      }
      return undefined;
    },

    async recordUse({ id, at, sha256 }) {
      if (sha256 === undefined) await noteContact(db, table, id, at);
      else await noteToken(db, table, id, { at, sha256 });
    },

    async lastUse({ id }) {
      const item = await read<UseItem>(useKey(id));
      return item && useOf(item);
    },

    async claimHolders({ claims }) {
      const items = await batchGet<ClaimItem>(db, table, [...new Set(claims)].map(claimKey));
      const holders = new Map(items.map(({ pk, holder }) => [pk, holder]));
      return claims.map((claim) => holders.get(claimKey(claim).pk));
    },
  };
}

/** Peers are few, and only the operator lists them. */
async function scanPeers(db: Database, table: string): Promise<(PeerItem | UseItem)[]> {
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
  return items;
}

async function noteContact(db: Database, table: string, id: string, at: string): Promise<void> {
  await db.send(
    new UpdateCommand({
      TableName: table,
      Key: useKey(id),
      UpdateExpression: 'SET #at = :at',
      ExpressionAttributeNames: { '#at': 'at' },
      ExpressionAttributeValues: { ':at': at },
    }),
  );
}

/** A note that arrives after that of a later use is too late: it would bring back a token that this one has ended. */
async function noteToken(db: Database, table: string, id: string, use: Required<TokenUse>): Promise<void> {
  try {
    await db.send(
      new UpdateCommand({
        TableName: table,
        Key: useKey(id),
        UpdateExpression: 'SET #at = :at, sha256 = :sha256, token_at = :at',
        ConditionExpression: 'attribute_not_exists(token_at) OR token_at <= :at',
        ExpressionAttributeNames: { '#at': 'at' },
        ExpressionAttributeValues: { ':at': use.at, ':sha256': use.sha256 },
      }),
    );
  } catch (error) {
    if (!(error instanceof ConditionalCheckFailedException)) throw error;
  }
}
