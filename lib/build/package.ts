/** `npm pack`: what is installed elsewhere, compiled into dist/, which has the folders of the repository. */
import { execFileSync } from 'node:child_process';
import { cpSync, globSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const dist = join(root, 'dist');

rmSync(dist, { recursive: true, force: true });
execFileSync('tsc', ['-p', 'tsconfig.package.json'], { cwd: root, stdio: 'inherit' });

// The compiler rewrites imports in the code alone.
for (const file of globSync('**/*.d.{ts,mts}', { cwd: dist })) {
  const types = readFileSync(join(dist, file), 'utf8');
  writeFileSync(join(dist, file), types.replace(/((?:from |import\()["']\.[^"']+)\.ts(["'])/g, '$1.js$2'));
}

for (const file of ['LICENSE', 'serverless.yml', 'lib/console/page']) {
  cpSync(join(root, file), join(dist, file), {
    recursive: true,
    filter: (source) => !source.endsWith('tsconfig.json'),
  });
}

// What the code looks for where the repository has it.
const { name, version, type, sideEffects } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as object & {
  name: string;
  version: string;
  type: string;
  sideEffects: boolean;
};
writeFileSync(join(dist, 'package.json'), `${JSON.stringify({ name, version, type, sideEffects }, null, 2)}\n`);
