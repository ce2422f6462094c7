/** The transactions of an import and nothing else: the least that a process must do to bring Tokens in. */
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { maxTokensAtOnce } from '../../lib/crud/crud.ts';
import { openDatabase } from '../../lib/crud/dynamodb/client.ts';
import { counterKey, layout, ownItem } from '../../lib/crud/dynamodb/items.ts';
import { tables } from './environment.ts';
import { ownParty, tokenOfNumber } from './tokens.ts';

export interface BareImportOptions {
  endpoint: string;
  tokens: number;
}

async function bareImport({ endpoint, tokens }: BareImportOptions): Promise<void> {
  const db = openDatabase(endpoint);
  for (let total = 0; total < tokens; total += maxTokensAtOnce) {
    const count = Math.min(maxTokensAtOnce, tokens - total);
    const puts = Array.from({ length: count }, (_, i) => ({
      Put: {
        TableName: tables.tokens,
        Item: ownItem({ data: tokenOfNumber(total + i, tokens), settings: {} }, total + i, 'bare'),
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    }));
    const counter = {
      Update: {
        TableName: tables.tokens,
        Key: counterKey(ownParty),
        UpdateExpression: 'SET #total = :next, #layout = :layout',
        ConditionExpression: total === 0 ? 'attribute_not_exists(#total)' : '#total = :total',
        ExpressionAttributeNames: { '#total': 'total', '#layout': 'layout' },
        ExpressionAttributeValues: { ':next': total + count, ':layout': layout, ...(total > 0 && { ':total': total }) },
      },
    };
    await db.send(new TransactWriteCommand({ TransactItems: [counter, ...puts] }));
  }
}

await bareImport(JSON.parse(process.argv[2] ?? '') as BareImportOptions);
