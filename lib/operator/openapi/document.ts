/** The OpenAPI document of the owner's API, made of the contracts of its operations. */
import type { GenericSchema } from 'valibot';
import { token } from '../../ocpi/token.ts';
import { entriesOf } from '../../ocpi/values.ts';
import { inlineSchemaOf, type JsonSchema, jsonSchemaOf, schemaNamed } from '../../openapi/json-schema.ts';
import { peerSettings } from '../../peers/settings.ts';
import { operations } from '../api/all.ts';
import { type Operation, type ProblemType, problemTypes } from '../api/operation.ts';
import { peerView } from '../api/peers.ts';
import { receivedTokenView } from '../api/received.ts';
import { importLine, ownTokenView } from '../api/tokens.ts';

/** Schemas that stand in the document once, under a name. */
const named: Record<string, GenericSchema> = {
  Token: token,
  OwnToken: ownTokenView,
  ReceivedToken: receivedTokenView,
  ImportLine: importLine,
  Peer: peerView,
  PeerSettings: peerSettings,
};

const names = new Map<unknown, string>(Object.entries(named).map(([name, schema]) => [schema, name]));
const nameOf = (schema: unknown): string | undefined => names.get(schema);

/** RFC 9457. */
const problemSchema: JsonSchema = {
  type: 'object',
  description: 'Problem details (RFC 9457)',
  properties: {
    type: { type: 'string', enum: Object.keys(problemTypes).map((type) => `urn:ocpi-tokens:problem:${type}`) },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What was wrong with this request, and what to do' },
    errors: {
      type: 'array',
      items: {
        type: 'object',
        properties: {
          field: { type: 'string' },
          expected: { type: 'string', description: 'What it should be' },
          value: { type: 'string', description: 'What it was, bounded' },
        },
        required: ['field', 'expected', 'value'],
      },
    },
    correlation_id: { type: 'string', description: 'Where the log has more' },
  },
  required: ['type', 'title', 'status'],
};

/** The problems that any operation may answer with. */
const ofAll: readonly ProblemType[] = ['invalid', 'not-allowed', 'internal'];

const correlationId = {
  name: 'X-Correlation-ID',
  in: 'header',
  required: false,
  description: 'By which the request is found in the log; made here if there is none',
  schema: { type: 'string', maxLength: 255 },
};

const ifMatch = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description:
    'The revision that is meant, as the ETag of an answer says it: if there is another by now, nothing changes',
  schema: { type: 'string' },
};

function queryOf({ input }: Operation): object[] {
  const { properties, required = [] } = jsonSchemaOf(input) as { properties: JsonSchema; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema,
  }));
}

function bodyOf({ takesLines, line, input }: Operation): object {
  if (takesLines && line) {
    const schema = { type: 'string', description: 'One JSON object a line, each an ImportLine' };
    return {
      required: true,
      content: { 'application/x-ndjson': { schema, 'x-line': jsonSchemaOf(line, { nameOf }) } },
    };
  }
  return { required: true, content: { 'application/json': { schema: jsonSchemaOf(input, { nameOf }) } } };
}

const header = (description: string) => ({ description, schema: { type: 'string' } });

function successOf({ output, givesLines }: Operation): object {
  const schema = jsonSchemaOf(output, { nameOf });
  if (!givesLines) {
    const hasRevision = 'pipe' in output && 'revision' in entriesOf(output as Parameters<typeof entriesOf>[0]);
    return {
      description: 'Done',
      ...(hasRevision && { headers: { ETag: header('The revision, for If-Match') } }),
      content: { 'application/json': { schema } },
    };
  }
  return {
    description: 'A page, one JSON object a line',
    headers: {
      Link: header('Leads to the next page (rel="next"); none on the last'),
      'Next-Since': header('What `since` of the next export should be'),
    },
    content: { 'application/x-ndjson': { schema: { type: 'string' }, 'x-line': schema } },
  };
}

function problemsOf({ problems = [] }: Operation): Record<string, object> {
  const types = [...new Set<ProblemType>([...ofAll, ...problems])];
  const byStatus = Map.groupBy(types, (type) => problemTypes[type].status);
  const schema = schemaNamed('Problem');
  return Object.fromEntries(
    [...byStatus].map(([status, each]) => [
      String(status),
      {
        description: each.map((type) => `${problemTypes[type].title} (\`${type}\`)`).join('. '),
        content: { 'application/problem+json': { schema } },
      },
    ]),
  );
}

/** Camel case: tokens/put is tokensPut. */
const idOf = ({ name }: Operation): string => name.replace(/\/(\w)/g, (_, letter: string) => letter.toUpperCase());

function describe(operation: Operation): object {
  const { name, method, summary, takesLines, takesRevision } = operation;
  const hasQuery = method === 'GET' || takesLines;
  return {
    operationId: idOf(operation),
    tags: [name.split('/')[0]],
    summary,
    parameters: [...(hasQuery ? queryOf(operation) : []), ...(takesRevision ? [ifMatch] : []), correlationId],
    ...(method === 'POST' && { requestBody: bodyOf(operation) }),
    responses: { 200: successOf(operation), ...problemsOf(operation) },
  };
}

const schemas = (): Record<string, JsonSchema> => ({
  ...Object.fromEntries(Object.entries(named).map(([name, schema]) => [name, inlineSchemaOf(schema, { nameOf })])),
  Problem: problemSchema,
});

/** @returns OpenAPI 3.1, as JSON */
export const openApiDocument = (): Record<string, unknown> => ({
  openapi: '3.1.1',
  info: {
    title: "ocpi-tokens: the owner's API",
    version: '1',
    description:
      'For the systems and people of the company that runs this platform. Not OCPI: peers have no access. In an object an optional member may also be null, as if it were not there; members that are not described are ignored.',
  },
  servers: [{ url: '/' }],
  security: [{ iam: [] }, { localKey: [] }],
  paths: Object.fromEntries(
    operations.map((operation) => [
      `/operator/${operation.name}`,
      { [operation.method.toLowerCase()]: describe(operation) },
    ]),
  ),
  components: {
    schemas: schemas(),
    securitySchemes: {
      iam: {
        type: 'apiKey',
        name: 'Authorization',
        in: 'header',
        description: 'Deployed: signed for IAM (AWS Signature Version 4, service execute-api)',
        'x-amazon-apigateway-authtype': 'awsSigv4',
      },
      localKey: {
        type: 'http',
        scheme: 'bearer',
        description: 'On this machine: the key in local.json of the data directory',
      },
    },
  },
});
