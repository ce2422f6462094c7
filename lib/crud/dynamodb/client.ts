/** The DynamoDB client, with bounds on everything: a peer waits behind each request. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, type TransactWriteCommand, type UpdateCommand } from '@aws-sdk/lib-dynamodb';

/** All that the storage needs of a client, so that tests can put one in between that fails. */
export type Database = Pick<DynamoDBDocumentClient, 'send'>;

const loopback = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/;

/** A database on this machine asks for no credentials, but the client does. */
const local = { region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** How long one attempt of a request may take. */
export const requestTimeoutMs = 2_000;

/** Fewer than the client has sockets, so that a request that waits for its turn does not run into its timeout meanwhile. */
const maxRequestsAtOnce = 32;

/** @param endpoint another DynamoDB than the region's own */
export function openClient(endpoint: string | undefined): DynamoDBClient {
  const client = new DynamoDBClient({
    ...(endpoint && { endpoint, ...(loopback.test(endpoint) && local) }),
    // All attempts together end before the function does, so that it can still say that it failed.
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
  });
  // It copies each answer for a log that goes nowhere.
  client.middlewareStack.remove('loggerMiddleware');
  const inTurn = turns(maxRequestsAtOnce);
  client.middlewareStack.add((next) => (args) => inTurn(() => next(args)), { step: 'initialize', name: 'inTurn' });
  return client;
}

export const openDatabase = (endpoint: string | undefined): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(openClient(endpoint), { marshallOptions: { removeUndefinedValues: true } });

/** @returns a function that runs what it is given, no more than `width` at once, in the order of the calls */
function turns(width: number): <T>(run: () => Promise<T>) => Promise<T> {
  const waiting: (() => void)[] = [];
  let free = width;
  return async (run) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await run();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    }
  };
}

type FinalizeRequestMiddleware = (next: (args: never) => Promise<unknown>) => (args: never) => Promise<unknown>;

/** Nothing that the client's retries know, so that they leave it alone; they look into a `cause` too. */
class OneAttempt extends Error {
  readonly endedWith: unknown;

  constructor(endedWith: unknown) {
    super();
    this.endedWith = endedWith;
  }
}

/**
 * Sends a write that the client must not repeat by itself, because it carries the stamp of this attempt.
 * @throws what the one attempt ended with
 */
export async function sendOnce(db: Database, command: TransactWriteCommand | UpdateCommand): Promise<void> {
  const once: FinalizeRequestMiddleware = (next) => async (args) => {
    try {
      return await next(args);
    } catch (error) {
      // The document client builds a command's middlewares in twice.
      throw error instanceof OneAttempt ? error : new OneAttempt(error);
    }
  };
  // Inside the retries, which come first in their step.
  (command as UpdateCommand).middlewareStack.add(once as never, { step: 'finalizeRequest', priority: 'low' });
  try {
    await db.send(command as UpdateCommand);
  } catch (error) {
    throw error instanceof OneAttempt ? error.endedWith : error;
  }
}
