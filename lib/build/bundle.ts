/** `npm run build`: one zip for each function of serverless.yml, in .build/. */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type LambdaFunction, readServerlessYml } from '../local/serverless-yml.ts';
import { environmentCredentials, lazyBuiltins, withoutUnusedFeatures } from './esbuild-plugins.ts';
import { zip } from './zip.ts';

/**
 * What a cold start reads, bounded where somebody waits for it. Functions that talk to peers also hold the outgoing client and the
 * vault; whoever calls them waits for a stranger's server anyway.
 */
function budgetOf({ environment }: Pick<LambdaFunction, 'environment'>): number {
  // With the client of the queue, nobody waits.
  if ('SYNC_QUEUE_URL' in environment) return 340 * 1024;
  return ('SECRETS_KEY' in environment ? 300 : 250) * 1024;
}

export interface Bundle {
  name: string;
  /** Code and source map, by their path in the zip. */
  files: Record<string, Uint8Array>;
  /** Of the code alone. */
  codeBytes: number;
  budgetBytes: number;
}

const root = fileURLToPath(new URL('../../', import.meta.url));
const outputFolder = '.build';

/** What starts a function, and what stands in no file: importing an endpoint runs nothing, so that anything may import it. */
const entryOf = ({ file, export: exported }: Pick<LambdaFunction, 'file' | 'export'>): string => `
  import { endpoint, runtime } from './${file}';
  const handler = endpoint(await runtime());
  export { handler as ${exported} };
`;

/** Bundles one function, as the file and the export that its `handler` in serverless.yml names. */
export async function bundle(
  lambda: Pick<LambdaFunction, 'name' | 'file' | 'export' | 'environment'>,
  target: string,
): Promise<Bundle> {
  const { name, file } = lambda;
  const { outputFiles } = await build({
    absWorkingDir: root,
    stdin: { contents: entryOf(lambda), resolveDir: root, sourcefile: `${name}.entry.js` },
    outfile: join(outputFolder, file.replace(/\.ts$/, '.mjs')),
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
  const codeBytes = code.reduce((sum, [, { length }]) => sum + length, 0);
  return { name, files, codeBytes, budgetBytes: budgetOf(lambda) };
}

/** Writes the zips of all functions and resolves to their bundles. Who reads one meanwhile finds the one before or the new one. */
export async function buildAll(): Promise<Bundle[]> {
  const { functions, runtime } = readServerlessYml();
  const target = runtime.replace(/^nodejs(\d+)\.x$/, 'node$1');
  const bundles = await Promise.all(functions.map((lambda) => bundle(lambda, target)));
  const folder = join(root, outputFolder);
  await mkdir(folder, { recursive: true });
  await Promise.all(bundles.map(({ name, files }) => replace(join(folder, `${name}.zip`), zip(files))));
  const names = new Set(bundles.map(({ name }) => `${name}.zip`));
  const others = (await readdir(folder)).filter((name) => name.endsWith('.zip') && !names.has(name));
  await Promise.all(others.map((name) => rm(join(folder, name), { force: true })));
  return bundles;
}

async function replace(path: string, content: Uint8Array): Promise<void> {
  const aside = `${path}.${process.pid}`;
  await writeFile(aside, content);
  await rename(aside, path);
}

if (process.argv[1] === import.meta.filename) {
  const bundles = await buildAll();
  const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1).padStart(6)} KB`;
  for (const { name, codeBytes } of bundles) console.log(`${kilobytes(codeBytes)}  ${name}`);
  const tooLarge = bundles.filter(({ codeBytes, budgetBytes }) => codeBytes > budgetBytes);
  if (tooLarge.length > 0) {
    const names = tooLarge.map(({ name }) => name).join(', ');
    console.error(`Over their budget: ${names}`);
    process.exitCode = 1;
  }
}
