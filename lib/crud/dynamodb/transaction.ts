/** What goes wrong in conditional writes and transactions, told apart. */
import {
  ConditionalCheckFailedException,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ThrottlingException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb';

/** Random, so that a writer recognises its own write: a request whose answer was lost is sent again, and then finds it. */
export const newRevision = (newId: () => string): string => newId().slice(0, 13);

/** @returns whether the condition failed only because the very same write has already happened */
export const isOwnWrite = (error: ConditionalCheckFailedException, revision: string): boolean =>
  error.Item?.revision?.S === revision;

export const isConditionFailure = (error: unknown): error is ConditionalCheckFailedException =>
  error instanceof ConditionalCheckFailedException;

export interface FailedAction {
  code: string;
  /** The item as it is, where the action asked for it. */
  item: Record<string, { S?: string; N?: string }> | undefined;
}

/**
 * @returns one entry for each action of the transaction, or undefined if it was not cancelled;
 * an entry whose code is `None` was not to blame
 */
export function cancellation(error: unknown): FailedAction[] | undefined {
  if (!(error instanceof TransactionCanceledException)) return undefined;
  return (error.CancellationReasons ?? []).map(({ Code = 'None', Item }) => ({
    code: Code,
    item: Item as FailedAction['item'],
  }));
}

const transient = new Set(['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']);

const refusals = [
  TransactionInProgressException,
  TransactionConflictException,
  ProvisionedThroughputExceededException,
  ThrottlingException,
  RequestLimitExceeded,
];

/** Whether nothing was written, and the same transaction or single write may well succeed a moment later. */
export const isTransient = (error: unknown): boolean =>
  refusals.some((refusal) => error instanceof refusal) ||
  (cancellation(error)?.every(({ code }) => code === 'None' || transient.has(code)) ?? false);

export const conditionFailed = (action: FailedAction | undefined): boolean => action?.code === 'ConditionalCheckFailed';
