/** The owner's API of an instance, in its local form and over real HTTP. */
import { type OutgoingHttpHeaders, request } from 'node:http';
import type { Endpoint } from '../../lib/http/chain.ts';
import { isOwners, startOwnersApi } from '../../lib/local/owners-api.ts';
import { readServerlessYml } from '../../lib/local/serverless-yml.ts';
import type { Problem } from '../../lib/operator/api/operation.ts';
import type { PeerRuntime } from '../../lib/runtime/peer-runtime.ts';
import { type Instance, patienceMs, unhurried } from './instance.ts';

export interface Asked {
  method: string;
  path: string;
  headers?: OutgoingHttpHeaders;
  body?: string;
}

export interface Told {
  http: number;
  headers: NodeJS.Dict<string | string[]>;
  text: string;
}

/** Sends no header that it is not told, but for those that HTTP itself needs. */
export const ask = (base: string, { method, path, headers = {}, body }: Asked): Promise<Told> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(base);
    const length = body !== undefined && { 'content-length': Buffer.byteLength(body) };
    request({ hostname, port, path, method, agent: false, headers: { ...length, ...headers } }, async (response) => {
      const text = Buffer.concat(await response.toArray()).toString();
      resolve({ http: response.statusCode ?? 0, headers: response.headers, text });
    })
      .on('error', reject)
      .end(body);
  });

/** What an operation answers, or a problem. */
export type Json = Record<string, unknown>;

export interface Reply {
  http: number;
  headers: Told['headers'];
  data: Json;
}

export interface Owner {
  url: string;
  key: string;
  get: (operation: string, query?: Record<string, string>) => Promise<Reply>;
  /** @param body JSON; text is sent as it is */
  post: (operation: string, body?: unknown, headers?: OutgoingHttpHeaders) => Promise<Reply>;
  /** Every page of an operation that gives lines. */
  lines: (operation: string, query?: Record<string, string>) => Promise<{ lines: Json[]; nextSince: string }>;
  stop: () => Promise<void>;
}

/** @param load finds the code of a function; by default it runs in this process */
export async function startOwner(
  runtime: PeerRuntime,
  load: Instance['load'] = async ({ file }) => {
    const { endpoint } = (await import(`../../${file}`)) as { endpoint: Endpoint<PeerRuntime> };
    return endpoint(runtime);
  },
): Promise<Owner> {
  const functions = readServerlessYml().functions.filter(isOwners);
  const api = await startOwnersApi(functions.map(unhurried), load, { gatewayTimeoutMs: patienceMs });
  const { url, key } = api.operator;
  const authorization = `Bearer ${key}`;
  const told = ({ http, headers, text }: Told): Reply => ({ http, headers, data: JSON.parse(text) as Json });
  const pathOf = (operation: string, query: Record<string, string>) =>
    `/operator/${operation}${Object.keys(query).length > 0 ? `?${new URLSearchParams(query).toString()}` : ''}`;
  return {
    url,
    key,
    get: async (operation, query = {}) =>
      told(await ask(url, { method: 'GET', path: pathOf(operation, query), headers: { authorization } })),
    async post(operation, body, headers = {}) {
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const request = { method: 'POST', path: `/operator/${operation}`, headers: { authorization, ...headers } };
      return told(await ask(url, { ...request, ...(text !== undefined && { body: text }) }));
    },
    async lines(operation, query = {}) {
      const lines: Json[] = [];
      let path: string | undefined = pathOf(operation, query);
      let nextSince = '';
      while (path) {
        const { headers, text }: Told = await ask(url, { method: 'GET', path, headers: { authorization } });
        lines.push(
          ...text
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Json),
        );
        nextSince ||= String(headers['next-since']);
        [, path] = /^<([^>]+)>; rel="next"$/.exec(String(headers.link ?? '')) ?? [];
      }
      return { lines, nextSince };
    },
    stop: () => api.close(),
  };
}

/** The members of RFC 9457 that every problem has. */
export const problem = (type: string, status: number): Partial<Problem> =>
  ({ type: `urn:ocpi-tokens:problem:${type}`, status }) as Partial<Problem>;
