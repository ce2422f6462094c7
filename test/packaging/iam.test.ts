/**
 * IAM both ways: what the functions asked of AWS when the other tests ran their zips, held against the role that the template
 * gives to each. It comes after those tests, and looks at what they have left in node_modules/.cache.
 */
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Call } from '../support/deployed/calls.ts';
import { sources } from '../support/deployed/events.ts';
import { deniedOf, type Grant, grantsOf, inVain, keysOf } from '../support/deployed/judge.ts';
import { readRecordings } from '../support/deployed/recordings.ts';
import { arnOf, grants, policyOf, readTemplate } from '../support/deployed/template.ts';

const template = readTemplate();
const recordings = readRecordings();
const calls = [...recordings.values()].flatMap((each) => each.calls);
const called = new Set([...recordings.values()].flatMap((each) => each.called));
const roles = [...grants(template)];

/** @param on such as `Tokens/index/by-uid` */
const arnNamed = (on: string): string => {
  const [id = '', ...rest] = on.split('/');
  return [arnOf(template, id), ...rest].join('/');
};

const ownCalls = (name: string): Call[] => calls.filter(({ by }) => by === name);

/** Whether Lambda fetches the events of a function from there. */
const isSource = (on: string, name: string): boolean =>
  sources(template).some(({ name: called, from, kind }) => {
    const arn = arnOf(template, from) ?? '';
    return called === name && (kind === 'stream' ? on.startsWith(`${arn}/stream/`) : on === arn);
  });

/** What is no call of a function: what Lambda itself does with its role. */
const exceptions: { why: string; actions: string[]; isSo: (grant: Grant, name: string) => boolean }[] = [
  {
    why: 'what a function prints goes to its log group',
    actions: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    isSo: ({ on }) => on.includes(':log-group:'),
  },
  {
    why: 'Lambda reads the stream for a function',
    actions: ['DescribeStream', 'GetRecords', 'GetShardIterator', 'ListStreams'].map((action) => `dynamodb:${action}`),
    isSo: ({ on }, name) => isSource(on, name),
  },
  {
    why: 'Lambda polls the queue for a function, and gives up what it could not do, which then goes to the dead letters by itself',
    actions: ['ReceiveMessage', 'DeleteMessage', 'GetQueueAttributes', 'ChangeMessageVisibility'].map(
      (a) => `sqs:${a}`,
    ),
    isSo: ({ on }, name) => isSource(on, name),
  },
];

const isException = (grant: Grant, name: string): boolean =>
  exceptions.some(({ actions, isSo }) => actions.includes(grant.action) && isSo(grant, name));

test('what is judged is complete: every test that runs zips has left what they asked', () => {
  const files = globSync('test/{e2e,deployed}/**/*.test.ts').filter((file) =>
    /describeStorages|startDeployedPair/.test(readFileSync(file, 'utf8')),
  );
  const missing = files.filter((file) => !recordings.has(file));
  expect(missing, 'run these first; npm test does').toEqual([]);
});

describe.each(roles)('the role of %s', (name, statements) => {
  test('allows all that it asks', async () => {
    const denied = await deniedOf(ownCalls(name), statements, arnNamed, (on) => policyOf(template, on));
    expect(denied.map((call) => `${call.action} on ${call.on} [${keysOf(call).join()}]`)).toEqual([]);
  });

  test('belongs to a zip that tests have called', () => {
    expect(called.has(name)).toBe(true);
  });

  test('allows nothing that it does not ask', () => {
    const candidates = grantsOf(statements).filter((grant) => !isException(grant, name));
    const vain = candidates.flatMap((grant) => inVain(grant, ownCalls(name), calls, arnNamed));
    expect([...new Set(vain)]).toEqual([]);
  });

  test('only allows', () => {
    expect(statements.filter(({ Effect }) => Effect !== 'Allow')).toEqual([]);
  });
});

test('no exception is made for nothing', () => {
  const unused = exceptions.filter(
    ({ actions, isSo }) =>
      !roles.some(([name, statements]) =>
        grantsOf(statements).some((grant) => actions.includes(grant.action) && isSo(grant, name)),
      ),
  );
  expect(unused.map(({ why }) => why)).toEqual([]);
});
