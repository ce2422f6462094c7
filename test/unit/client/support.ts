/** Partners on loopback, well-behaved and not, and a watch over what the client connects to and writes. */
import { execFileSync } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, expect, onTestFinished } from 'vitest';
import { createPeerClient, type PeerConnection, type PeerRequest } from '../../../lib/client/ask-peer.ts';
import type { ConnectionOptions } from '../../../lib/client/connections.ts';
import { createHttpSend } from '../../../lib/client/http-send.ts';
import { PeerError } from '../../../lib/client/peer-error.ts';
import type { Resolve } from '../../../lib/client/url-policy.ts';
import { createLog } from '../../../lib/telemetry/log.ts';
import { wires } from '../../../lib/wire/registry.ts';

interface Seen {
  method: string;
  /** Path and query, as they came. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

const trackSockets = (server: Server): Set<Socket> => {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // A client that gives up resets the connection; that is what these tests are about.
    socket.on('error', () => undefined);
  });
  return sockets;
};

async function listen(server: Server, host = '127.0.0.1') {
  const sockets = trackSockets(server);
  await once(server.listen(0, host), 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

const recordInto =
  (seen: Seen[], listener: RequestListener): RequestListener =>
  (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      seen.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      listener(request, response);
    });
  };

/** A partner that speaks HTTP. */
export async function startPartner(listener: RequestListener) {
  const seen: Seen[] = [];
  const { port, sockets } = await listen(createServer(recordInto(seen, listener)));
  return { url: `http://127.0.0.1:${port}`, port, seen, sockets };
}

/** A partner that speaks whatever it likes. */
export async function startRawPartner(onConnection: (socket: Socket) => void) {
  const { port, sockets } = await listen(createTcpServer({ allowHalfOpen: true }, onConnection));
  return { url: `http://127.0.0.1:${port}`, port, sockets };
}

export async function startTlsPartner({ key, cert }: Certificate, listener: RequestListener) {
  const seen: Seen[] = [];
  const { port } = await listen(createTlsServer({ key, cert }, recordInto(seen, listener)));
  return { port, seen };
}

interface Certificate {
  key: string;
  cert: string;
}

/** @returns a self-signed certificate for partner.test, or undefined on a machine without openssl */
export function selfSigned(): Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'ocpi-tokens-tls-'));
  const file = (name: string) => join(folder, name);
  try {
    const subject = ['-subj', '/CN=partner.test', '-addext', 'subjectAltName=DNS:partner.test'];
    const keys = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', file('key')];
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...subject, ...keys, '-out', file('cert')], {
      stdio: 'ignore',
    });
    return { key: readFileSync(file('key'), 'utf8'), cert: readFileSync(file('cert'), 'utf8') };
  } catch {
    return undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What a good partner answers. */
export const success = (data?: unknown) => ({ data, status_code: 1000, timestamp: '2026-01-31T12:00:00Z' });

/** Answers every request with this. */
export const answering =
  (body: unknown, http = 200, headers: Record<string, string> = { 'Content-Type': 'application/json' }) =>
  (_: unknown, response: ServerResponse): void => {
    response
      .writeHead(http, headers)
      .end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
  };

/** The token that we present, of characters that Base64 and headers may stumble over. */
export const presented = 'pr3sented~?>secret/of+ours=';
/** The token that we hand out in credentials. */
export const handedOut = 'h4nded-out-secret-of-ours';

export const connection = (overrides: Partial<PeerConnection> = {}): PeerConnection => ({
  id: 'demo-peer',
  credentialsToken: presented,
  authorizationEncoding: 'raw',
  sendRoutingHeaders: true,
  ...overrides,
});

/** The module of which connections are kept. */
export const tokensModule = { kind: 'functional', module_id: 'tokens', wire: wires['2.2.1'] } as const;

const noLookups: Resolve = (hostname) => Promise.reject(new Error(`the test looked up ${hostname}`));

export const resolvingTo =
  (...addresses: string[]): Resolve =>
  () =>
    Promise.resolve(addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })));

const everyLine: string[] = [];
const everyError: PeerError[] = [];

/** A client of which all log lines and errors are kept. Any name is looked up in vain unless `resolve` is given. */
export function client({ policy = 'local', ...options }: Partial<ConnectionOptions> = {}) {
  const lines: string[] = [];
  const write = (line: string) => {
    lines.push(line);
    everyLine.push(line);
  };
  const now = () => new Date();
  let ids = 0;
  const { ask } = createPeerClient({
    policy,
    log: createLog('debug', now, write),
    now,
    newId: () => `id-${++ids}`,
    httpSend: createHttpSend({ policy, resolve: noLookups, ...options }),
  });
  const send = (url: string, request: Partial<PeerRequest> = {}) =>
    ask({
      peer: connection(),
      module: { kind: 'configuration', module_id: 'versions' },
      method: 'GET',
      url,
      timeoutMs: 3000,
      ...request,
    });
  const fail = async (url: string, request: Partial<PeerRequest> = {}): Promise<PeerError> => {
    const error = await send(url, request).then(
      (answer) => Promise.reject(new Error(`Expected a PeerError, not ${JSON.stringify(answer)}`)),
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(PeerError);
    everyError.push(error as PeerError);
    return error as PeerError;
  };
  return { ask: send, fail, logged: () => lines.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

const base64 = (text: string) => Buffer.from(text).toString('base64').replace(/=+$/, '');

const attempts: string[] = [];

/** The addresses that were connected to while `run` ran. */
export async function connectionsDuring(run: () => Promise<unknown>): Promise<string[]> {
  const before = attempts.length;
  await run();
  return attempts.slice(before);
}

/** Asserts, over all the tests of a file, that nothing but loopback was contacted and that no secret was written. */
export function watchOver(): void {
  const onSocket = (message: unknown) => {
    const { socket } = message as { socket: Socket };
    socket.on('connectionAttempt', (address: string) => attempts.push(address));
  };
  beforeAll(() => subscribe('net.client.socket', onSocket));
  afterAll(() => {
    unsubscribe('net.client.socket', onSocket);
    expect(attempts.length).toBeGreaterThan(0);
    expect(attempts.filter((address) => !address.startsWith('127.'))).toEqual([]);

    const written = [...everyLine, ...everyError.map((error) => inspect(error, { depth: 5 }))].join('\n');
    expect(everyLine.length).toBeGreaterThan(0);
    expect(everyError.length).toBeGreaterThan(0);
    for (const secret of [presented, handedOut]) {
      expect(written).not.toContain(secret);
      expect(written).not.toContain(base64(secret));
    }
  });
}
