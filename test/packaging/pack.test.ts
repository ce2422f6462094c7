/**
 * What `npm pack` makes works where it is installed: on its own, and beneath the service of examples/own-service. It is unpacked as npm
 * would install it; what it depends on is found in this repository's node_modules, and is held against what it declares.
 */
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { isBuiltin } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { putOwnToken } from '../../lib/operator/api/tokens.ts';
import { createOperatorClient } from '../../lib/operator/client.ts';
import { readLocalNote } from '../../lib/operator/local-note.ts';
import { createSend, withKey } from '../../lib/operator/send.ts';
import type { Template } from './packaged.ts';

interface Manifest {
  version: string;
  bin: Record<string, string>;
  exports: Record<string, string>;
  dependencies: Record<string, string>;
  optionalDependencies: Record<string, string>;
  peerDependencies: Record<string, string>;
}

type Json = Record<string, unknown>;

const repository = process.cwd();
const folder = mkdtempSync(join(tmpdir(), 'pack-'));
const service = join(folder, 'service');
const installed = join(service, 'node_modules/ocpi-tokens');
const bins = [join(service, 'node_modules/.bin'), join(repository, 'node_modules/.bin')];
const env = { HOME: folder, NO_COLOR: '1', PATH: [...bins, process.env.PATH].join(delimiter) };
let manifest: Manifest;

const run = async (
  command: string,
  args: string[],
  cwd = service,
  more: Record<string, string> = {},
): Promise<string> => {
  try {
    return (await promisify(execFile)(command, args, { cwd, env: { ...env, ...more }, maxBuffer: 16_000_000 })).stdout;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}${stderr}`);
  }
};
const evaluate = (script: string, more: Record<string, string> = {}) =>
  run('node', ['--input-type=module', '-e', script], service, more);

beforeAll(async () => {
  await run('npm', ['pack', '--silent', '--pack-destination', folder], repository);
  // What the repository has installed is beside, where Node and npm look next.
  symlinkSync(join(repository, 'node_modules'), join(folder, 'node_modules'));
  cpSync('examples/own-service', service, { recursive: true });
  mkdirSync(join(service, 'node_modules/.bin'), { recursive: true });
  mkdirSync(installed);
  const [archive = ''] = globSync('*.tgz', { cwd: folder });
  await run('tar', ['xzf', join(folder, archive), '-C', installed, '--strip-components=1']);
  manifest = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8')) as Manifest;
  for (const [name, file] of Object.entries(manifest.bin)) {
    chmodSync(join(installed, file), 0o755);
    symlinkSync(join(installed, file), join(service, 'node_modules/.bin', name));
  }
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const filesOf = (pattern: string): string[] => globSync(pattern, { cwd: installed }).sort();

describe('the package', () => {
  test('holds what is used and nothing else', () => {
    expect(readdirSync(installed).sort()).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'dist',
      'docs',
      'package.json',
    ]);
    expect(readdirSync(join(installed, 'dist')).sort()).toEqual([
      'LICENSE',
      'functions',
      'lib',
      'package.json',
      'serverless.yml',
      'test',
    ]);
    const kinds = filesOf('dist/**/*.*').map((file) => /(\.d)?\.\w+$/.exec(file)?.[0]);
    expect(new Set(kinds)).toEqual(
      new Set(['.cjs', '.css', '.d.cts', '.d.mts', '.d.ts', '.html', '.js', '.json', '.mjs', '.yml']),
    );
    // Of the tests only the suite that proves a storage.
    const ofTests = filesOf('dist/test/**/*.js').map((file) => file.replace(/^dist\/test\//, ''));
    expect(ofTests.filter((file) => !/^contract\/(.+\.contract|support|(\w+)\/support)\.js$/.test(file))).toEqual([
      'support/builders.js',
    ]);
    expect(filesOf('dist/lib/build/package.*')).toEqual([]);
  });

  test('has every function, as the repository has it', () => {
    const names = (pattern: string, cwd: string) =>
      globSync(pattern, { cwd }).map((file) => file.replace(/\.\w+$/, ''));
    expect(names('functions/**/*.js', join(installed, 'dist')).sort()).toEqual(names('functions/**/*.ts', '.').sort());
  });

  test('is installed beneath the example as it is here: what is replaced, and whose scripts may run', () => {
    const saidIn = (folder: string) => {
      const { overrides, allowScripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Json;
      return { overrides, allowScripts };
    };
    expect(saidIn(service)).toEqual(saidIn(repository));
  });

  test('imports what it declares, and no type that is not there', () => {
    const declared = Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
    });
    const specifier = /(?:\bfrom |^import |\bimport\()['"]([^'"]+)['"](?:\)|;$)/gm;
    const named = filesOf('dist/**/*.{js,mjs,ts,mts}').flatMap((file) =>
      [...readFileSync(join(installed, file), 'utf8').matchAll(specifier)].map(([, to = '']) => ({ file, to })),
    );
    expect(named.length).toBeGreaterThan(1_000);
    const packages = named
      .filter(({ to }) => !to.startsWith('.') && !isBuiltin(to))
      .map(({ to }) => /^(@[^/]+\/)?[^/]+/.exec(to)?.[0] ?? to)
      .map((name) => (name === 'aws-lambda' ? '@types/aws-lambda' : name));
    expect([...new Set(packages)].filter((name) => !declared.includes(name))).toEqual([]);
    expect(named.filter(({ to }) => to.startsWith('.') && to.endsWith('.ts'))).toEqual([]);
  });

  test('gives all that it exports, and no more', async () => {
    const patterns = Object.keys(manifest.exports).map((name) => name.replace(/^\./, 'ocpi-tokens'));
    const expanded = patterns.flatMap((name) => {
      if (!name.endsWith('/*')) return [name];
      const [before = '', after = ''] = (manifest.exports[name.replace('ocpi-tokens', '.')] ?? '').split('*');
      const files = filesOf(`${before.replace('./', '')}**/*${after}`);
      return files.map((file) => name.replace('*', file.slice(before.length - 2, -after.length)));
    });
    expect(expanded.length).toBeGreaterThan(60);
    // The contract is for a runner of tests, and the manifest is no code.
    const modules = expanded.filter((name) => !/\/(contract|package\.json)$/.test(name));
    const imports = JSON.stringify(modules);
    await evaluate(
      `for (const name of ${imports}) if (Object.keys(await import(name)).length === 0) throw new Error(name)`,
    );
    const page = JSON.stringify(join(installed, 'dist/lib/console/files.js'));
    expect(await evaluate(`console.log((await import(${page})).pageFiles().size)`)).toBe('11\n');
    await expect(evaluate(`await import('ocpi-tokens/lib/cli/program')`)).rejects.toThrow(
      'ERR_PACKAGE_PATH_NOT_EXPORTED',
    );
  }, 120_000);

  test('has a command', async () => {
    expect(await run('ocpi-tokens', ['--version'])).toBe(`${manifest.version}\n`);
    expect(await run('ocpi-tokens', ['--help'])).toContain('Usage: ocpi-tokens');
    expect(await run('ocpi-tokens', ['start', '--help'])).toContain('Usage: npx ocpi-tokens start [--reset] [--demo]');
    await expect(run('ocpi-tokens', ['peers', 'list'])).rejects.toThrow('Start it: npx ocpi-tokens start.');
  }, 120_000);
});

describe('a service of a company', () => {
  const billing = createServer(({ url }, response) => {
    response.writeHead(url === '/debts/NL-ACM-OWES' ? 200 : 404).end();
  });
  let server: ChildProcess | undefined;
  afterAll(async () => {
    billing.close();
    if (!server || server.exitCode !== null) return;
    server.kill();
    await once(server, 'exit');
  });

  test('has the types of the package, and its storage keeps the contract', async () => {
    const wrong = `export const openStorage: BackendModule['openStorage'] = () => ({ tokens: 1 });`;
    const seen = `import type { BackendModule } from 'ocpi-tokens/backend';\n// @ts-expect-error No storage.\n${wrong}\n`;
    writeFileSync(join(service, 'wrong.ts'), seen);
    await run('tsc', []);
    expect(await run('vitest', ['run', '--maxWorkers=1'])).toMatch(/Tests {2}\d{3} passed/);
  }, 180_000);

  test('is packaged with all functions on its backend, and one of its own', async () => {
    // The check of the syntax takes longer than all the rest, and is made where the repository is packaged.
    const yml = readFileSync(join(service, 'serverless.yml'), 'utf8');
    writeFileSync(
      join(service, 'serverless.yml'),
      yml.replace('configValidationMode: error', 'configValidationMode: off'),
    );
    await run('serverless', ['package']);
    const file = join(service, '.serverless/cloudformation-template-update-stack.json');
    const { Resources } = JSON.parse(readFileSync(file, 'utf8')) as Template;
    const ofTypes = (type: string) => Object.values(Resources).filter(({ Type }) => Type === type);
    const functions = ofTypes('AWS::Lambda::Function');
    expect(functions).toHaveLength(filesOf('dist/functions/**/*.js').length + 1);
    expect(Resources.AuthorizeDashtokenLambdaFunction?.Properties).toMatchObject({ MemorySize: 1536, Timeout: 10 });
    expect(Resources.CountDashcardsLambdaFunction?.Properties).toMatchObject({
      Handler: 'functions/count-cards.handler',
      Role: { 'Fn::GetAtt': ['CountCardsRole', 'Arn'] },
      Environment: { Variables: { OCPI_PARTIES: 'CPO NL ACM, EMSP NL ACM', ACME_DATABASE: '/tmp/acme.db' } },
    });
    expect(Resources.GetTokenRole?.Properties?.ManagedPolicyArns).toEqual([{ Ref: 'AskBilling' }]);
    expect(ofTypes('AWS::Lambda::Version')).toEqual([]);

    const swapped = new Map(
      readdirSync(join(service, '.build')).map((zip) => {
        const files = Object.entries(unzipSync(readFileSync(join(service, '.build', zip))));
        const code = files
          .filter(([path]) => path.endsWith('.mjs'))
          .map(([, bytes]) => new TextDecoder().decode(bytes));
        expect(files.map(([, bytes]) => new TextDecoder().decode(bytes)).join()).not.toContain(folder);
        return [zip.replace('.zip', ''), code.join().includes('ACME_DATABASE') && code.join().includes('BILLING_URL')];
      }),
    );
    expect(swapped.size).toBe(functions.length);
    expect([...swapped].filter(([, isSwapped]) => !isSwapped).map(([name]) => name)).toEqual([
      'fallback',
      'openapi',
      'operator-fallback',
      'operator-openapi',
    ]);
  }, 300_000);

  test('may also compose a function by hand', async () => {
    const script = `
      import { endpoint, runtime } from 'ocpi-tokens/functions/tokens/put-token';
      import { memoryStorage } from 'ocpi-tokens/memory';
      const handler = endpoint(await runtime({ openStorage: async (config, ambient) => memoryStorage(ambient) }));
      const event = { routeKey: '', rawPath: '', rawQueryString: '', headers: {}, pathParameters: { version: '2.2.1' }, requestContext: {} };
      console.log((await handler(event, {})).statusCode);`;
    const deployed = {
      TOKENS_TABLE: 'tokens',
      PEERS_TABLE: 'peers',
      RECORDS_TABLE: 'records',
      PUBLIC_URL: 'https://ocpi.example.com',
      OCPI_PARTIES: 'CPO NL ACM',
      LOG_LEVEL: 'silent',
    };
    expect(await evaluate(script, deployed)).toBe('401\n');
  }, 120_000);

  test('runs on this machine, its own function and its decision too', async () => {
    await once(billing.listen(0, '127.0.0.1'), 'listening');
    const dataDir = join(folder, 'data');
    server = spawn('ocpi-tokens', ['start', '--demo'], {
      cwd: service,
      env: {
        ...env,
        PORT: '0',
        DATA_DIR: dataDir,
        OCPI_PARTIES: 'CPO NL ACM, EMSP NL ACM',
        BILLING_URL: `http://127.0.0.1:${(billing.address() as AddressInfo).port}`,
      },
    });
    let printed = '';
    for (const stream of [server.stdout, server.stderr]) stream?.on('data', (chunk) => (printed += chunk));
    await expect.poll(() => printed, { timeout: 60_000 }).toContain('/authorize');
    expect(printed).toContain('Data: what backend.ts opens');

    const { url, key } = readLocalNote(dataDir)?.operator ?? expect.unreachable();
    const client = createOperatorClient({ url, send: createSend(withKey(key)) });
    for (const contract_id of ['NL-ACM-PAYS', 'NL-ACM-OWES']) {
      const token = {
        uid: contract_id,
        type: 'RFID',
        contract_id,
        issuer: 'Acme',
        valid: true,
        whitelist: 'NEVER',
      } as const;
      await client.call(putOwnToken, { token });
    }
    const counted = await fetch(`${url}/operator/acme/count-cards`, { headers: { Authorization: `Bearer ${key}` } });
    expect(await counted.json()).toEqual({ cards: { 'NL ACM': 252 } });
    expect(readdirSync(service)).toContain('acme.db');
    expect(await run('ocpi-tokens', ['--data-dir', dataDir, 'peers', 'list'])).toContain('demo-cpo');

    const [, partners = ''] = /at (http:\/\/\S+),/.exec(printed) ?? [];
    const allowed = async (uid: string) => {
      const response = await fetch(`${partners}/ocpi/emsp/2.2.1/tokens/${uid}/authorize`, {
        method: 'POST',
        headers: { Authorization: 'Token demo-cpo-token' },
      });
      return ((await response.json()) as { data: { allowed: string } }).data.allowed;
    };
    expect([await allowed('NL-ACM-PAYS'), await allowed('NL-ACM-OWES')]).toEqual(['ALLOWED', 'NO_CREDIT']);
  }, 120_000);

  test('without --demo there are no partners but its own', async () => {
    const dataDir = join(folder, 'empty');
    const child = spawn('ocpi-tokens', ['start'], { cwd: service, env: { ...env, PORT: '0', DATA_DIR: dataDir } });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (printed += chunk));
    await expect.poll(() => printed, { timeout: 60_000 }).toContain('There are no partners but yours');
    expect(printed).not.toContain('demo-cpo-token');
    expect(JSON.parse(await run('ocpi-tokens', ['--data-dir', dataDir, 'peers', 'list', '--json']))).toEqual({
      peers: [],
    });
    child.kill();
    await once(child, 'exit');
  }, 120_000);
});
