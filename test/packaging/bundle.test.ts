import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Bundle, bundle } from '../../lib/build/bundle.ts';
import { licencesFile } from '../../lib/build/licences.ts';
import { zip } from '../../lib/build/zip.ts';
import { readServerlessYml } from '../../lib/local/serverless-yml.ts';
import { openService } from '../../lib/local/service.ts';

const { functions, runtime } = readServerlessYml();
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

/** Those that ask for no more than their notice. */
const allowed = ['MIT', 'MIT-0', 'Apache-2.0', 'ISC', '0BSD', 'BSD-2-Clause', 'BSD-3-Clause'];

/** Packages that are for more than development. */
const { packages: locked } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as {
  packages: Record<string, { dev?: boolean }>;
};
const forUse = Object.entries(locked).flatMap(([path, { dev }]) =>
  dev || path === '' ? [] : [path.replace(/^.*node_modules\//, '')],
);

test('tests, builds and functions run on the same major version of Node', () => {
  expect(runtime).toBe(`nodejs${process.versions.node.split('.')[0]}.x`);
});

let bundles: Bundle[];
beforeAll(async () => {
  bundles = await bundle(functions, 'node24');
});

describe.each(functions)('the bundle of $name', ({ name, file, export: exported }) => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  const code = file.replace(/\.ts$/, '.mjs');
  let built: Bundle;
  beforeAll(() => {
    built = bundles.find((each) => each.name === name) ?? expect.unreachable();
    for (const [path, content] of Object.entries(built.files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), content);
    }
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('holds the file that serverless.yml names, its source map, and the licences', () => {
    const licences = built.packages.length > 0 ? [licencesFile] : [];
    expect(Object.keys(built.files).toSorted()).toEqual([...licences, code, `${code}.map`]);
    expect(text(built.files[code])).toMatch(/\/\/# sourceMappingURL=.*\.mjs\.map\s*$/);
  });

  test('holds code of others only where that may be, and says whose', () => {
    const given = text(built.files[licencesFile]);
    for (const { name, version, licence, text: words } of built.packages) {
      expect(allowed, name).toContain(licence);
      expect(forUse, name).toContain(name);
      expect(given).toContain(`${name} ${version} (${licence})\n`);
      expect(given).toContain(words);
      expect(words, name).toMatch(/Permission (is hereby granted|to use)|Apache License|No Attribution/);
    }
    const sources = JSON.parse(text(built.files[`${code}.map`])).sources as string[];
    const named = sources.flatMap((source) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []);
    expect([...new Set(built.packages.map(({ name }) => name))]).toEqual([...new Set(named)].toSorted());
  });

  test('is within the budget', () => {
    expect(built.codeBytes).toBe(built.files[code]?.length);
    expect(built.codeBytes).toBeLessThanOrEqual(built.budgetBytes);
  });

  test('holds the queue only if it syncs, so that nobody else has it in his cold start', () => {
    const wakes = /^functions\/(sync\/|operator\/peers\/steer)/.test(file);
    expect(text(built.files[code]).includes('SendMessageBatch')).toBe(wakes);
    const sources = JSON.parse(text(built.files[`${code}.map`])).sources as string[];
    const ofSync = sources.filter((source) => /\/lib\/sync\/|client-sqs/.test(source));
    // Whoever ends a connection forgets where its lanes were.
    const forgets = /\/lib\/sync\/(forget|refused|runtime|state|token-name|urgent|wishes|pull\/names)\.ts$/;
    if (!/^functions\/(sync|operator|schedule)\//.test(file)) {
      expect(ofSync.filter((source) => !(file.includes('credentials') && forgets.test(source)))).toEqual([]);
    }
  });

  test('holds the storage only if it has one', () => {
    const hasStorage = /\bruntime = /.test(readFileSync(file, 'utf8'));
    expect(text(built.files[code]).includes('DynamoDB_20120810')).toBe(hasStorage);
  });

  test('imports nothing that is not in it', () => {
    expect(text(built.files[code])).not.toMatch(/\bimport\s*[\w{*"'].*?from\s*["']|\brequire\(["']|\bimport\(["']/);
  });

  test('names no folder of this machine', () => {
    for (const [path, content] of Object.entries(built.files)) expect(text(content), path).not.toContain(process.cwd());
  });

  test('runs by itself, where there is no node_modules, and exports the handler', async () => {
    const environment = {
      TOKENS_TABLE: 'tokens',
      PEERS_TABLE: 'peers',
      RECORDS_TABLE: 'records',
      PUBLIC_URL: 'https://ocpi.example.com',
      OCPI_PARTIES: 'CPO NL LCP, EMSP NL LMS',
      SYNC_QUEUE_URL: 'https://sqs.eu-central-1.amazonaws.com/000000000000/sync.fifo',
      SECRETS_KEY: 'kms:arn:aws:kms:eu-central-1:000000000000:key/a',
      AWS_REGION: 'eu-central-1',
      AWS_ACCESS_KEY_ID: 'a',
      AWS_SECRET_ACCESS_KEY: 'b',
    };
    const script = `console.log(typeof (await import('./${code}'))['${exported}'])`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: folder,
      env: environment,
    });
    expect(stdout).toBe('function\n');
  });
});

test('on a storage of somebody else there is nothing of ours', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'bundle-'));
  const backend = join(folder, 'backend.ts');
  const memory = JSON.stringify(join(process.cwd(), 'lib/crud/memory.ts'));
  writeFileSync(
    backend,
    `import { memoryStorage } from ${memory};\nexport const openStorage = (_, ambient) => memoryStorage(ambient);\n`,
  );
  const [lambda = expect.unreachable()] = functions;
  const [{ files } = expect.unreachable()] = await bundle([lambda], 'node24', {
    ...openService(process.cwd()),
    backend,
  });
  rmSync(folder, { recursive: true });
  const [map = ''] = Object.keys(files).filter((path) => path.endsWith('.map'));
  const { sources } = JSON.parse(text(files[map])) as { sources: string[] };
  expect(sources.filter((source) => source.includes('/crud/')).length).toBeGreaterThan(2);
  expect(sources.filter((source) => /dynamodb|@aws-sdk/.test(source))).toEqual([]);
});

describe('zip', () => {
  const a = new TextEncoder().encode('a');
  const b = new TextEncoder().encode('b');

  test('gives back what was put in', () => {
    expect(unzipSync(zip({ 'x/a.mjs': a, 'b.mjs': b }))).toEqual({ 'b.mjs': b, 'x/a.mjs': a });
  });

  test('is the same for the same files, whenever, wherever and in whatever order', () => {
    const zone = process.env.TZ;
    const zips = ['UTC', 'Pacific/Auckland', 'America/Los_Angeles'].map((TZ) => {
      process.env.TZ = TZ;
      return Buffer.from(zip(TZ === 'UTC' ? { a, b } : { b, a })).toString('hex');
    });
    if (zone === undefined) delete process.env.TZ;
    else process.env.TZ = zone;
    expect(new Set(zips).size).toBe(1);
  });

  test('makes files that Lambda may read', () => {
    const bytes = Buffer.from(zip({ a }));
    const entry = bytes.indexOf(Buffer.from('PK\u0001\u0002'));
    expect(bytes.readUInt8(entry + 5), 'made on Unix').toBe(3);
    expect((bytes.readUInt32LE(entry + 38) >>> 16).toString(8)).toBe('644');
  });
});
