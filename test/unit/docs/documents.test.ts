/** What the documents name is there: files, and what they link to. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const documents = [...globSync('docs/*.md'), 'CONTRIBUTING.md', 'SECURITY.md'];

test('every parameter of the deployment is in the page on operating', () => {
  const { params } = parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'silent' }) as {
    params: { default: Record<string, unknown> };
  };
  const page = readFileSync('docs/operating.md', 'utf8');
  expect(Object.keys(params.default).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test.each(documents)('every file that %s names or links to is there', (document) => {
  const text = readFileSync(document, 'utf8');
  const named = [...text.matchAll(/`((?:lib|functions|test|docs)\/[\w./-]+\.\w+|\w+\.yml)`/g)].map(
    ([, path = '']) => path,
  );
  const linked = [...text.matchAll(/\]\(([^):#]+)(?:#[^)]*)?\)/g)].map(([, path = '']) =>
    join(dirname(document), path),
  );
  expect([...named, ...linked].filter((path) => !existsSync(path))).toEqual([]);
});
