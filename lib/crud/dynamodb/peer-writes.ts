/**
 * A peer is written in one transaction with its tokens and its claims. The core bounds both (lib/peers/store.ts), so that the
 * actions stay below the 100 that DynamoDB takes.
 */
import { TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Peer } from '../../peers/peer.ts';
import { CrudError, type PeerWrite } from '../crud.ts';
import type { Database } from './client.ts';
import { type ClaimItem, claimKey, type PeerItem, peerKey, type TokenItem, tokenKey, useKey } from './peer-items.ts';
import { cancellation, conditionFailed, isTransient } from './transaction.ts';

type Action = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

/** What goes wrong if the condition of the action fails, and the action. */
interface Step {
  failure: CrudError['code'];
  action: Action;
}

interface Condition {
  ConditionExpression: string;
  ExpressionAttributeValues?: Record<string, unknown>;
}

const absent: Condition = { ConditionExpression: 'attribute_not_exists(pk)' };

const stillAt = (revision: string): Condition => ({
  ConditionExpression: 'revision = :expected',
  ExpressionAttributeValues: { ':expected': revision },
});

const hashesOf = ({ tokensWeGave }: Peer): string[] => tokensWeGave.map(({ sha256 }) => sha256);

const without = (names: readonly string[], others: readonly string[]): string[] => {
  const left = new Set(others);
  return [...new Set(names)].filter((name) => !left.has(name));
};

function stepsOn(table: string) {
  const put = (failure: CrudError['code'], Item: object, condition: Condition): Step => ({
    failure,
    action: {
      Put: { TableName: table, Item: Item as PeerItem, ...condition, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
    },
  });
  const remove = (Key: { pk: string }, condition?: Condition): Step => ({
    failure: 'conflict',
    action: { Delete: { TableName: table, Key, ...condition } },
  });

  const putPeer = ({ data, claims }: PeerWrite, revision: string, before: PeerItem | undefined): Step =>
    put(
      before ? 'conflict' : 'already-exists',
      { ...peerKey(data.id), peer: data, claims: [...new Set(claims)], revision },
      before ? stillAt(before.revision) : absent,
    );

  /** A token or a claim of this peer may be written again, one of another may not. */
  const putHeld = (failure: CrudError['code'], Item: ClaimItem | TokenItem): Step =>
    put(failure, Item, {
      ConditionExpression: 'attribute_not_exists(pk) OR holder = :holder',
      ExpressionAttributeValues: { ':holder': Item.holder },
    });

  return {
    /** The peer first. Claims that it has and keeps are not touched: the peer's own revision guards them. */
    write: (write: PeerWrite, revision: string, before: PeerItem | undefined): Step[] => [
      putPeer(write, revision, before),
      ...hashesOf(write.data).map((sha256) =>
        putHeld('already-exists', { ...tokenKey(sha256), holder: write.data.id, access: write.access }),
      ),
      ...without(write.claims, before?.claims ?? []).map((claim) =>
        putHeld('claimed', { ...claimKey(claim), holder: write.data.id }),
      ),
      ...(before ? without(hashesOf(before.peer), hashesOf(write.data)).map((each) => remove(tokenKey(each))) : []),
      ...(before ? without(before.claims, write.claims).map((each) => remove(claimKey(each))) : []),
      // The uses of a former peer of this name.
      ...(before ? [] : [remove(useKey(write.data.id))]),
    ],

    erase: ({ peer, claims, revision }: PeerItem): Step[] => [
      remove(peerKey(peer.id), stillAt(revision)),
      remove(useKey(peer.id)),
      ...hashesOf(peer).map((each) => remove(tokenKey(each))),
      ...claims.map((each) => remove(claimKey(each))),
    ],
  };
}

/**
 * What cancels a transaction carries the items that stood in its way, hashes of tokens among them, so it is left behind.
 * @throws CrudError
 */
async function transact(db: Database, steps: Step[], revision: string): Promise<void> {
  try {
    await db.send(new TransactWriteCommand({ TransactItems: steps.map(({ action }) => action) }));
  } catch (error) {
    const reasons = cancellation(error);
    if (!reasons) throw isTransient(error) ? new CrudError('conflict') : error;
    // An earlier attempt of ours that seemed to fail had succeeded.
    if (conditionFailed(reasons[0]) && reasons[0]?.item?.revision?.S === revision) return;
    const failed = reasons.findIndex(conditionFailed);
    if (steps[failed]) throw new CrudError(steps[failed].failure);
    if (isTransient(error)) throw new CrudError('conflict');
    const codes = [...new Set(reasons.map(({ code }) => code))].filter((code) => code !== 'None');
    throw new Error(`The Peers table refused a write of ${steps.length} items: ${codes.join(', ')}`);
  }
}

/** Writes of peers, each all at once or not at all. @throws CrudError */
export const peerWrites = (db: Database, table: string) => ({
  /** @param before the peer as it was read, undefined for a new one */
  write: (write: PeerWrite, revision: string, before: PeerItem | undefined) =>
    transact(db, stepsOn(table).write(write, revision, before), revision),
  erase: (item: PeerItem) => transact(db, stepsOn(table).erase(item), ''),
});
