/** The least of a function that answers from DynamoDB: the same client, one GetItem or as many as asked for, and JSON of what it finds. */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import { openDatabase } from '../../lib/crud/dynamodb/client.ts';

/** Without a `runtime`, so that no storage of ours is in its bundle. */
export function endpoint() {
  const db = openDatabase(process.env.DYNAMODB_ENDPOINT);
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    const found: unknown[] = [];
    for (let left = Number(event.queryStringParameters?.requests); left > 0; left -= 1) {
      const { Item } = await db.send(
        new GetCommand({ TableName: process.env.TOKENS_TABLE, Key: { pk: 'N#NL#LMS', sk: 'total' } }),
      );
      found.push(Item);
    }
    return { statusCode: 200, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(found) };
  };
}
