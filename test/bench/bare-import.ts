/** The transactions of an import and nothing else: the least that a process must do to bring Tokens in. */
import { TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { openDatabase } from '../../lib/crud/dynamodb/client.ts';
import { counterKey, ownItem } from '../../lib/crud/dynamodb/items.ts';
import { maxTokensPerTransaction } from '../../lib/crud/dynamodb/own-tokens.ts';
import { tables } from './environment.ts';
import { ownParty, tokenOfNumber } from './tokens.ts';

export interface BareImportOptions {
  endpoint: string;
  tokens: number;
}

async function bareImport({ endpoint, tokens }: BareImportOptions): Promise<void> {
  const db = openDatabase(endpoint);
  for (let total = 0; total < tokens; total += maxTokensPerTransaction) {
    const count = Math.min(maxTokensPerTransaction, tokens - total);
    const puts = Array.from({ length: count }, (_, i) => ({
      Put: {
        TableName: tables.tokens,
        Item: ownItem(tokenOfNumber(total + i, tokens), total + i, 'bare'),
        ConditionExpression: 'attribute_not_exists(pk)',
      },
    }));
    const counter = {
      Update: {
        TableName: tables.tokens,
        Key: counterKey(ownParty),
        UpdateExpression: 'SET #total = :next',
        ConditionExpression: total === 0 ? 'attribute_not_exists(#total)' : '#total = :total',
        ExpressionAttributeNames: { '#total': 'total' },
        ExpressionAttributeValues: { ':next': total + count, ...(total > 0 && { ':total': total }) },
      },
    };
    await db.send(new TransactWriteCommand({ TransactItems: [counter, ...puts] }));
  }
}

await bareImport(JSON.parse(process.argv[2] ?? '') as BareImportOptions);
