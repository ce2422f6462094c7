/** The steps of docs/operating.md that can be tried here. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = readFileSync('docs/operating.md', 'utf8');
const deployment = readFileSync('serverless.yml', 'utf8');

test.each(['Tokens', 'Peers', 'Records'])('a restored table takes the place of %s everywhere', (table) => {
  const command = /^sed .*(?= > )/m.exec(page)?.[0] ?? '';
  const restored = execFileSync('sh', ['-c', command], {
    env: { ...process.env, TABLE: table, NEW: 'from-yesterday' },
  });
  const text = restored.toString();
  // Of whatever form, and not only those that the command knows: a function, within braces too, or the words of a !Sub.
  const references = new RegExp(String.raw`(?:![\w:]+ \[?|\$\{)${table}\b`, 'g');
  expect(deployment.match(references)?.length).toBeGreaterThan(5);
  expect(text.match(references)).toBeNull();
  const renamed = new RegExp(String.raw`(?:![\w:]+ \[?|\$\{)Restored${table}\b`, 'g');
  expect(text.match(renamed)).toHaveLength(deployment.match(references)?.length ?? 0);
  expect(text).toContain(`
    Restored${table}:
      Type: AWS::DynamoDB::Table
      DeletionPolicy: Retain
      UpdateReplacePolicy: Retain
      Properties:
        TableName: from-yesterday
        BillingMode`);
  expect(text.split('\n')).toHaveLength(deployment.split('\n').length + 1);
});
