/** A database in between that counts what is asked of it, and goes wrong on demand in ways that the embedded engine never does. */
import {
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import type { Database } from '../../lib/crud/dynamodb/client.ts';

type Command = object;
type Send = (command: Command) => Promise<Record<string, unknown>>;

/** @returns what the caller of `send` gets for this command */
export type Fault = (command: Command, send: Send) => Promise<unknown>;

export interface Watched {
  db: Database;
  /** The names of the commands sent, such as `GetCommand`. */
  sent: string[];
  /** What happens to the next commands, one fault each; `undefined` lets a command through. */
  plan: (Fault | undefined)[];
}

export function watch(inner: DynamoDBDocumentClient): Watched {
  const sent: string[] = [];
  const plan: (Fault | undefined)[] = [];
  const send: Send = (command) => inner.send(command as never) as unknown as Promise<Record<string, unknown>>;
  const db = {
    send(command: Command) {
      sent.push(command.constructor.name);
      const fault = plan.shift();
      return fault ? fault(command, send) : send(command);
    },
  } as unknown as Database;
  return { db, sent, plan };
}

const meta = { $metadata: {} };

/** The request never arrived. */
export const unreachable: Fault = async () => {
  throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
};

/** The request was carried out, and its answer was lost for good. */
export const answerLost: Fault = async (command, send) => {
  await send(command);
  throw Object.assign(new Error('socket hang up'), { name: 'TimeoutError' });
};

/** The answer was lost, and the client sent the same request again, as the SDK does by itself. */
export const sentTwice: Fault = async (command, send) => {
  await send(command);
  return send(command);
};

export const throttled: Fault = async () => {
  throw new ProvisionedThroughputExceededException({ message: 'slow down', ...meta });
};

/** Another transaction got in the way. A transaction and a single write are told so in different words; a read never is. */
export const transactionConflict: Fault = async (command, send) => {
  if (command instanceof UpdateCommand || command instanceof PutCommand) {
    throw new TransactionConflictException({ message: 'conflict', ...meta });
  }
  if (!(command instanceof TransactWriteCommand)) return send(command);
  throw new TransactionCanceledException({
    message: 'conflict',
    CancellationReasons: [
      { Code: 'TransactionConflict' },
      ...(command.input.TransactItems ?? []).slice(1).map(() => ({ Code: 'None' })),
    ],
    ...meta,
  });
};

/** A busy table answers only half of a batch. */
export const halfABatch: Fault = async (command, send) => {
  if (!(command instanceof BatchGetCommand)) return send(command);
  const [table = ''] = Object.keys(command.input.RequestItems ?? {});
  const Keys = command.input.RequestItems?.[table]?.Keys ?? [];
  const half = Math.floor(Keys.length / 2);
  const answer = await send(
    new BatchGetCommand({ RequestItems: { [table]: { Keys: Keys.slice(0, half), ConsistentRead: true } } }),
  );
  return { ...answer, UnprocessedKeys: { [table]: { Keys: Keys.slice(half) } } };
};

/** @returns a fault: an index that does not show yet the items that `isMissing` names */
export const indexLag =
  (isMissing: (item: Record<string, unknown>) => boolean): Fault =>
  async (command, send) => {
    const answer = await send(command);
    if (!(command instanceof QueryCommand) || !answer.Items) return answer;
    return { ...answer, Items: (answer.Items as Record<string, unknown>[]).filter((item) => !isMissing(item)) };
  };
