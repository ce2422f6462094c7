/** The DynamoDB client, with bounds on everything: a partner waits behind each request. */
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

/** All that the CRUD needs of a client, so that tests can put one in between that fails. */
export type Database = Pick<DynamoDBDocumentClient, 'send'>;

const loopback = /^https?:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/;

/** A database on this machine asks for no credentials, but the client does. */
const local = { region: 'local', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };

/** @param endpoint another DynamoDB than the region's own */
export function openClient(endpoint: string | undefined): DynamoDBClient {
  const client = new DynamoDBClient({
    ...(endpoint && { endpoint, ...(loopback.test(endpoint) && local) }),
    // All attempts together end before the function does, so that it can still say that it failed.
    maxAttempts: 3,
    requestHandler: { connectionTimeout: 1_000, requestTimeout: 2_000, throwOnRequestTimeout: true },
  });
  // It copies each answer for a log that goes nowhere.
  client.middlewareStack.remove('loggerMiddleware');
  return client;
}

export const openDatabase = (endpoint: string | undefined): DynamoDBDocumentClient =>
  DynamoDBDocumentClient.from(openClient(endpoint), { marshallOptions: { removeUndefinedValues: true } });
