/** Once, before the first test of a run: what would be deployed is made of what is here, unless it has been. */
import { existsSync, globSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildAll } from '../../../lib/build/bundle.ts';
import { openService } from '../../../lib/local/service.ts';
import { packageWith } from '../../packaging/packaged.ts';
import { packaged, root } from './template.ts';

/** The tools that are never deployed change too often to build for. */
const sources = [
  'serverless.yml',
  'package-lock.json',
  'functions/**/*.ts',
  'lib/*.ts',
  'lib/!(cli|console|local)/**/*.ts',
];

const changes = (patterns: string | string[]): number[] =>
  globSync(patterns, { cwd: root }).map((path) => statSync(join(root, path)).mtimeMs);

export async function setup(): Promise<void> {
  const zips = changes('.build/*.zip');
  if (zips.length === 0 || Math.min(...zips) < Math.max(...changes(sources))) await buildAll(openService(root));
  const [declared = 0] = changes('serverless.yml');
  if (existsSync(packaged) && statSync(packaged).mtimeMs > declared) return;
  const template = await packageWith();
  mkdirSync(dirname(packaged), { recursive: true });
  writeFileSync(packaged, JSON.stringify(template));
}
