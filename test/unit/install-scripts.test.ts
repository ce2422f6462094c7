/** What `npm ci` runs that others wrote: only what package.json allows, so that it has nothing to warn of. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Installed {
  /** Only if it is not that of its folder, as of an override. */
  name?: string;
  hasInstallScript?: true;
}

const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
const packages: [string, Installed][] = Object.entries(read('package-lock.json').packages);
const { allowScripts, overrides } = read('package.json');

const nameOf = ([path, { name }]: [string, Installed]): string => name ?? path.replace(/^.*node_modules\//, '');

test('only packages that are allowed to run a script when they are installed have one', () => {
  const scripted = packages.filter(([, { hasInstallScript }]) => hasInstallScript).map(nameOf);
  expect(scripted).toEqual(Object.keys(allowScripts).filter((name) => allowScripts[name]));
});

test.each(Object.entries<string>(overrides))('in place of %s there is %s, wherever it is', (name, instead) => {
  const there = packages.filter(([path]) => path.endsWith(`node_modules/${name}`)).map(nameOf);
  expect(there.length).toBeGreaterThan(0);
  expect(new Set(there)).toEqual(new Set([instead.replace(/^npm:(.+)@.*$/, '$1')]));
});
