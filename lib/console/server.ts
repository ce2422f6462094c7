/** Serves the page to one browser of this machine, and asks the owner's API for it: no key and no AWS credentials get into a browser. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isObject } from '../ocpi/values.ts';
import type { OperatorClient } from '../operator/client.ts';
import { headersOf, type LocalGate, localGate } from '../operator/local-gate.ts';
import { answerTo } from './answer.ts';
import { pageFiles } from './files.ts';
import { createLink } from './link.ts';
import { type Description, describe, operationsOf } from './operations.ts';

export interface ConsoleOptions {
  client: OperatorClient;
  /** Which API it is, for people. */
  where: string;
  isLocal: boolean;
  /** Whether the page may change anything. */
  mayWrite: boolean;
}

export interface ConsoleServer {
  /** Makes a link that opens the page once. It is a secret. */
  newLink(): string;
  close(): Promise<void>;
}

/** What the page gets for its key. */
export interface Opened {
  session: string;
  where: string;
  isLocal: boolean;
  mayWrite: boolean;
  operations: Description[];
}

interface Reply {
  status: number;
  body: string | Buffer;
  type?: string;
}

const loopback = '127.0.0.1';
const mostBytes = 1_000_000;

/** Words of peers end up on the page; should one ever become markup, nothing runs and nothing is fetched. */
const securityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const headers = {
  'Content-Security-Policy': securityPolicy,
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

const json = (status: number, value: object): Reply => ({
  status,
  body: JSON.stringify(value),
  type: 'application/json',
});

const refuse = (status: number, message: string): Reply => json(status, { message });

/** Listens on a free port. */
export async function startConsole(options: ConsoleOptions): Promise<ConsoleServer> {
  const link = createLink();
  const server = createServer().listen(0, loopback);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reply = replier(options, link, localGate(port));
  server.on('request', async (request: IncomingMessage, response: ServerResponse) => {
    const { status, body, type } = await reply(request).catch(() => refuse(500, 'The console failed'));
    response.writeHead(status, { ...headers, ...(type && { 'Content-Type': type }) });
    response.end(body);
  });
  return {
    newLink: () => `http://${loopback}:${port}/#${link.newKey()}`,
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function replier(options: ConsoleOptions, link: ReturnType<typeof createLink>, refusalOf: LocalGate) {
  const files = pageFiles();
  const operations = new Map(operationsOf(options).map((operation) => [operation.name, operation]));
  const { client, where, isLocal, mayWrite } = options;

  function open({ key }: Record<string, unknown>): Reply {
    const session = typeof key === 'string' ? link.exchange(key) : undefined;
    if (session === undefined) return refuse(401, 'This link has been used, or a newer one was made');
    const opened: Opened = { session, where, isLocal, mayWrite, operations: [...operations.values()].map(describe) };
    return json(200, opened);
  }

  async function call({ operation: name, input }: Record<string, unknown>): Promise<Reply> {
    const operation = typeof name === 'string' ? operations.get(name) : undefined;
    if (!operation) return refuse(403, `This console does not do that${mayWrite ? '' : '; --write lets it change'}`);
    return json(200, await answerTo(client, operation, input));
  }

  async function post(request: IncomingMessage, path: string): Promise<Reply> {
    const isSession = link.isSession(headersOf(request.rawHeaders).get('console-session') ?? '');
    if (path === '/call' && !isSession) return refuse(401, 'Another page has been opened since');
    // No page of another origin can send this without asking first.
    if (request.headers['content-type'] !== 'application/json') return refuse(415, 'It takes application/json');
    const body = await bodyOf(request);
    if (body === undefined) return refuse(413, `It takes at most ${mostBytes} bytes`);
    const value = parse(body);
    if (!isObject(value)) return refuse(400, 'The body is no JSON object');
    return path === '/call' ? call(value) : open(value);
  }

  return async (request: IncomingMessage): Promise<Reply> => {
    const why = refusalOf(request.rawHeaders);
    if (why) return refuse(403, `Forbidden: ${why}`);
    const { method, url: path = '' } = request;
    const isOurs = path === '/call' || path === '/session';
    if (method === 'POST' && isOurs) return post(request, path);
    const file = files.get(path);
    if (method === 'GET' && file) return { status: 200, ...file };
    // A browser asks by itself, and has to be content.
    if (method === 'GET' && path === '/favicon.ico') return { status: 204, body: '' };
    return isOurs || file ? refuse(405, 'It has another method') : refuse(404, 'There is no such page');
  };
}

async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    // Read on to the end even so: a client hears an answer only when it has finished sending.
    if (length <= mostBytes) chunks.push(chunk);
  }
  return length <= mostBytes ? Buffer.concat(chunks).toString() : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
