/** What the documents name is there: files, and what they link to. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const documents = [...globSync('docs/*.md'), 'CONTRIBUTING.md', 'SECURITY.md'];

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
