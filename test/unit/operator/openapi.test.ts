/** The OpenAPI document: whole, true to what is deployed, and valid. */
import { globSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import * as v from 'valibot';
import { beforeAll, describe, expect, test } from 'vitest';
import { readServerlessYml } from '../../../lib/local/serverless-yml.ts';
import { boundedList, object, optional, url } from '../../../lib/ocpi/values.ts';
import { jsonSchemaOf } from '../../../lib/openapi/json-schema.ts';
import { operations } from '../../../lib/operator/api/all.ts';
import { openApiDocument } from '../../../lib/operator/openapi/document.ts';
import { operationNames } from '../../support/operator-functions.ts';

interface Described {
  operationId: string;
  summary: string;
  parameters: { name: string; in: string; required: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content: Record<string, { schema: object }> }>;
}

const document = openApiDocument() as {
  openapi: string;
  info: { title: string; version: string };
  paths: Record<string, Record<string, Described>>;
  components: { schemas: Record<string, object> };
};
const described = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({ route: `${method.toUpperCase()} ${path}`, operation })),
);

/** Everything in it under a name, at any depth. */
function* valuesOf(name: string, value: unknown): Generator<unknown> {
  if (typeof value !== 'object' || value === null) return;
  for (const [key, member] of Object.entries(value)) {
    if (key === name) yield member;
    yield* valuesOf(name, member);
  }
}

describe('what it describes', () => {
  const routes = described.map(({ route }) => route).sort();

  test('is every function there is, and no other', () => {
    expect(operations.map(({ name }) => name).sort()).toEqual(operationNames);
    expect(routes.map((route) => route.replace(/^\w+ \/operator\//, '')).sort()).toEqual(operationNames);
  });

  test('is what serverless.yml routes, with the methods that it says', () => {
    const deployed = readServerlessYml()
      .functions.flatMap((each) => each.routes)
      .filter((route) => route.includes(' /operator/') && !route.startsWith('ANY '));
    expect(routes).toEqual(deployed.sort());
  });

  test('has a path of its own at which the wrong method is said to be wrong', () => {
    const any = readServerlessYml()
      .functions.flatMap((each) => each.routes)
      .filter((route) => route.startsWith('ANY /operator/') && !route.includes('{path+}'));
    expect(any.map((route) => route.slice('ANY '.length)).sort()).toEqual(Object.keys(document.paths).sort());
  });
});

describe('the document', () => {
  test('has what OpenAPI 3.1 demands', () => {
    expect(document.openapi).toMatch(/^3\.1\.\d+$/);
    expect(document.info).toMatchObject({ title: expect.any(String), version: expect.any(String) });
    const ids = described.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { route, operation } of described) {
      expect(operation.summary, route).toMatch(/\.$/);
      const names = operation.parameters.map((each) => `${each.in} ${each.name}`);
      expect(new Set(names).size, route).toBe(names.length);
      for (const response of Object.values(operation.responses)) expect(response.description, route).not.toBe('');
      expect(Object.keys(operation.responses), route).toContain('200');
      expect(operation.requestBody !== undefined, route).toBe(route.startsWith('POST '));
    }
  });

  test('refers to nothing that is not in it, and has nothing that nobody refers to', () => {
    const names = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`);
    expect(new Set(valuesOf('$ref', document))).toEqual(new Set(names));
  });

  test('describes problems as problems, each under its own status', () => {
    for (const { operation } of described) {
      const errors = Object.entries(operation.responses).filter(([status]) => status !== '200');
      expect(errors.map(([status]) => status)).toEqual(expect.arrayContaining(['400', '403', '500']));
      for (const [, { content }] of errors) expect(Object.keys(content)).toEqual(['application/problem+json']);
    }
  });

  test('is JSON', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});

describe('its schemas', () => {
  let ajv: Ajv2020;
  beforeAll(() => {
    ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
    ajv.addVocabulary(['x-line', 'components']);
    ajv.addFormat('uri', true);
    ajv.addSchema({ $id: 'https://api.example/', components: document.components });
  });
  const compile = (schema: object) => ajv.compile(rebased(schema));

  /** Looks for what it refers to in the document. */
  const rebased = (schema: object): object =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"https://api.example/#/')) as object;

  test('are valid JSON Schema, each of them', () => {
    for (const schema of [...valuesOf('schema', document), ...Object.values(document.components.schemas)]) {
      expect(() => compile(schema as object)).not.toThrow();
    }
  });

  const token = {
    uid: '012345678',
    type: 'RFID',
    contract_id: 'NL-LMS-C00000001',
    issuer: 'Lumen',
    valid: true,
    whitelist: 'ALLOWED',
  };

  test.each([
    [{ token }, true],
    [{ token: { ...token, whitelist: 'SOMETIMES' } }, false],
    [{ token: { ...token, uid: 7 } }, false],
    [{ token: { uid: 'x' } }, false],
    [{ token, settings: { expiresAt: null, allowedLocations: [{ location_id: 'LOC1' }] } }, true],
    [{ token, settings: { allowedLocations: [{}] } }, false],
  ])('say of the body %j of a put what the operation says: %s', (body, isValid) => {
    const content = document.paths['/operator/tokens/put']?.post?.requestBody?.content;
    expect(compile(content?.['application/json']?.schema as object)(body)).toBe(isValid);
    const operation = operations.find(({ name }) => name === 'tokens/put');
    expect(v.safeParse(operation?.input as v.GenericSchema, body).success).toBe(isValid);
  });

  test('hold limits and patterns where JSON Schema has them', () => {
    const days = v.pipe(v.number('days'), v.integer('whole'), v.minValue(1), v.maxValue(365));
    const some = v.pipe(v.array(url, 'a list'), v.minLength(1, 'one'), v.maxLength(3, 'three'));
    const schema = object({ days, some: optional(some), few: optional(boundedList(v.nullable(v.boolean()))) });
    expect(jsonSchemaOf(schema)).toEqual({
      type: 'object',
      required: ['days'],
      properties: {
        days: { type: 'integer', minimum: 1, maximum: 365, description: 'days' },
        some: {
          type: 'array',
          minItems: 1,
          maxItems: 3,
          description: 'a list',
          items: {
            type: 'string',
            format: 'uri',
            maxLength: 255,
            description: 'an absolute http(s) URL of at most 255 characters',
          },
        },
        few: {
          type: 'array',
          description: 'a list of at most 1000',
          items: { anyOf: [{ type: 'boolean' }, { type: 'null' }] },
        },
      },
    });
  });

  test('of a kind that we do not use are not made up', () => {
    expect(() => jsonSchemaOf(v.map(v.string(), v.string()))).toThrow("No JSON Schema for valibot's map");
  });
});

test('nothing but its own function carries what makes it', () => {
  const others = globSync(['functions/**/*.ts', 'lib/**/*.ts']).filter(
    (file) => !file.startsWith('lib/operator/openapi/'),
  );
  const importers = others.filter((file) => /from '.*operator\/openapi\//.test(readFileSync(file, 'utf8')));
  expect(importers).toEqual(['functions/operator/openapi.ts']);
});
