/** What a request to AWS asks of IAM: which actions, on what, with which keys. */

/** One question to IAM. */
export interface Call {
  /** The name of the function that asks. */
  by: string;
  /** As policies spell it: `dynamodb:GetItem`. */
  action: string;
  /** The logical id of the resource, and what belongs to it: `Tokens`, `Tokens/index/by-uid`. */
  on: string;
  context: Record<string, string | string[]>;
}

type Key = Record<string, { S?: string }>;

interface Tables {
  /** The logical id of a table, by its name. */
  idOf: (name: string) => string;
  /** The name of its partition key. */
  partitionKeyOf: (id: string) => string;
}

interface Item {
  TableName: string;
  Key?: Key;
  Item?: Key;
}

interface DynamodbRequest extends Partial<Item> {
  IndexName?: string;
  KeyConditionExpression?: string;
  ExpressionAttributeNames?: Record<string, string>;
  ExpressionAttributeValues?: Key;
  RequestItems?: Record<string, { Keys: Key[] }>;
  TransactItems?: Partial<Record<'Put' | 'Update' | 'Delete' | 'ConditionCheck' | 'Get', Item>>[];
}

type Question = Omit<Call, 'by'>;

const actionOf = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

/**
 * A transaction asks for each of its items, and IAM knows no action for the whole.
 * @param operation such as `GetItem`
 */
export function dynamodbCalls(operation: string, request: DynamodbRequest, tables: Tables): Question[] {
  const { TransactItems, RequestItems, TableName, IndexName, Key, Item } = request;
  if (TransactItems) {
    return TransactItems.flatMap((action) =>
      Object.entries(action).map(([kind, item]) => ofItem(actionOf[kind as keyof typeof actionOf], item, tables)),
    );
  }
  if (RequestItems) {
    return Object.entries(RequestItems).map(([name, { Keys }]) => {
      const id = tables.idOf(name);
      return question(
        operation,
        id,
        Keys.map((each) => each[tables.partitionKeyOf(id)]?.S ?? ''),
      );
    });
  }
  if (TableName === undefined) return [{ action: `dynamodb:${operation}`, on: '*', context: {} }];
  if (Key || Item) return [ofItem(operation, request as Item, tables)];
  const id = tables.idOf(TableName);
  // Which key an index leads with says nothing of whose item it is, so no role of ours looks at it.
  if (IndexName !== undefined) return [question(operation, `${id}/index/${IndexName}`)];
  return [
    question(operation, id, operation === 'Query' ? [partitionOf(request, tables.partitionKeyOf(id))] : undefined),
  ];
}

const ofItem = (operation: string, { TableName, Key, Item }: Item, { idOf, partitionKeyOf }: Tables): Question => {
  const id = idOf(TableName);
  return question(operation, id, [(Key ?? Item)?.[partitionKeyOf(id)]?.S ?? '']);
};

const question = (operation: string, on: string, keys?: string[]): Question => ({
  action: `dynamodb:${operation}`,
  on,
  context: keys ? { 'dynamodb:LeadingKeys': [...new Set(keys)] } : {},
});

/** The value that the condition of a query asks the partition key for. */
function partitionOf(
  { KeyConditionExpression = '', ExpressionAttributeNames = {}, ExpressionAttributeValues = {} }: DynamodbRequest,
  key: string,
): string {
  const [alias = key] = Object.entries(ExpressionAttributeNames).find(([, name]) => name === key) ?? [];
  const [, value = ''] = new RegExp(`${alias} *= *(:\\w+)`).exec(KeyConditionExpression) ?? [];
  const found = ExpressionAttributeValues[value]?.S;
  if (found === undefined) throw new Error(`No partition in ${KeyConditionExpression}`);
  return found;
}

export const kmsCall = (
  operation: string,
  { KeyId, EncryptionContext = {} }: { KeyId: string; EncryptionContext?: Record<string, string> },
): Question => ({
  action: `kms:${operation}`,
  on: KeyId.split('/').at(-1) ?? '',
  context: {
    ...(Object.keys(EncryptionContext).length > 0 && { 'kms:EncryptionContextKeys': Object.keys(EncryptionContext) }),
    ...Object.fromEntries(
      Object.entries(EncryptionContext).map(([name, value]) => [`kms:EncryptionContext:${name}`, value]),
    ),
  },
});

/** A batch is asked for as its single action is. */
export const sqsCall = (operation: string, { QueueUrl }: { QueueUrl: string }): Question => ({
  action: `sqs:${operation.replace(/Batch$/, '')}`,
  on: (QueueUrl.split('/').at(-1) ?? '').replace(/\.fifo$/, ''),
  context: {},
});
