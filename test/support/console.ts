/** The console of a server in memory, with two peers of ours, and requests to it as no browser would send them. */
import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { type ConsoleServer, startConsole } from '../../lib/console/server.ts';
import { createOperatorClient, type OperatorClient } from '../../lib/operator/client.ts';
import { createSend, withKey } from '../../lib/operator/send.ts';
import { type Instance, startInstance } from './instance.ts';
import { type OwnerApi, startOwnerApi } from './owner-api.ts';

export interface OwnersInstance extends Instance {
  owner: OwnerApi;
  client: OperatorClient;
}

/** An instance that has an owner. */
export async function startOwned(options: Parameters<typeof startInstance>[0]): Promise<OwnersInstance> {
  const instance = await startInstance(options);
  const owner = await startOwnerApi(instance.runtime);
  return {
    ...instance,
    owner,
    client: createOperatorClient({ url: owner.url, send: createSend(withKey(owner.key)) }),
    async stop() {
      await Promise.all([owner.stop(), instance.stop()]);
    },
  };
}

export const consoleOf = (client: OperatorClient, options: { mayWrite?: boolean; isLocal?: boolean } = {}) =>
  startConsole({ client, where: 'the server of a test', isLocal: false, mayWrite: false, ...options });

export interface Link {
  port: number;
  key: string;
}

export function linkOf(console: Pick<ConsoleServer, 'newLink'>): Link {
  const { port, hash } = new URL(console.newLink());
  return { port: Number(port), key: hash.slice(1) };
}

export interface RawAnswer {
  status: number | undefined;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}

type RawRequest = { method?: string; path?: string; headers?: Record<string, string>; body?: string };

/** Anything may stand in the headers. */
export function ask(port: number, { method = 'GET', path = '/', headers = {}, body }: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, async (response) => {
      resolve({ status: response.statusCode, headers: response.headers, body: await text(response) });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** As the page does. */
export const post = (port: number, path: string, value: object, headers: Record<string, string> = {}) =>
  ask(port, {
    method: 'POST',
    path,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(value),
  });

/** Exchanges the key of a link. @returns the session */
export async function open({ port, key }: Link): Promise<string> {
  const { body } = await post(port, '/session', { key });
  return JSON.parse(body).session;
}
