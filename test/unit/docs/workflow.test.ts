/** The workflow for the usual CI does what a contributor does, on the Node that functions run on, and needs no secret. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readServerlessYml } from '../../../lib/local/serverless-yml.ts';

interface Workflow {
  permissions: object;
  jobs: Record<string, { steps: { uses?: string; run?: string; with?: { 'node-version'?: number } }[] }>;
}

const text = readFileSync('.github/workflows/ci.yml', 'utf8');
const { permissions, jobs } = parse(text) as Workflow;
const steps = Object.values(jobs).flatMap((job) => job.steps);

test('it installs and tests as anybody would', () => {
  const commands = steps.flatMap(({ run }) => run ?? []);
  expect(commands).toEqual(['npm ci', 'npm test']);
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  expect(scripts).toHaveProperty('test');
});

test('on the Node of the functions', () => {
  const versions = steps.flatMap((step) => step.with?.['node-version'] ?? []);
  expect(versions.map((version) => `nodejs${version}.x`)).toEqual([readServerlessYml().runtime]);
});

test('it may read and nothing else, has no secret, and names the major version of each action', () => {
  expect(permissions).toEqual({ contents: 'read' });
  expect(text).not.toMatch(/secrets\.|pull_request_target/);
  for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/^actions\/[a-z-]+@v\d+$/);
});
