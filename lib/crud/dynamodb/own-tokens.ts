/**
 * Writing Tokens of ours. A counter and the new Tokens move in one transaction, so that the ordinals have no hole, whatever dies
 * in between: an ordinal is an offset of the list, and the counter is its total. Every write is one attempt; trying again is
 * the core's, with a new stamp.
 */
import { GetCommand, TransactWriteCommand, type TransactWriteCommandInput } from '@aws-sdk/lib-dynamodb';
import type { PartyId } from '../../ocpi/versions.ts';
import { CrudError, type OwnToken, type TokenWrite, type WriteOutcome } from '../crud.ts';
import { inParallel } from '../in-parallel.ts';
import { type Database, sendOnce } from './client.ts';
import {
  type CounterItem,
  checkLayout,
  counterKey,
  type Key,
  layout,
  type OwnItem,
  ownerKey,
  ownItem,
  ownKey,
} from './items.ts';
import {
  cancellation,
  conditionFailed,
  type FailedAction,
  isConditionFailure,
  isTransient,
  newRevision,
} from './transaction.ts';
import { updateOfItem } from './update-item.ts';

/** Single updates that are under way at once. */
const updatesAtOnce = 16;

interface Options {
  db: Database;
  table: string;
  newId: () => string;
}

export interface OwnTokens {
  /** @throws CrudError as `create` does */
  create(token: OwnToken): Promise<void>;
  /** @throws CrudError 'conflict' */
  update(key: Key, expected: string, token: OwnToken): Promise<void>;
  /** Puts another Token in the place of one. @throws CrudError as `delete` does */
  replace(key: Key, expected: string, token: OwnToken): Promise<void>;
  /** @returns an outcome for each */
  write(writes: readonly TokenWrite[]): Promise<WriteOutcome[]>;
}

type Action = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

export function ownTokens({ db, table, newId }: Options): OwnTokens {
  /** The last known totals. A stale one costs an attempt and nothing else. */
  const totals = new Map<string, number>();

  async function totalOf(owner: PartyId): Promise<number> {
    const known = totals.get(ownerKey(owner));
    if (known !== undefined) return known;
    const { Item } = await db.send(new GetCommand({ TableName: table, Key: counterKey(owner), ConsistentRead: true }));
    const counter = Item as CounterItem | undefined;
    if (counter) checkLayout(table, counter.layout);
    return counter?.total ?? 0;
  }

  /** The last append of each party. Side by side all but one would meet a counter that has moved. */
  const tails = new Map<string, Promise<unknown>>();

  function inTurn<T>(owner: PartyId, run: () => Promise<T>): Promise<T> {
    const turn = (tails.get(ownerKey(owner)) ?? Promise.resolve()).then(run);
    tails.set(
      ownerKey(owner),
      turn.catch(() => undefined),
    );
    return turn;
  }

  const moveCounter = (owner: PartyId, total: number, by: number): Action => ({
    Update: {
      TableName: table,
      Key: counterKey(owner),
      UpdateExpression: 'SET #total = :next, #layout = :layout',
      ConditionExpression: total === 0 ? 'attribute_not_exists(#total)' : '#total = :total AND #layout = :layout',
      ExpressionAttributeNames: { '#total': 'total', '#layout': 'layout' },
      ExpressionAttributeValues: { ':next': total + by, ':layout': layout, ...(total > 0 && { ':total': total }) },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    },
  });

  const putNew = (item: OwnItem): Action => ({
    Put: { TableName: table, Item: item, ConditionExpression: 'attribute_not_exists(pk)' },
  });

  function learnTotal(owner: string, counter: FailedAction | undefined): void {
    if (!conditionFailed(counter)) return;
    totals.delete(owner);
    const { total, layout: found } = counter?.item ?? {};
    if (!total?.N) return;
    checkLayout(table, Number(found?.N));
    totals.set(owner, Number(total.N));
  }

  /** All or none of up to 99 Tokens of one party. */
  async function appendAll(tokens: readonly OwnToken[]): Promise<WriteOutcome[]> {
    const [first] = tokens;
    if (!first) return [];
    const owner = ownerKey(first.data);
    const total = await totalOf(first.data);
    const revision = newRevision(newId);
    const puts = tokens.map((token, i) => putNew(ownItem(token, total + i, revision)));
    try {
      const TransactItems = [moveCounter(first.data, total, tokens.length), ...puts];
      await sendOnce(db, new TransactWriteCommand({ TransactItems }));
      totals.set(owner, total + tokens.length);
      return tokens.map(() => 'done');
    } catch (error) {
      const reasons = cancellation(error);
      if (!reasons) {
        // Whether it was carried out may be anything.
        totals.delete(owner);
        if (!isTransient(error)) throw error;
        return tokens.map(() => 'conflict');
      }
      const [counter, ...failed] = reasons;
      learnTotal(owner, counter);
      const isForeseen = reasons.some(conditionFailed) || isTransient(error);
      if (!isForeseen) throw error;
      return tokens.map((_, i) => (conditionFailed(failed[i]) ? 'already-exists' : 'conflict'));
    }
  }

  /** One Token that exists stops the transaction, but not those that stand beside it. */
  async function append(tokens: readonly OwnToken[]): Promise<WriteOutcome[]> {
    const outcomes = await appendAll(tokens);
    const isStopped = outcomes.includes('already-exists') && outcomes.includes('conflict');
    if (!isStopped) return outcomes;
    const others = await appendAll(tokens.filter((_, i) => outcomes[i] === 'conflict'));
    return outcomes.map((outcome) => (outcome === 'conflict' ? (others.shift() ?? outcome) : outcome));
  }

  async function update(key: Key, expected: string, { data, settings }: OwnToken): Promise<void> {
    const revision = newRevision(newId);
    try {
      await sendOnce(db, updateOfItem(table, key, expected, { ...data, settings, revision }));
    } catch (error) {
      if (isConditionFailure(error) || isTransient(error)) throw new CrudError('conflict', { cause: error });
      throw error;
    }
  }

  async function updateOutcome({ revision = '', ...token }: TokenWrite): Promise<WriteOutcome> {
    try {
      await update(ownKey(token.data.uid, token.data.type), revision, token);
      return 'done';
    } catch (error) {
      if (error instanceof CrudError) return error.code;
      throw error;
    }
  }

  return {
    async create(token) {
      const [outcome = 'conflict'] = await inTurn(token.data, () => appendAll([token]));
      if (outcome !== 'done') throw new CrudError(outcome);
    },

    update,

    async replace(key, expected, token) {
      const { Item } = await db.send(new GetCommand({ TableName: table, Key: key, ConsistentRead: true }));
      const old = Item as OwnItem | undefined;
      if (old?.revision !== expected) throw new CrudError('conflict');
      const item = ownItem(token, old.n, newRevision(newId));
      const isAsExpected = {
        ConditionExpression: 'revision = :expected',
        ExpressionAttributeValues: { ':expected': expected },
      };
      const isSameKey = item.pk === old.pk && item.sk === old.sk;
      const TransactItems: Action[] = isSameKey
        ? [{ Put: { TableName: table, Item: item, ...isAsExpected } }]
        : [{ Delete: { TableName: table, Key: key, ...isAsExpected } }, putNew(item)];
      try {
        await sendOnce(db, new TransactWriteCommand({ TransactItems }));
      } catch (error) {
        const [removed, put] = cancellation(error) ?? [];
        if (conditionFailed(removed) || isTransient(error)) throw new CrudError('conflict', { cause: error });
        if (conditionFailed(put)) throw new CrudError('already-exists', { cause: error });
        throw error;
      }
    },

    async write(writes) {
      const outcomes = new Map<TokenWrite, WriteOutcome>();
      const creates = Map.groupBy(
        writes.filter(({ revision }) => revision === undefined),
        ({ data }) => ownerKey(data),
      );
      const appends = [...creates.values()].map((ofOneParty) => async () => {
        const [first] = ofOneParty;
        const ended = first ? await inTurn(first.data, () => append(ofOneParty)) : [];
        ofOneParty.forEach((write, i) => {
          outcomes.set(write, ended[i] ?? 'conflict');
        });
      });
      const updates = writes
        .filter(({ revision }) => revision !== undefined)
        .map((write) => async () => {
          outcomes.set(write, await updateOutcome(write));
        });
      await inParallel([...appends, ...updates], updatesAtOnce, (run) => run());
      return writes.map((write) => outcomes.get(write) ?? 'conflict');
    },
  };
}
