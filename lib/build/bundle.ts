/** `npm run build`: one zip for each function of serverless.yml, in .build/. */
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { LambdaFunction } from '../local/serverless-yml.ts';
import { openService, type Service, sourceOf } from '../local/service.ts';
import { environmentCredentials, lazyBuiltins, withoutUnusedFeatures } from './esbuild-plugins.ts';
import { type BundledPackage, licencesFile, packagesIn, spellLicences } from './licences.ts';
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
  /** Code, source map and licences, by their path in the zip. */
  files: Record<string, Uint8Array>;
  /** Whose code is in it beside ours. */
  packages: BundledPackage[];
  /** Of the code alone. */
  codeBytes: number;
  budgetBytes: number;
}

const outputFolder = '.build';
const ours = fileURLToPath(new URL('../../', import.meta.url));
const extension = import.meta.filename.slice(-'.ts'.length);

type Named = Pick<LambdaFunction, 'name' | 'file' | 'export' | 'environment'>;

/**
 * What starts a function, and what stands in no file: importing an endpoint runs nothing, so that anything may import it. One that
 * exports no `runtime` has no storage, and then none is in its bundle.
 */
function entryOf(lambda: Named, exported: string[] | undefined, service: Service): string {
  const from = (path: string) => JSON.stringify(`./${relative(service.folder, path)}`);
  const source = from(sourceOf(service, lambda));
  const [imports, runtime] = exported?.includes('runtime')
    ? [`import { runtime } from ${source}; import * as backend from ${from(service.backend)};`, 'runtime(backend)']
    : [`import { bareRuntime } from ${from(join(ours, `lib/runtime/runtime${extension}`))};`, 'bareRuntime()'];
  return `
    import { endpoint } from ${source};
    ${imports}
    const handler = endpoint(await ${runtime});
    export { handler as ${lambda.export} };
  `;
}

/** By the function's name. */
async function exportsOf(lambdas: readonly Named[], service: Service): Promise<Map<string, string[]>> {
  const { metafile } = await build({
    entryPoints: lambdas.map((lambda) => ({ in: sourceOf(service, lambda), out: lambda.name })),
    outdir: outputFolder,
    format: 'esm',
    metafile: true,
    write: false,
  });
  return new Map(Object.entries(metafile.outputs).map(([path, { exports }]) => [basename(path, '.js'), exports]));
}

async function entriesOf(lambdas: readonly Named[], service: Service): Promise<Plugin> {
  const exported = await exportsOf(lambdas, service);
  const entries = new Map(lambdas.map((each) => [each.name, entryOf(each, exported.get(each.name), service)]));
  return {
    name: 'entries',
    setup(bundle) {
      bundle.onResolve({ filter: /^entry:/ }, ({ path }) => ({
        path: path.slice('entry:'.length),
        namespace: 'entry',
      }));
      bundle.onLoad({ filter: /.*/, namespace: 'entry' }, ({ path }) => ({
        contents: entries.get(path) ?? '',
        resolveDir: service.folder,
      }));
    },
  };
}

/**
 * Bundles functions, each as the file and the export that its `handler` in serverless.yml names; in one go, because nearly all of
 * their code is the same, and has to be read once then.
 */
export async function bundle(
  lambdas: readonly Named[],
  target: string,
  service = openService(ours),
): Promise<Bundle[]> {
  const { outputFiles, metafile } = await build({
    absWorkingDir: service.folder,
    entryPoints: lambdas.map(({ name, file }) => ({
      in: `entry:${name}`,
      out: join(name, file.replace(/\.ts$/, '')),
    })),
    outdir: outputFolder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    minify: true,
    platform: 'node',
    target,
    format: 'esm',
    // The SDK's ES modules can be tree-shaken, the CommonJS that `platform: node` prefers cannot.
    mainFields: ['module', 'main'],
    legalComments: 'none', // they are in a file beside the code, which no cold start reads
    metafile: true,
    sourcemap: 'linked',
    sourcesContent: false,
    plugins: [await entriesOf(lambdas, service), lazyBuiltins, environmentCredentials, withoutUnusedFeatures],
    write: false,
    logLevel: 'warning',
  });
  const written = outputFiles.map(({ path, contents }) => [relative(service.folder, path), contents] as const);
  return lambdas.map((lambda) => {
    const folder = join(outputFolder, lambda.name, '/');
    const files = Object.fromEntries(
      written.flatMap(([path, contents]) => (path.startsWith(folder) ? [[path.slice(folder.length), contents]] : [])),
    );
    const outputs = Object.entries(metafile.outputs).filter(([path]) => path.startsWith(folder));
    const packages = packagesIn(Object.fromEntries(outputs), service.folder);
    const code = Object.entries(files).filter(([path]) => path.endsWith('.mjs'));
    const codeBytes = code.reduce((sum, [, { length }]) => sum + length, 0);
    if (packages.length > 0) files[licencesFile] = new TextEncoder().encode(spellLicences(packages));
    return { name: lambda.name, files, packages, codeBytes, budgetBytes: budgetOf(lambda) };
  });
}

/** Writes the zips of all functions and resolves to their bundles. Who reads one meanwhile finds the one before or the new one. */
export async function buildAll(service: Service): Promise<Bundle[]> {
  const { functions, runtime } = service.deployment;
  const target = runtime.replace(/^nodejs(\d+)\.x$/, 'node$1');
  const bundles = await bundle(functions, target, service);
  const folder = join(service.folder, outputFolder);
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
  const service = openService(process.cwd());
  const bundles = await buildAll(service);
  const kilobytes = (bytes: number) => `${(bytes / 1024).toFixed(1).padStart(6)} KB`;
  for (const { name, codeBytes } of bundles) console.log(`${kilobytes(codeBytes)}  ${name}`);
  const tooLarge = bundles.filter(({ codeBytes, budgetBytes }) => codeBytes > budgetBytes);
  // What a company's backend brings along is its own business.
  if (tooLarge.length > 0 && !service.isSwapped) {
    const names = tooLarge.map(({ name }) => name).join(', ');
    console.error(`Over their budget: ${names}`);
    process.exitCode = 1;
  }
}
