/** One HTTP request to a host that is not trusted: bounded in time and size, and only where the URL policy allows. */
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';
import { type ConnectionOptions, cameTooLate, createConnections } from './connections.ts';
import { PeerError, TooLargeError } from './peer-error.ts';
import { assertAllowed } from './url-policy.ts';

export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

export interface HttpRequest {
  method: HttpMethod;
  url: URL;
  headers: Record<string, string>;
  body?: string | undefined;
  /** For everything together, from the look-up of the name to the last byte of the body, redirects included. */
  timeoutMs: number;
  /** For the body, both as it comes and unpacked; 1 MiB unless told. */
  maxBytes?: number | undefined;
  /** Whether what changes something follows a redirect that adds or takes a slash at the end of the path; by default it follows none. */
  followsSlash?: boolean | undefined;
  /** Whether it may be sent again where it is not known to have been read; by default it may not. */
  isRepeatable?: boolean | undefined;
}

export interface HttpResponse {
  http: number;
  /** Names in lower case. */
  headers: IncomingHttpHeaders;
  /** Unpacked. */
  body: Buffer;
}

/**
 * Whatever HTTP status comes back is a result.
 * @throws PeerError `unreachable`, `broken` or `forbidden-url`, and nothing else
 */
export type HttpSend = (request: HttpRequest) => Promise<HttpResponse>;

const mebibyte = 2 ** 20;
const maxHeaderSize = 16 * 1024;
const maxRedirects = 2;
const redirects = new Set([301, 302, 303, 307, 308]);
/** Those that keep method and body. */
const keepingRedirects = new Set([307, 308]);

type Unpack = (packed: Buffer, options: { maxOutputLength: number }) => Promise<Buffer>;

const inflateZlib: Unpack = promisify(inflate);
const inflateBare: Unpack = promisify(inflateRaw);
/** Half of the world means zlib by "deflate", as HTTP says, and half the bare stream; only zlib begins with an 8. */
const inflateEither: Unpack = (packed, options) =>
  (((packed[0] ?? 0) & 0x0f) === 8 ? inflateZlib : inflateBare)(packed, options);

const unpackers = new Map<string, Unpack>([
  ['gzip', promisify(gunzip)],
  ['x-gzip', promisify(gunzip)],
  ['deflate', inflateEither],
  ['br', promisify(brotliDecompress)],
]);

function codeOf(error: unknown): string {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : '';
}

const longestReason = 200;

function reasonOf(error: unknown): string {
  // One attempt for each address makes an AggregateError, whose own message is empty.
  const first = error instanceof AggregateError ? error.errors[0] : error;
  const { message } = first as Error;
  const code = codeOf(first);
  return message.includes(code) ? message.slice(0, longestReason) : `${message.slice(0, longestReason)} (${code})`;
}

/** @param http the status, if it had come before things went wrong */
function toPeerError(error: unknown, host: string, http?: number): PeerError {
  if (error instanceof PeerError) return error;
  if (codeOf(error).startsWith('HPE_')) {
    const message = `${host} does not answer in HTTP that we can read: ${reasonOf(error)}`;
    return new PeerError('broken', message, { http, cause: error });
  }
  return new PeerError('unreachable', `${host} cannot be reached: ${reasonOf(error)}`, { http, cause: error });
}

const tooLarge = (host: string, http: number, maxBytes: number) =>
  new TooLargeError(`${host} answered HTTP ${http} with more than ${maxBytes} bytes`, { http });

const firstBytes = 128 * 1024;

const enlarged = (body: Buffer, bytes: number): Buffer => {
  const larger = Buffer.allocUnsafe(bytes);
  body.copy(larger);
  return larger;
};

/**
 * The body as it came. One buffer, because chunks of one byte each would need a hundred times their size; it grows, because few bodies
 * are as large as they may be.
 */
async function readBody(response: IncomingMessage, host: string, http: number, maxBytes: number): Promise<Buffer> {
  let body: Buffer = Buffer.allocUnsafe(Math.min(firstBytes, maxBytes));
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    const needed = size + chunk.length;
    if (needed > maxBytes) throw tooLarge(host, http, maxBytes);
    if (needed > body.length) body = enlarged(body, Math.min(maxBytes, Math.max(needed, 2 * body.length)));
    size += chunk.copy(body, size);
  }
  return body.subarray(0, size);
}

async function unpackBody(packed: Buffer, encoding: string, host: string, http: number, maxBytes: number) {
  if (packed.length === 0 || encoding === '' || encoding === 'identity') return packed;
  const unpack = unpackers.get(encoding);
  if (!unpack) throw new PeerError('broken', `${host} answered in an encoding that we did not ask for`, { http });
  try {
    return await unpack(packed, { maxOutputLength: maxBytes });
  } catch (error) {
    if (codeOf(error) === 'ERR_BUFFER_TOO_LARGE') throw tooLarge(host, http, maxBytes);
    throw new PeerError('broken', `${host} answered with a body that cannot be unpacked`, { http, cause: error });
  }
}

async function receive(response: IncomingMessage, host: string, maxBytes: number): Promise<HttpResponse> {
  const { statusCode: http = 0, headers } = response;
  try {
    const packed = await readBody(response, host, http, maxBytes);
    const encoding = (headers['content-encoding'] ?? '').trim().toLowerCase();
    return { http, headers, body: await unpackBody(packed, encoding, host, http, maxBytes) };
  } catch (error) {
    throw toPeerError(error, host, http);
  }
}

const withoutSlash = ({ pathname }: URL): string => pathname.replace(/\/$/, '');

/**
 * Where a redirect leads that only adds or takes a slash at the end of the path, whatever its scheme: behind a proxy that ends TLS
 * some servers believe that they are asked by http, and say so.
 * @returns a URL with our own scheme and host; undefined for any other redirect
 */
function slashTarget(target: URL, from: URL): URL | undefined {
  const isWeb = target.protocol === 'http:' || target.protocol === 'https:';
  if (!isWeb || target.host !== from.host || target.search !== from.search) return undefined;
  if (target.username || target.password) return undefined;
  if (target.pathname === from.pathname || withoutSlash(target) !== withoutSlash(from)) return undefined;
  const ours = new URL(from);
  ours.pathname = target.pathname;
  return ours;
}

/**
 * Our credentials token goes with the request, so it goes nowhere but to the same origin (LIST-16); and what changes something is
 * sent a second time only where the first one has certainly not been carried out, because it missed by a slash.
 * @param isFirst whether no redirect has been followed yet
 */
function redirectTarget(
  response: IncomingMessage,
  from: URL,
  { method, followsSlash = false }: HttpRequest,
  isFirst: boolean,
): URL {
  const { statusCode: http = 0, headers } = response;
  const bad = (why: string) => new PeerError('broken', `${from.host} redirects us (HTTP ${http}) ${why}`, { http });
  const target = URL.parse(headers.location ?? '', from.href);
  if (!headers.location || !target) throw bad('without saying where');
  const slash = slashTarget(target, from);
  if (method === 'GET') {
    if (slash) return slash;
    if (target.origin !== from.origin) throw bad('to another origin, which we do not follow');
    return target;
  }
  if (!followsSlash || !keepingRedirects.has(http)) throw bad(`upon ${method}, which we do not follow`);
  if (!slash) throw bad(`upon ${method} to another URL, which we do not follow`);
  if (!isFirst) throw bad(`upon ${method} again and again`);
  return slash;
}

/** Makes what sends. */
export function createHttpSend(options: ConnectionOptions): HttpSend {
  const begin = createConnections(options);

  const send = (url: URL, request: HttpRequest, signal: AbortSignal) =>
    new Promise<IncomingMessage>((resolve, reject) => {
      const { method, headers, body, isRepeatable = false } = request;
      const options = {
        method,
        headers: {
          'Accept-Encoding': 'gzip, deflate, br',
          // Node says it by itself for POST, PUT and PATCH only.
          ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
          ...headers,
        },
        maxHeaderSize,
        insecureHTTPParser: false,
        signal,
      };
      const outgoing = begin(url, options, isRepeatable);
      let isAnswered = false;
      outgoing.on('error', (error) => {
        if (!isAnswered && cameTooLate(outgoing, error)) resolve(send(url, request, signal));
        else reject(error);
      });
      outgoing.on('response', (response) => {
        isAnswered = true;
        resolve(response);
      });
      // An unasked change of protocol closes the connection and says nothing else.
      outgoing.on('close', () => reject(new Error('the connection was closed without an answer')));
      outgoing.end(body);
    });

  async function follow(url: URL, request: HttpRequest, signal: AbortSignal, left: number): Promise<HttpResponse> {
    assertAllowed(url, options.policy);
    const response = await send(url, request, signal);
    const { statusCode: http = 0 } = response;
    if (!redirects.has(http)) return receive(response, url.host, request.maxBytes ?? mebibyte);
    response.destroy();
    const target = redirectTarget(response, url, request, left === maxRedirects);
    if (left === 0) throw new PeerError('broken', `${url.host} redirects us again and again`, { http });
    return follow(target, request, signal, left - 1);
  }

  return async (request) => {
    const { url, timeoutMs } = request;
    const deadline = new AbortController();
    const timer = setTimeout(() => deadline.abort(), timeoutMs);
    try {
      return await follow(url, request, deadline.signal, maxRedirects);
    } catch (error) {
      const failure = toPeerError(error, url.host);
      if (!deadline.signal.aborted) throw failure;
      const message = `${url.host} did not answer completely within ${timeoutMs} ms`;
      throw new PeerError('unreachable', message, { http: failure.http, cause: error });
    } finally {
      clearTimeout(timer);
    }
  };
}
