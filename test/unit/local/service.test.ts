/** A company's service: its serverless.yml over ours. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readServerlessYml } from '../../../lib/local/serverless-yml.ts';
import { composed, openService, readOwn, sourceOf } from '../../../lib/local/service.ts';

const folder = mkdtempSync(join(tmpdir(), 'service-'));
afterAll(() => rmSync(folder, { recursive: true }));

let services = 0;
function write(yml: string): string {
  services += 1;
  const service = join(folder, String(services));
  mkdirSync(join(service, 'functions/tokens'), { recursive: true });
  writeFileSync(join(service, 'serverless.yml'), yml);
  writeFileSync(join(service, 'backend.ts'), '');
  return service;
}
const named = 'plugins: [ocpi-tokens/serverless]\n';
const resourcesOf = (yml: string) => composed(readOwn(write(yml))).resources.Resources as Record<string, unknown>;

/** What the framework itself reads out of our file. */
function readByFramework(): Record<string, unknown> {
  const require = createRequire(createRequire(import.meta.url).resolve('serverless/package.json'));
  const { load } = require('js-yaml') as { load: (text: string, options: object) => Record<string, unknown> };
  const schema: unknown = require('./lib/utils/serverless-utils/cloudformation-schema.js');
  return load(readFileSync('serverless.yml', 'utf8'), { schema });
}

test('a file that says nothing is ours, word for word as the framework reads it', () => {
  const { params, provider, functions, custom, resources } = readByFramework();
  expect(composed({})).toEqual({ params, provider, functions, custom, resources });
});

describe('what it says', () => {
  test('is laid over ours, map by map', () => {
    const { params, provider, functions } = composed(
      readOwn(
        write(`
params: { default: { parties: CPO NL ACM }, prod: { logLevel: warn } }
provider: { memorySize: 512, environment: { MINE: !Ref Mine } }
functions:
  - get-token: { memorySize: 2048 }
  - mine: { handler: functions/mine.handler, events: [{ schedule: rate(1 minute) }] }`),
      ),
    );
    expect(params).toMatchObject({ default: { parties: 'CPO NL ACM', pageSizeMax: 1000 }, prod: { logLevel: 'warn' } });
    expect(provider).toMatchObject({
      memorySize: 512,
      runtime: 'nodejs24.x',
      environment: { MINE: { Ref: 'Mine' }, TOKENS_TABLE: { Ref: 'Tokens' } },
    });
    expect(functions['get-token']).toMatchObject({ memorySize: 2048, role: 'GetTokenRole' });
    expect(functions.mine).toMatchObject({ package: { artifact: '.build/mine.zip' } });
  });

  test('replaces what is in words of CloudFormation, and lists', () => {
    const { provider, resources } = composed(
      readOwn(
        write(`
provider: { environment: { TOKENS_TABLE: !GetAtt Mine.Name } }
resources: { Resources: { Peers: { Properties: { KeySchema: [{ AttributeName: id, KeyType: HASH }] } } } }`),
      ),
    );
    expect((provider.environment as { TOKENS_TABLE: unknown }).TOKENS_TABLE).toEqual({
      'Fn::GetAtt': ['Mine', 'Name'],
    });
    expect((resources.Resources as { Peers: object }).Peers).toMatchObject({
      Type: 'AWS::DynamoDB::Table',
      Properties: { BillingMode: 'PAY_PER_REQUEST', KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }] },
    });
  });

  test('gives its policies to the roles of our functions, and to no other', () => {
    const resources = resourcesOf(`
custom: { ocpiTokens: { policies: [!Ref Mine] } }
resources: { Resources: { MyRole: { Type: 'AWS::IAM::Role', Properties: { Path: / } } } }`);
    expect(resources.GetTokenRole).toHaveProperty('Properties.ManagedPolicyArns', [{ Ref: 'Mine' }]);
    expect(resources.MyRole).toEqual({ Type: 'AWS::IAM::Role', Properties: { Path: '/' } });
  });

  test('has to stand there', () => {
    expect(() => composed({ functions: 'elsewhere' })).toThrow(
      'functions in serverless.yml should be written out there',
    );
  });
});

describe('opened', () => {
  test('it has its routes and ours, its backend, and a function of its own in the place of one of ours', () => {
    const service = write(`${named}
custom: { ocpiTokens: { backend: ./backend.ts } }
functions: { mine: { handler: functions/mine.handler, events: [{ httpApi: GET /mine }] } }`);
    const opened = openService(service);
    expect(opened).toMatchObject({ folder: service, backend: join(service, 'backend.ts'), isSwapped: true });
    const { functions } = opened.deployment;
    expect(functions.map(({ name }) => name)).toEqual([
      ...readServerlessYml().functions.map(({ name }) => name),
      'mine',
    ]);
    expect(functions.at(-1)).toMatchObject({ file: 'functions/mine.ts', routes: ['GET /mine'] });

    const file = 'functions/tokens/get-token.ts';
    expect(sourceOf(opened, { file })).toBe(join(process.cwd(), file));
    writeFileSync(join(service, file), '');
    expect(sourceOf(opened, { file })).toBe(join(service, file));
  });

  test('without a backend it has ours', () => {
    const { backend, isSwapped } = openService(write(named));
    expect({ backend, isSwapped }).toEqual({
      backend: join(process.cwd(), 'lib/runtime/backend.ts'),
      isSwapped: false,
    });
  });

  test('a folder that is no service is ours, and so is the repository', () => {
    for (const each of [folder, process.cwd()]) {
      expect(openService(each)).toMatchObject({ isSwapped: false, deployment: readServerlessYml() });
    }
  });

  test.each([
    ['service: other\n', 'should have the plugin ocpi-tokens/serverless'],
    [`${named}custom: { ocpiTokens: { backend: ./nowhere.ts } }`, 'nowhere.ts, which custom.ocpiTokens.backend'],
  ])('%j is refused', (yml, said) => {
    expect(() => openService(write(yml))).toThrow(said);
  });
});
