/** docs/requirements.md has a line for every requirement id that is cited, and none for any other; titles of tests say first what happens. */
import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const page = 'docs/requirements.md';
const sources = globSync([
  'functions/**/*.ts',
  'lib/**/*.{ts,mjs}',
  'test/**/*.ts',
  'docs/*.md',
  'README.md',
  'serverless.yml',
]);

/** One or two words in capitals and two digits; the one other thing that looks like this is an encoding. */
const id = String.raw`(?<![\w-])(?!UTF-)[A-Z]+(?:-[A-Z]+)?-\d\d(?![\w-])`;
const line = /^- \*\*(\S+)\*\* · (?:all|2\.2\.1\+|2\.[123]\.[01]) · [A-Z`].*[^.]\. · (?:near )?[a-z_]+, \S.*$/;

const lines = readFileSync(page, 'utf8')
  .split('\n')
  .filter((text) => text.startsWith('- '));
const defined = lines.map((text) => line.exec(text)?.[1] ?? `no line of this form: ${text}`);

/** Where each id is first cited; of a range its ends are. */
function citations(): Map<string, string> {
  const found = new Map<string, string>();
  for (const file of sources.filter((path) => path !== page)) {
    for (const [cited] of readFileSync(file, 'utf8').matchAll(new RegExp(id, 'g'))) {
      if (!found.has(cited)) found.set(cited, `${cited} (${file})`);
    }
  }
  return found;
}

test('every id that is cited has its line, and every line is cited', () => {
  const cited = citations();
  expect(cited.size).toBeGreaterThan(100);
  expect({
    missing: [...cited].filter(([name]) => !defined.includes(name)).map(([, where]) => where),
    unused: defined.filter((name) => !cited.has(name)),
  }).toEqual({ missing: [], unused: [] });
});

test('every line has one sentence and a place, and no id has two', () => {
  expect(lines.filter((text) => !line.test(text) || /[.!?] [A-Z]/.test(text))).toEqual([]);
  expect(defined.filter((name, i) => defined.indexOf(name) !== i)).toEqual([]);
});

test('no title of a test begins with an id', () => {
  const early = new RegExp(String.raw`['"\x60](?:%\w |\d\.\d\.\d )?${id}[ ,:].*`, 'g');
  const titles = sources
    .filter((path) => path.startsWith('test/'))
    .map((path) => [path, readFileSync(path, 'utf8').match(early)]);
  expect(titles.filter(([, found]) => found)).toEqual([]);
});

test('nothing refers to a document that is not here', () => {
  const elsewhere = /requirements §|\bDESIGN\b|\btoolchain\.md\b/;
  const files = sources.filter((path) => path !== 'test/unit/docs/requirements.test.ts');
  expect(files.filter((path) => elsewhere.test(readFileSync(path, 'utf8')))).toEqual([]);
});
