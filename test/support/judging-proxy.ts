/** A proxy in front of a server of ours, which hands everything on as it is and holds it against the OpenAPI documents. */
import { once } from 'node:events';
import { appendFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Exchange } from './documented.ts';

export interface JudgingProxy {
  port: number;
  leadTo(port: number): void;
  /** How many requests have come in. */
  requests(): number;
  /** Ends it. @throws Error that names all that was not as described */
  close(): Promise<void>;
}

/** Whose connections these are, each side says for itself. */
const ofConnection = /^(connection|keep-alive)$/i;

const passedOn = (rawHeaders: string[]): string[] =>
  rawHeaders.filter((_, i) => !ofConnection.test(rawHeaders[i - (i % 2)] ?? ''));

const textsOf = ({ headers }: IncomingMessage) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

/** Where all exchanges are noted, one JSON text a line, for another judge (test/documents/prism.ts). */
const noted = process.env.EXCHANGES_FILE;

export async function startJudgingProxy(judge: (exchange: Exchange) => string[]): Promise<JudgingProxy> {
  const faults: string[] = [];
  const agent = new Agent({ keepAlive: true });
  let target = 0;
  let requests = 0;

  function examine(exchange: Exchange): void {
    faults.push(...judge(exchange));
    if (!noted) return;
    const { requestBody, body, ...rest } = exchange;
    const line = { ...rest, requestBody: requestBody.toString('base64'), body: body.toString('base64') };
    appendFileSync(noted, `${JSON.stringify(line)}\n`);
  }

  async function handOn(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    requests += 1;
    const { method = '', url = '', rawHeaders } = incoming;
    const requestBody = Buffer.concat(await incoming.toArray());
    const upstream = request({
      port: target,
      host: '127.0.0.1',
      method,
      path: url,
      headers: passedOn(rawHeaders),
      agent,
    });
    outgoing.on('close', () => upstream.destroy());
    upstream.end(requestBody);
    const [answer] = (await once(upstream, 'response')) as [IncomingMessage];
    const body = Buffer.concat(await answer.toArray());
    const status = answer.statusCode ?? 0;
    examine({
      method,
      target: url,
      requestHeaders: textsOf(incoming),
      requestBody,
      status,
      headers: textsOf(answer),
      body,
    });
    outgoing.writeHead(status, passedOn(answer.rawHeaders));
    outgoing.end(body);
  }

  const server = createServer(
    { maxHeaderSize: 65_536, requireHostHeader: false, keepAliveTimeout: 0 },
    (incoming, outgoing) => {
      handOn(incoming, outgoing).catch(() => incoming.socket.destroy());
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    leadTo(port) {
      target = port;
    },
    requests: () => requests,
    async close() {
      server.close();
      server.closeAllConnections();
      agent.destroy();
      if (faults.length > 0)
        throw new Error(`Not as the OpenAPI documents say:\n${[...new Set(faults)].slice(0, 20).join('\n')}`);
    },
  };
}
