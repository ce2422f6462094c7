/** Holds what goes over the wire against the OpenAPI documents: no answer, and no accepted request, that they do not describe. */
import { gunzipSync } from 'node:zlib';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { decodePath } from '../../lib/local/gateway-event.ts';
import { canonicalVersion, hasTreePerRole, type VersionNumber, versionNumbers } from '../../lib/ocpi/versions.ts';
import { partnersDocument } from '../../lib/openapi/partners/document.ts';
import type { Described } from '../../lib/openapi/partners/operation.ts';
import { wires } from '../../lib/wire/registry.ts';

export interface Exchange {
  method: string;
  /** As it went over the wire. */
  target: string;
  /** Names in lower case. */
  requestHeaders: Partial<Record<string, string>>;
  requestBody: Buffer;
  status: number;
  headers: Partial<Record<string, string>>;
  body: Buffer;
}

type Json = Record<string, unknown>;
interface Parameter {
  name: string;
  in: 'path' | 'query' | 'header';
  required: boolean;
}
interface Response {
  headers: Record<string, { required: boolean }>;
}
export interface Operation {
  parameters: Parameter[];
  requestBody?: { required: boolean };
  responses: Record<string, Response>;
}
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, Response> };
}

/** What HTTP itself needs, and what compression says. */
const transport = ['connection', 'content-encoding', 'content-length', 'content-type', 'date', 'keep-alive', 'vary'];

const pointer = (...names: string[]): string =>
  names.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** Where a part of the document is that may be referred to instead. */
function resolve(document: Document, at: string): { at: string; value: Json } {
  const value = at
    .split('/')
    .slice(1)
    .reduce<unknown>(
      (part, name) => (part as Json)[name.replaceAll('~1', '/').replaceAll('~0', '~')],
      document,
    ) as Json;
  return typeof value.$ref === 'string' ? resolve(document, value.$ref.slice(1)) : { at, value };
}

/** The same, but that an object may have no member that is not described: a reader ignores those, and we must not send them. */
const closed = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.fromEntries(Object.entries(value).map(([name, member]) => [name, closed(member)]));
  return value && 'properties' in value && 'type' in value && value.type === 'object'
    ? { additionalProperties: false, ...members }
    : members;
};

export interface Found {
  path: string;
  operation: Operation | undefined;
  parameters: Record<string, string>;
}

/** A uid may hold a slash, and empty segments count for nothing (lib/http/ocpi/middleware/ownership.ts). */
function patternOf(path: string): RegExp {
  const groupOf = (_: string, name: string) => `(?<${name}>${name === 'token_uid' ? '.+' : '[^/]+'})`;
  return new RegExp(`^${path.replace(/\/$/, '').replace(/\{(\w+)\}/g, groupOf)}$`);
}

/** @returns what finds the path of the document that a request is about */
export function finderOf(document: Document): (request: Pick<Exchange, 'method' | 'target'>) => Found | undefined {
  const patterns = Object.keys(document.paths)
    .sort((a, b) => a.split('{').length - b.split('{').length)
    .map((path) => [path, patternOf(path)] as const);
  return ({ method, target }) => {
    const asked = `/${(decodePath(target) ?? '').split('/').filter(Boolean).join('/')}`;
    for (const [path, pattern] of patterns) {
      const found = pattern.exec(asked);
      const operation = document.paths[path]?.[method.toLowerCase()];
      if (found) return { path, operation, parameters: { ...found.groups } };
    }
    return undefined;
  };
}

/** @returns the version whose document is about a path; of several that share it, the newest */
export const versionIn = (target: string): VersionNumber => {
  const isOfRole = /^\/+ocpi\/+(cpo|emsp)\/+versions/.test(target);
  const isMeant = (version: VersionNumber) => (isOfRole ? hasTreePerRole(version) : target.includes(version));
  return versionNumbers.find(isMeant) ?? canonicalVersion;
};

function examiner(document: Document) {
  const ajv = new Ajv2020({ strict: false, validateSchema: false, validateFormats: false });
  ajv.addSchema(JSON.parse(JSON.stringify(document)) as Json, 'taken:');
  ajv.addSchema(closed(JSON.parse(JSON.stringify(document))) as Json, 'sent:');
  const find = finderOf(document);

  const faultOf = (kind: 'taken' | 'sent', at: string, value: unknown): string | undefined => {
    const validate = ajv.getSchema(`${kind}:#${encodeURI(at)}`);
    if (!validate) throw new Error(`There is no schema at ${at}`);
    return validate(value) ? undefined : ajv.errorsText(validate.errors, { dataVar: '' });
  };
  /** Text of a header or a URL, which may stand for a number. */
  const faultOfText = (at: string, text: string): string | undefined => {
    const fault = faultOf('taken', at, text);
    return fault !== undefined && /^\d+$/.test(text) ? faultOf('taken', at, Number(text)) : fault;
  };

  function faultsOfAnswer(at: string, exchange: Exchange, body: unknown): string[] {
    const { at: place, value } = resolve(document, at);
    const described = (value as unknown as Response).headers;
    const names = Object.keys(described);
    const unknown = Object.keys(exchange.headers).filter(
      (name) => !transport.includes(name) && !names.some((known) => known.toLowerCase() === name),
    );
    const ofHeaders = names.flatMap((name) => {
      const header = resolve(document, `${place}${pointer('headers', name)}`);
      const text = exchange.headers[name.toLowerCase()];
      if (text === undefined) return header.value.required ? [`the header ${name} is missing`] : [];
      const fault = faultOfText(`${header.at}/schema`, text);
      return fault === undefined ? [] : [`the header ${name}: ${fault}`];
    });
    const fault = faultOf('sent', `${place}${pointer('content', 'application/json', 'schema')}`, body);
    return [
      ...unknown.map((name) => `the header ${name} is not described`),
      ...ofHeaders,
      ...(fault === undefined ? [] : [`the body: ${fault}`]),
    ];
  }

  function faultsOfRequest(at: string, { requestHeaders, requestBody, target }: Exchange, found: Found): string[] {
    const operation = resolve(document, at).value as unknown as Operation;
    const query = new URLSearchParams(target.split('?').slice(1).join('?'));
    const ofParameters = operation.parameters.flatMap((_, i) => {
      const { at: place, value } = resolve(document, `${at}/parameters/${i}`);
      const { name, in: where, required } = value as unknown as Parameter;
      const texts = {
        path: [found.parameters[name]],
        query: query.getAll(name),
        header: [requestHeaders[name.toLowerCase()]],
      }[where].filter((text) => text !== undefined);
      if (texts.length === 0) return required ? [`the parameter ${name} is missing`] : [];
      const fault = faultOfText(`${place}/schema`, texts.join(','));
      return fault === undefined ? [] : [`the parameter ${name}: ${fault}`];
    });
    const isSigned = /^Token +\S+\s*$/i.test(requestHeaders.authorization ?? '');
    return [
      ...(isSigned ? [] : ['there is no Authorization']),
      ...ofParameters,
      ...faultsOfBody(at, operation, requestBody),
    ];
  }

  function faultsOfBody(at: string, { requestBody }: Operation, bytes: Buffer): string[] {
    if (!requestBody) return [];
    const text = bytes.toString().replace(/^\ufeff/, '');
    if (text.trim() === '') return requestBody.required ? ['the body is missing'] : [];
    const schema = `${at}${pointer('requestBody', 'content', 'application/json', 'schema')}`;
    const fault = faultOf('taken', schema, JSON.parse(text));
    return fault === undefined ? [] : [`the body: ${fault}`];
  }

  /** All refusals that there are, each at its place: what may answer a request that is not described. */
  const refusals = Object.entries(document.paths)
    .flatMap(([path, methods]) =>
      Object.entries(methods).flatMap(([method, { responses }]) =>
        Object.keys(responses).map((status) => [status, pointer('paths', path, method, 'responses', status)] as const),
      ),
    )
    .concat([
      ['404', pointer('components', 'responses', 'NoSuchPath')],
      ['405', pointer('components', 'responses', 'MethodNotAllowed')],
    ]);

  function faultsOfStranger(exchange: Exchange, body: unknown): string[] {
    if ((body as Json | undefined)?.status_code === 1000) return ['it is accepted, and not described'];
    const places = refusals.filter(([status]) => status === String(exchange.status)).map(([, at]) => at);
    const all = places.map((at) => faultsOfAnswer(at, exchange, body));
    if (all.some((faults) => faults.length === 0)) return [];
    return all[0] ?? [`the status ${exchange.status} is not described`];
  }

  return (exchange: Exchange): string[] => {
    const body = jsonOf(exchange);
    const found = find(exchange);
    const method = exchange.method.toLowerCase();
    const operation = found?.operation;
    if (!found || !operation) {
      const allowed = found && Object.keys(document.paths[found.path] ?? {});
      const allow = exchange.headers.allow?.toLowerCase().split(', ');
      const isWrong = allowed && allow && allowed.sort().join() !== allow.sort().join();
      return [...faultsOfStranger(exchange, body), ...(isWrong ? [`Allow says ${exchange.headers.allow}`] : [])];
    }
    const at = pointer('paths', found.path, method);
    const isAccepted = (body as Json | undefined)?.status_code === 1000;
    const ofRequest = isAccepted ? faultsOfRequest(at, exchange, found) : [];
    return operation.responses[exchange.status]
      ? [...ofRequest, ...faultsOfAnswer(`${at}/responses/${exchange.status}`, exchange, body)]
      : [...ofRequest, `the status ${exchange.status} is not described`];
  };
}

function jsonOf({ headers, body }: Exchange): unknown {
  const bytes = headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
  return bytes.length === 0 ? undefined : JSON.parse(bytes.toString());
}

type Examine = (exchange: Exchange) => string[];

/** Made once for all platforms that serve the same: compiling schemas takes longer than most tests. */
const examiners = new Map<string, Examine>();

function examinerOf(version: VersionNumber, platform: Described): Examine {
  const key = JSON.stringify([version, platform.pageSize, platform.parties.map(({ role }) => role).sort()]);
  const known = examiners.get(key);
  if (known) return known;
  const examine = examiner(partnersDocument(wires[version], platform) as unknown as Document);
  examiners.set(key, examine);
  return examine;
}

/** @returns what of an exchange the documents of this platform do not describe; nothing if all is described */
export const judgeOf =
  (platform: Described): Examine =>
  (exchange) => {
    const { method, target, status } = exchange;
    if (target.startsWith('/openapi/')) return [];
    const faults = examinerOf(versionIn(target), platform)(exchange);
    return faults.map((fault) => `${method} ${target}, answered ${status}: ${fault}`);
  };
