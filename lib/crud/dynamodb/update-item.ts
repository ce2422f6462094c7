/** The one way in which a stored Token changes: a conditional update of the whole Token that leaves alone what else its item holds. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type Token, tokenEntries } from '../../ocpi/token.ts';
import type { Key, OwnItem, ReceivedItem } from './items.ts';

/**
 * Sets every member that is there and removes those of a Token that are not.
 * @param expected the revision that the change is based on
 */
export function updateOfItem(
  table: string,
  key: Key,
  expected: string,
  item: Token & { revision: string } & Partial<Pick<ReceivedItem, 'arrived_at'> & Pick<OwnItem, 'settings'>>,
): UpdateCommand {
  const values: Record<string, unknown> = { ...item };
  const set = Object.keys(values).filter((name) => values[name] !== undefined);
  const remove = Object.keys(tokenEntries).filter((name) => !set.includes(name));
  const expression = [`SET ${set.map((name) => `#${name} = :${name}`).join(', ')}`];
  if (remove.length > 0) expression.push(`REMOVE ${remove.map((name) => `#${name}`).join(', ')}`);
  return new UpdateCommand({
    TableName: table,
    Key: key,
    UpdateExpression: expression.join(' '),
    ConditionExpression: '#revision = :expected',
    ExpressionAttributeNames: Object.fromEntries([...set, ...remove].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ':expected': expected,
      ...Object.fromEntries(set.map((name) => [`:${name}`, values[name]])),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  });
}
