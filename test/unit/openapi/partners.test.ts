/** The documents of the versions: whole, true to what is deployed, valid, and with examples that are as they say. */
import { globSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { readServerlessYml } from '../../../lib/local/serverless-yml.ts';
import { dateTime, language, string } from '../../../lib/ocpi/values.ts';
import { hasTreePerRole, versionNumbers } from '../../../lib/ocpi/versions.ts';
import { jsonSchemaOf } from '../../../lib/openapi/json-schema.ts';
import { partnersDocument } from '../../../lib/openapi/partners/document.ts';
import { wires } from '../../../lib/wire/registry.ts';
import { dateTimeArbitrary, stringArbitrary, tokenArbitrary } from '../../support/builders.ts';
import { config } from '../../support/runtime.ts';

interface Media {
  schema: object;
  example?: unknown;
  examples?: Record<string, { value: unknown }>;
}
interface Response {
  description: string;
  content: { 'application/json': Media };
}
interface Operation {
  operationId: string;
  summary: string;
  security: Record<string, []>[];
  parameters: { name?: string; in?: string; schema?: object; $ref?: string }[];
  requestBody?: { content: { 'application/json': Media } };
  responses: Record<string, Partial<Response> & { $ref?: string }>;
}
interface Document {
  openapi: string;
  servers: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: Record<string, Record<string, object>> & { responses: Record<string, Response> };
}

const documentOf = (version: (typeof versionNumbers)[number], parties = config.parties) =>
  JSON.parse(JSON.stringify(partnersDocument(wires[version], { ...config, parties }))) as Document;

/** Everything in it under a name, at any depth. */
function* valuesOf(name: string, value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === name) yield member;
    yield* valuesOf(name, member);
  }
}

/** In a document `{token_uid}` and the like, in serverless.yml `{path+}`. */
const shapeOf = (path: string): string =>
  path.replace(/(\/tokens)\/.*$/, '$1').replace(/\{version\}|\d\.\d\.\d/, 'VERSION');

describe.each(versionNumbers)('the document of %s', (version) => {
  const document = documentOf(version);
  const operations = Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, path, operation })),
  );
  const ajv = new Ajv2020({ strict: true, strictTypes: false, validateFormats: false });
  ajv.addVocabulary(['components']);
  ajv.addSchema({ $id: 'https://api.example/', components: document.components });
  const compile = (schema: object) =>
    ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"https://api.example/#/')) as object);

  test('has each endpoint that serverless.yml routes to a partner, with its method, and no other', () => {
    const isIts = (path: string) => {
      const isOfTree = /^\/ocpi\/(cpo|emsp)\/(?!.*tokens)/.test(path);
      return path.startsWith('/ocpi/') && (path.includes('/tokens') || isOfTree === hasTreePerRole(version));
    };
    const deployed = readServerlessYml()
      .functions.flatMap(({ routes }) => routes)
      .filter((route) => !route.startsWith('ANY ') && isIts(route.split(' ')[1] ?? ''))
      .map((route) => shapeOf(route.replace(/\/\{path\+\}$/, '')));
    const described = operations.map(({ route }) => shapeOf(route));
    expect([...new Set(described)].sort()).toEqual([...new Set(deployed)].sort());
  });

  test('has what OpenAPI 3.1 demands', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.servers).toEqual([{ url: config.publicUrl }]);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { route, path, operation } of operations) {
      expect(operation.summary, route).toMatch(/\.$/);
      expect(Object.keys(operation.responses), route).toEqual(
        expect.arrayContaining(['200', '400', '401', '429', '500', '503']),
      );
      const inPath = operation.parameters.filter((each) => each.in === 'path').map(({ name }) => `{${name}}`);
      expect(inPath.sort(), route).toEqual((path.match(/\{\w+\}/g) ?? []).sort());
      expect('requestBody' in operation, route).toBe(/^(PUT|PATCH|POST) /.test(route));
    }
  });

  test('refers to nothing that is not in it, and has nothing that nobody refers to', () => {
    const { securitySchemes, ...components } = document.components;
    const names = Object.entries(components).flatMap(([kind, all]) =>
      Object.keys(all).map((name) => `#/components/${kind}/${name}`),
    );
    // They are referred to in words: they answer what the document does not have.
    const inWords = ['MethodNotAllowed', 'NoSuchPath'].map((name) => `#/components/responses/${name}`);
    expect(new Set([...valuesOf('$ref', document), ...inWords])).toEqual(new Set(names));
    const schemes = operations.flatMap(({ operation }) => operation.security.flatMap((each) => Object.keys(each)));
    expect([...new Set(schemes)].sort()).toEqual(Object.keys(securitySchemes ?? {}).sort());
  });

  test('has valid schemas, and every example is as its schema says', () => {
    const media = [...valuesOf('application/json', document)] as Media[];
    expect(media.length).toBeGreaterThan(30);
    for (const { schema, example, examples = {} } of media) {
      const validate = compile(schema);
      const values = [
        ...(example === undefined ? [] : [example]),
        ...Object.values(examples).map(({ value }) => value),
      ];
      expect(values.length).toBeGreaterThan(0);
      for (const value of values) {
        validate(value);
        expect(validate.errors, JSON.stringify(value)).toBeNull();
      }
    }
    for (const { operation } of operations) {
      for (const { schema } of operation.parameters) if (schema) expect(() => compile(schema)).not.toThrow();
    }
  });

  test('says of a pushed Token what its decoder says, and of one that we send that it is good', () => {
    const { PushedToken, Token } = document.components.schemas ?? {};
    const [taken, sent] = [compile(PushedToken ?? {}), compile(Token ?? {})];
    const owner = { country_code: 'DE', party_id: 'DMS' };
    const isTaken = (body: unknown) => v.is(wires[version].schemas.token, body);
    fc.assert(
      fc.property(
        tokenArbitrary,
        fc.constantFrom('none', 'uid', 'issuer', 'language', 'whitelist'),
        (token, broken) => {
          const encoded = JSON.parse(JSON.stringify(wires[version].encodeToken(token))) as Record<string, unknown>;
          expect(sent(encoded), JSON.stringify(sent.errors)).toBe(true);
          expect(wires[version].decodeToken(encoded, owner)).toBeDefined();
          for (const value of [null, '', 'x'.repeat(65), 7]) {
            const body = broken === 'none' ? encoded : { ...encoded, [broken]: value };
            expect(taken(body), `${broken}: ${value}`).toBe(isTaken(body));
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('leaves out what a company does not do', () => {
    const [cpo, emsp] = config.parties;
    const pathsAs = (party: typeof cpo) => Object.keys(documentOf(version, party ? [party] : []).paths).join(' ');
    expect(pathsAs(cpo)).toContain(`/ocpi/cpo/${version}/tokens`);
    expect(pathsAs(cpo)).not.toContain('/emsp/');
    expect(pathsAs(emsp)).toContain(`/ocpi/emsp/${version}/tokens`);
    expect(pathsAs(emsp)).not.toContain('/cpo/');
  });

  test('holds no secret and no partner, and no word of how it was made', () => {
    const text = JSON.stringify(document);
    expect(text).not.toMatch(/demo-(emsp|cpo)-token|arn:|amazonaws|undefined|\[object/);
  });
});

describe('the data types', () => {
  const ajv = new Ajv2020();
  ajv.addFormat('uri', true);

  test.each([
    ['string', string(4), fc.oneof(stringArbitrary(6), fc.string({ unit: 'binary', maxLength: 6 }))],
    ['language', language, fc.string({ maxLength: 3 })],
  ])('%s is documented exactly as it is checked', (_name, schema: v.GenericSchema, values: fc.Arbitrary<string>) => {
    const validate = ajv.compile(jsonSchemaOf(schema));
    const agree = (value: string) => {
      expect(validate(value)).toBe(v.is(schema, value));
    };
    fc.assert(fc.property(values, agree));
  });

  test('a DateTime that is taken is as documented', () => {
    const validate = ajv.compile(jsonSchemaOf(dateTime));
    const takes = (value: string) => {
      expect(validate(value)).toBe(true);
    };
    fc.assert(fc.property(dateTimeArbitrary, takes));
    for (const odd of ['2026-01-31 12:00:00', '2026-01-31T12:00:00.123456+00:00']) {
      expect([validate(odd), v.is(dateTime, odd)]).toEqual([true, true]);
    }
  });
});

test('nothing but its own function carries what makes it', () => {
  const others = globSync(['functions/**/*.ts', 'lib/**/*.ts']).filter((file) => !file.startsWith('lib/openapi/'));
  const importers = others.filter((file) => /from '.*\/openapi\/partners\//.test(readFileSync(file, 'utf8')));
  expect(importers).toEqual(['functions/openapi.ts']);
});
