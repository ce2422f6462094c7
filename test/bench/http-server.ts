/** The HTTP API of a local run in a process of its own, on the memory CRUD; or a bare server, to know what node:http can do at all. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createHttpApi } from '../../lib/local/http-api.ts';
import { readServerlessYml } from '../../lib/local/serverless-yml.ts';
import { ownCreation } from '../support/builders.ts';
import { type EndpointName, inMemory, startPlatform } from './platform.ts';
import { tokenOfNumber } from './tokens.ts';

export interface HttpServerOptions {
  kind: 'memory' | 'bare';
  tokens: number;
  /** Of the bare server's answer. */
  bytes: number;
}

async function listen({ kind, tokens, bytes }: HttpServerOptions): Promise<number> {
  if (kind === 'bare') {
    const body = 'x'.repeat(bytes);
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': body.length }).end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }
  const backend = inMemory();
  const { handlers } = await startPlatform(backend);
  for (let i = 0; i < tokens; i += 1) await backend.tokens.create(ownCreation(tokenOfNumber(i, tokens)));
  const served = readServerlessYml().functions.filter(({ name }) => Object.hasOwn(handlers, name));
  const api = createHttpApi({ functions: served, load: ({ name }) => handlers[name as EndpointName] });
  return api.listen(0);
}

process.send?.(await listen(JSON.parse(process.argv[2] ?? '') as HttpServerOptions));
