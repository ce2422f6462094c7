/** An eMSP in a process of its own that lists as many Tokens as one likes, in OCPI 2.2.1. It keeps none of them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { wires } from '../../lib/wire/registry.ts';
import { tokenOfNumber } from './tokens.ts';

export interface ListSenderOptions {
  tokens: number;
  pageSize: number;
}

export interface ListSenderReady {
  /** Of its Tokens. */
  url: string;
}

const { tokens, pageSize } = JSON.parse(process.argv[2] ?? '') as ListSenderOptions;

function pageAt(offset: number): string {
  const length = Math.max(0, Math.min(pageSize, tokens - offset));
  const data = Array.from({ length }, (_, i) => wires['2.2.1'].encodeToken(tokenOfNumber(offset + i, tokens)));
  return JSON.stringify({ data, status_code: 1000, timestamp: new Date().toISOString() });
}

const server = createServer((request, response) => {
  const { port } = server.address() as AddressInfo;
  const url = new URL(request.url ?? '', `http://127.0.0.1:${port}`);
  const offset = Number(url.searchParams.get('offset') ?? 0);
  url.searchParams.set('offset', String(offset + pageSize));
  response.setHeader('X-Total-Count', tokens).setHeader('X-Limit', pageSize);
  if (offset + pageSize < tokens) response.setHeader('Link', `<${url.href}>; rel="next"`);
  response.end(pageAt(offset));
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}/tokens` } satisfies ListSenderReady);
});
