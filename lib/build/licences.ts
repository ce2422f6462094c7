/** What a bundle says of the packages whose code is in it: MIT, Apache-2.0 and the like want their notice to go along. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Metafile } from 'esbuild';

export interface BundledPackage {
  name: string;
  version: string;
  /** As SPDX names it. */
  licence: string;
  /** Its licence and, if it has one, its notice. */
  text: string;
}

export const licencesFile = 'THIRD-PARTY-LICENSES.txt';

const root = fileURLToPath(new URL('../../', import.meta.url));
const inNodeModules = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//;

/**
 * @param outputs of a metafile
 * @param folder where their paths begin
 * @returns the packages of which something is left in the output, by name and version
 * @throws Error for one without a text
 */
export function packagesIn(outputs: Metafile['outputs'], folder: string): BundledPackage[] {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const folders = inputs.flatMap(([path, { bytesInOutput }]) => {
    const [, installed] = inNodeModules.exec(path) ?? [];
    return installed !== undefined && bytesInOutput > 0 ? [join(folder, installed)] : [];
  });
  const keyOf = ({ name, version }: BundledPackage) => `${name} ${version}`;
  const packages = [...new Set(folders)].map(readPackage).map((each) => [keyOf(each), each] as const);
  return [...new Map(packages)].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}

const known = new Map<string, BundledPackage>();

function readPackage(folder: string): BundledPackage {
  const before = known.get(folder);
  if (before) return before;
  const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    name: string;
    version: string;
    license?: string;
  };
  const read = { name, version, licence: license ?? 'none', text: textOf(folder, license) };
  known.set(folder, read);
  return read;
}

function textOf(folder: string, licence: string | undefined): string {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)\b/i.test(file));
  const texts = files.toSorted().map((file) => readFileSync(join(folder, file), 'utf8'));
  if (texts.length === 0 && licence === 'MIT') texts.push(mitBy(folder));
  if (texts.length === 0 && licence === 'MIT-0') texts.push('MIT No Attribution: it asks for no notice.');
  if (texts.length === 0) throw new Error(`${folder} has no text of its licence, which has to go along`);
  return texts.map((text) => text.replaceAll('\r\n', '\n').trim()).join('\n\n');
}

/** Some packages leave the text out, which is the same for all under MIT but for whose it is: their README says that. */
function mitBy(folder: string): string {
  const [copyright] = /Copyright \(c\).*/i.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
  if (copyright === undefined) throw new Error(`${folder} does not say whose it is`);
  const [, conditions = ''] =
    /(Permission is hereby granted.*)/s.exec(readFileSync(join(root, 'LICENSE'), 'utf8')) ?? [];
  return `MIT License\n\n${copyright.replace(/\[([^\]]+)\]\([^)]*\)/g, '$1')}\n\n${conditions}`;
}

/** Each text once, beneath the packages that it is of; the same for the same packages. */
export function spellLicences(packages: readonly BundledPackage[]): string {
  const byText = Map.groupBy(packages, ({ text }) => text);
  const sections = [...byText].map(([text, those]) => {
    const names = those.map(({ name, version, licence }) => `${name} ${version} (${licence})`);
    return `${names.join('\n')}\n\n${text}\n`;
  });
  const line = `\n${'-'.repeat(72)}\n\n`;
  return ['What others have written of the code beside this file, and under which conditions.\n', ...sections].join(
    line,
  );
}
