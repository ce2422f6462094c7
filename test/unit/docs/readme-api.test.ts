/** The README's section on the owner's API: its table is whole, its local commands work, and what they send is as the schemas say. */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { check } from '../../../lib/ocpi/values.ts';
import { operations } from '../../../lib/operator/api/all.ts';
import { writeLocalNote } from '../../../lib/operator/local-note.ts';
import { type Instance, startInstance } from '../../support/instance.ts';
import { type Owner, startOwner } from '../../support/owner.ts';

const [, section = ''] = /## The owner's API\n(.*?)\n## /s.exec(readFileSync('README.md', 'utf8')) ?? [];
const blocks = [...section.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text);
const local = blocks.find((text) => text.includes('local.json')) ?? '';
const curls = local.split('\n').filter((line) => line.startsWith('curl '));

test('its table names every operation with its method, and no other', () => {
  const named = [...section.matchAll(/\b(GET|POST) `([\w/-]+)`/g)].map(([, method, name]) => `${method} ${name}`);
  expect(named.sort()).toEqual(operations.map(({ method, name }) => `${method} ${name}`).sort());
});

test('what its commands send is what the operations take', () => {
  const bodies = curls
    .map((line) => /\/operator\/([\w/-]+)".* -d '(.+)'$/.exec(line))
    .filter((found) => found !== null)
    .map(([, name, body = '']) => ({ name, body: JSON.parse(body) as unknown }));
  expect(bodies.length).toBeGreaterThan(1);
  for (const { name, body } of bodies) {
    const operation = operations.find((each) => each.name === name);
    expect(operation && check(operation.input, body, 'the body'), name).toHaveProperty('output');
  }
});

describe('on a running server', () => {
  let folder: string;
  let platform: Instance;
  let owner: Owner;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ocpi-tokens-'));
    platform = await startInstance({ parties: 'CPO NL LCP, EMSP NL LMS' });
    owner = await startOwner(platform.runtime);
    writeLocalNote(join(folder, '.data'), { pid: process.pid, operator: { url: owner.url, key: owner.key } });
  });
  afterAll(async () => {
    await owner.stop();
    await platform.stop();
    rmSync(folder, { recursive: true });
  });

  test('its local commands work, one after the other', async () => {
    expect(curls).toHaveLength(5);
    await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', local], { cwd: folder });
    expect((await owner.get('tokens/get', { uid: '04AABBCC' })).data).toMatchObject({
      token: { valid: false },
      settings: { blocked: true, block: { why: 'lost', info: [{ text: 'Please call us' }] } },
    });
  });
});
