/** What stands in front of a deployed system: one address for partners and owner, and what can be wrong with it. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

export interface Passing {
  method: string;
  path: string;
  headers: Record<string, string>;
  body: Buffer;
}

/** Changes what passes, or answers it itself. */
export type Fault = (
  passing: Passing,
) => { status: number; headers?: Record<string, string>; body?: string } | undefined;

export interface Front {
  url: string;
  /** Where what is below `/operator` goes, and the rest. */
  leadTo(owner: string, partners: string): void;
  faults: Fault[];
  /** Headers of answers that do not get through. */
  dropped: Set<string>;
  stop(): Promise<void>;
}

export async function startFront(): Promise<Front> {
  let targets = { owner: '', partners: '' };
  const front: Omit<Front, 'url' | 'stop'> = {
    leadTo(owner, partners) {
      targets = { owner, partners };
    },
    faults: [],
    dropped: new Set(),
  };

  async function pass(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '', headers } = incoming;
    const passing: Passing = { method, path, headers: headers as Record<string, string>, body: await buffer(incoming) };
    for (const fault of front.faults) {
      const answer = fault(passing);
      if (answer) return void response.writeHead(answer.status, answer.headers).end(answer.body ?? '{}');
    }
    const target = new URL(/^\/+operator/.test(passing.path) ? targets.owner : targets.partners);
    const options = { host: target.hostname, port: target.port, method, path: passing.path, headers: passing.headers };
    const onward = send(options, (answer) => {
      const kept = Object.entries(answer.headers).filter(([name]) => !front.dropped.has(name));
      response.writeHead(answer.statusCode ?? 502, Object.fromEntries(kept));
      answer.pipe(response);
    });
    onward.on('error', () => response.destroy());
    onward.end(passing.body);
  }

  const server = createServer((incoming, response) => void pass(incoming, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return Object.assign(front, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  });
}
