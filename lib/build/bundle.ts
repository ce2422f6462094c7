/** `npm run build`: one zip for each function of serverless.yml, in .build/. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type LambdaFunction, readServerlessYml } from '../local/serverless-yml.ts';
import { environmentCredentials, lazyBuiltins, withoutUnusedFeatures } from './esbuild-plugins.ts';
import { zip } from './zip.ts';

/** Minified and unzipped, without the source map: what a cold start has to read. */
export const bundleBudget = 250 * 1024;

export interface Bundle {
  name: string;
  /** Code and source map, by their path in the zip. */
  files: Record<string, Uint8Array>;
  /** Of the code alone. */
  codeBytes: number;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const outputFolder = '.build';

/** Bundles one function, as the file that its `handler` in serverless.yml names. */
export async function bundle({ name, file }: Pick<LambdaFunction, 'name' | 'file'>, target: string): Promise<Bundle> {
  const { outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: [file],
    outdir: outputFolder,
    outbase: '.',
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target,
    format: 'esm',
    // The SDK's ES modules can be tree-shaken, the CommonJS that `platform: node` prefers cannot.
    mainFields: ['module', 'main'],
    legalComments: 'none',
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [lazyBuiltins, environmentCredentials, withoutUnusedFeatures],
    write: false,
    logLevel: 'warning',
  });
  const files = Object.fromEntries(
    outputFiles.map(({ path, contents }) => [path.slice(join(root, outputFolder, '/').length), contents]),
  );
  const code = Object.entries(files).filter(([path]) => path.endsWith('.mjs'));
  return { name, files, codeBytes: code.reduce((sum, [, { length }]) => sum + length, 0) };
}

/** Writes the zips of all functions and resolves to their bundles. */
export async function buildAll(): Promise<Bundle[]> {
  const { functions, runtime } = readServerlessYml();
  const target = runtime.replace(/^nodejs(\d+)\.x$/, 'node$1');
  const bundles = await Promise.all(functions.map((lambda) => bundle(lambda, target)));
  await rm(join(root, outputFolder), { recursive: true, force: true });
  await mkdir(join(root, outputFolder), { recursive: true });
  await Promise.all(bundles.map(({ name, files }) => writeFile(join(root, outputFolder, `${name}.zip`), zip(files))));
  return bundles;
}

if (process.argv[1] === import.meta.filename) {
  const bundles = await buildAll();
  const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1).padStart(6)} KB`;
  for (const { name, codeBytes } of bundles) console.log(`${kilobytes(codeBytes)}  ${name}`);
  const tooLarge = bundles.filter(({ codeBytes }) => codeBytes > bundleBudget);
  if (tooLarge.length > 0) {
    const names = tooLarge.map(({ name }) => name).join(', ');
    console.error(`Over the budget of ${kilobytes(bundleBudget).trim()}: ${names}`);
    process.exitCode = 1;
  }
}
