/** The README's commands on our own Tokens, with the files that they name, word by word. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type OwnerCli, startOwnerCli } from '../support/owner-cli.ts';

const readme = readFileSync('README.md', 'utf8');
const blocks = [...readme.matchAll(/```sh\n(.*?)```/gs)].map(([, text = '']) => text);
const lines =
  blocks
    .find((text) => text.includes('tokens import'))
    ?.trimEnd()
    .split('\n') ?? [];

/** @returns the words of a command as a shell makes them; where its output goes is not ours to look at */
const wordsOf = (line: string): string[] => {
  const [command = ''] = line.replace('npm run -s cli -- ', '').split(' > ');
  return execFileSync('bash', ['-c', `printf '%s\\0' ${command}`], { encoding: 'utf8' })
    .split('\0')
    .slice(0, -1);
};

let owner: OwnerCli;
beforeAll(async () => {
  owner = await startOwnerCli();
});
afterAll(() => owner.stop());

test('work one after the other, and once more', async () => {
  expect(lines).toHaveLength(5);
  const told: string[] = [];
  for (const line of [...lines, ...lines]) {
    const { code, out, err } = await owner.cli(wordsOf(line));
    expect([line, code]).toEqual([line, 0]);
    told.push(out + err);
  }
  expect(told[0]).toContain(': 4 created, 0 updated');
  expect(told[1]).toContain(': 3 created, 0 updated');
  expect(told[2]).toMatch(/^contract_id +NL-LMS-C10000001$/m);
  expect(told[3]).toMatch(/^valid +false$/m);
  expect(told[5]).toContain('0 created, 0 updated, 4 unchanged');
  expect(told[6]).toContain('0 created, 0 updated, 3 unchanged');
});

test('print nothing of npm’s, which would end in the file that they write', () => {
  for (const block of blocks) expect(block).not.toMatch(/npm run (?!-s )cli/);
});
