/** What no file may import, and who may write to the output: the floors of docs/architecture.md. */
import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, test } from 'vitest';

/** One file imports another, by its types or by its values. */
interface Import {
  from: string;
  to: string;
}

const isIn =
  (...rooms: string[]) =>
  (file: string) =>
    rooms.some((room) => file.startsWith(`lib/${room}/`));
const isDynamodb = isIn('crud/dynamodb');
const isImplementation = (file: string) => isDynamodb(file) || file === 'lib/crud/memory.ts';

/** What describes the API and how to ask it, and what it speaks of. */
const isClientSide = (file: string) =>
  isIn('ocpi', 'operator/api')(file) ||
  ['client', 'send', 'signing', 'local-note', 'local-gate'].some((name) => file === `lib/operator/${name}.ts`) ||
  ['lib/commands.ts', 'lib/errors.ts', 'lib/peers/settings.ts', 'lib/peers/profiles.ts'].includes(file);

const nevers: { rule: string; isBroken: (from: string, to: string) => boolean }[] = [
  {
    rule: 'only the place that opens the backend imports DynamoDB',
    isBroken: (from, to) => isDynamodb(to) && !isDynamodb(from) && from !== 'lib/runtime/backend.ts',
  },
  {
    rule: 'no rule of Tokens, peers, the handshake or syncing imports http',
    isBroken: (from, to) => isIn('tokens', 'credentials', 'peers', 'sync')(from) && isIn('http')(to),
  },
  {
    rule: 'peers do not import the handshake',
    isBroken: (from, to) => isIn('peers')(from) && isIn('credentials')(to),
  },
  {
    rule: 'the ground imports nothing but errors',
    isBroken: (from, to) => isIn('ocpi')(from) && !isIn('ocpi')(to) && to !== 'lib/errors.ts',
  },
  {
    rule: 'the interface of the seam imports no implementation',
    isBroken: (from, to) => from === 'lib/crud/crud.ts' && isImplementation(to),
  },
  {
    rule: 'the command line and the console are clients of the API, and know nothing of what is behind it',
    isBroken: (from, to) => isIn('cli', 'console')(from) && !isIn('cli', 'console')(to) && !isClientSide(to),
  },
];

const sources = globSync(['functions/**/*.ts', 'lib/**/*.{ts,mjs}']).sort();
const specifier = /(?:\bfrom|\bimport)\s*\(?\s*['"](\.[^'"$]+)['"]/g;
const imports: Import[] = sources.flatMap((from) =>
  [...readFileSync(from, 'utf8').matchAll(specifier)].map(([, path = '']) => ({ from, to: join(dirname(from), path) })),
);

const shown = ({ from, to }: Import) => `${from} > ${to}`;

/** The files that import one another in circles, each circle as one line. */
function circles(all: readonly Import[]): string[] {
  const targets = Map.groupBy(all, ({ from }) => from);
  const reach = (start: string): Set<string> => {
    const seen = new Set<string>();
    const next = [start];
    for (let file = next.pop(); file !== undefined; file = next.pop()) {
      const fresh = (targets.get(file) ?? []).map(({ to }) => to).filter((to) => !seen.has(to));
      for (const to of fresh) seen.add(to);
      next.push(...fresh);
    }
    return seen;
  };
  const reached = new Map([...targets.keys()].map((file) => [file, reach(file)]));
  const withinCircle = [...reached].filter(([file, seen]) => seen.has(file));
  const lines = withinCircle.map(([file, seen]) =>
    [...seen]
      .filter((to) => reached.get(to)?.has(file))
      .sort()
      .join(' > '),
  );
  return [...new Set(lines)];
}

test('every import leads to a file, so none is misread', () => {
  expect(imports.length).toBeGreaterThan(300);
  expect(imports.filter(({ to }) => !existsSync(to)).map(shown)).toEqual([]);
});

describe('nevers', () => {
  for (const { rule, isBroken } of nevers) {
    test(rule, () => {
      const broken = imports.filter(({ from, to }) => isBroken(from, to)).map(shown);
      expect([...new Set(broken)].sort()).toEqual([]);
    });
  }

  test('no file imports itself by way of others', () => {
    expect(
      circles([
        { from: 'a', to: 'b' },
        { from: 'b', to: 'c' },
        { from: 'c', to: 'b' },
      ]),
    ).toEqual(['b > c']);
    expect(circles(imports)).toEqual([]);
  });

  test('only telemetry, and what prints for people, writes to the output', () => {
    const writes = /\bconsole\.|\bprocess\.std(?:out|err)\b/;
    const others = sources.filter((file) => !isIn('telemetry', 'cli', 'local', 'build')(file));
    expect(others.filter((file) => writes.test(readFileSync(file, 'utf8')))).toEqual([]);
  });
});
