/** What the README shows is what there is. */
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const readme = readFileSync('README.md', 'utf8');

test('the Tokens that it shows in SQLite are those that pass the contract, in at most 80 lines', () => {
  const source = readFileSync('test/contract/sqlite-tokens.ts', 'utf8');
  expect(readme).toContain(`\`\`\`ts\n${source}\`\`\``);
  expect(source.trimEnd().split('\n').length).toBeLessThanOrEqual(80);
});

test('they are those of the example of a service of one’s own too, by what they import', () => {
  const [, ...own] = readFileSync('examples/own-service/tokens.ts', 'utf8').split('\n');
  const [, ...ours] = readFileSync('test/contract/sqlite-tokens.ts', 'utf8')
    .replaceAll(/'\.\.\/\.\.\/lib\/(?:crud\/)?([\w/]+)\.ts'/g, "'ocpi-tokens/$1'")
    .split('\n');
  expect(own).toEqual(ours);
});

test('every variable of the configuration is in its table', () => {
  const names = readFileSync('lib/runtime/config.ts', 'utf8').match(/(?<=read\('|env\.)[A-Z_]{4,}/g) ?? [];
  expect(names.length).toBeGreaterThan(10);
  for (const name of names) expect(readme).toContain(`\`${name}\``);
});

test('every file that it links to is there', () => {
  const links = [...readme.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path = '']) => path);
  expect(links.length).toBeGreaterThan(3);
  expect(links.filter((path) => !existsSync(path))).toEqual([]);
});
