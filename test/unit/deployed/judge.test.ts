/** The judge of IAM itself: what it calls denied, in vain and too wide. */
import { expect, test } from 'vitest';
import type { Call } from '../../support/deployed/calls.ts';
import { deniedOf, grantsOf, inVain } from '../../support/deployed/judge.ts';
import { account, region, type Statement } from '../../support/deployed/template.ts';

const table = `arn:aws:dynamodb:${region}:${account}:table/Tokens`;
const key = `arn:aws:kms:${region}:${account}:key/SecretsKey`;
const arnOf = (on: string) => (on === 'SecretsKey' ? key : on.replace(/^Tokens/, table));

const call = (action: string, ...keys: string[]): Call => ({
  by: 'one',
  action: `dynamodb:${action}`,
  on: 'Tokens',
  context: { 'dynamodb:LeadingKeys': keys },
});
const role = (Action: string[], keys?: string[], Resource = [table]): Statement[] => [
  {
    Effect: 'Allow',
    Action: Action.map((each) => `dynamodb:${each}`),
    Resource,
    ...(keys && { Condition: { 'ForAllValues:StringLike': { 'dynamodb:LeadingKeys': keys } } }),
  },
];
const denied = async (calls: Call[], statements: Statement[]) =>
  (await deniedOf(calls, statements, arnOf, () => undefined)).map(({ action }) => action.replace(/^\w+:/, ''));
const vain = (statements: Statement[], own: Call[], all = own) =>
  grantsOf(statements).flatMap((grant) => inVain(grant, own, all, arnOf));

test('a call is denied that no statement allows: another action, another key, one key of many', async () => {
  const calls = [call('GetItem', 'C#1'), call('PutItem', 'C#1'), call('BatchGetItem', 'C#1', 'E#1')];
  expect(await denied(calls, role(['GetItem', 'BatchGetItem'], ['C#*']))).toEqual(['PutItem', 'BatchGetItem']);
  expect(await denied([call('GetItem', 'E#1')], role(['GetItem'], ['C#*']))).toEqual(['GetItem']);
  expect(await denied([{ ...call('Query'), on: 'Tokens/index/a' }], role(['Query']))).toEqual(['Query']);
});

test('an action that IAM does not know is no proof', async () => {
  await expect(denied([call('Nonsense', 'C#1')], role(['GetItem']))).rejects.toThrow(/Nonsense/);
});

test('a key is opened for whom it belongs to, if its own policy hands that over to IAM', async () => {
  const asked = (peer: object): Call => ({ by: 'one', action: 'kms:Decrypt', on: 'SecretsKey', context: { ...peer } });
  const Condition = {
    'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['peer'] },
    Null: { 'kms:EncryptionContext:peer': false },
  };
  const statements = [{ Effect: 'Allow', Action: ['kms:Decrypt'], Resource: [key], Condition }];
  const own = asked({ 'kms:EncryptionContextKeys': ['peer'], 'kms:EncryptionContext:peer': 'a' });
  const Principal = { AWS: `arn:aws:iam::${account}:root` };
  const Statement = [{ Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }];
  const policy = { Version: '2012-10-17', Statement };
  expect(await deniedOf([own], statements, arnOf, () => policy)).toEqual([]);
  expect(await deniedOf([asked({})], statements, arnOf, () => policy)).toHaveLength(1);
  expect(await deniedOf([own], statements, arnOf, () => undefined)).toHaveLength(1);
});

test('in vain is an action, a resource or a pattern that no call needed', () => {
  const own = [call('GetItem', 'C#1')];
  expect(vain(role(['GetItem'], ['C#*']), own)).toEqual([]);
  expect(vain(role(['GetItem', 'PutItem'], ['C#*']), own)).toEqual([expect.stringContaining('PutItem')]);
  expect(vain(role(['GetItem'], ['C#*', 'E#*']), own)).toEqual([expect.stringContaining('E#*')]);
  expect(vain(role(['GetItem'], ['C#*'], [table, `${table}/index/a`]), own)).toEqual([
    expect.stringContaining('index/a'),
  ]);
  expect(vain(role(['*']), own)).toEqual([expect.stringContaining('name the actions')]);
});

test('too wide is what lets keys through that others use and this one does not', () => {
  const own = [call('GetItem', 'C#1')];
  const all = [...own, { ...call('GetItem', 'E#1'), by: 'another' }];
  expect(vain(role(['GetItem'], ['C#*']), own, all)).toEqual([]);
  expect(vain(role(['GetItem'], ['*']), own, all)).toEqual([expect.stringContaining('also allows E#')]);
  expect(vain(role(['GetItem']), own, all)).toEqual([expect.stringContaining('also allows E#')]);
});
