/** A Tokens sender on loopback that pages in whatever way a test likes, with lists that change and answers that fail. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How it says where the next page is. */
export const pagings = [
  'link',
  'relative link',
  'bare link',
  'link by a proxy',
  'link among others',
  'cursor',
  'total',
  'limit',
  'total and limit',
  'no header',
  'ignores limit',
  'caps limit',
  'empty last page',
] as const;
export type Paging = (typeof pagings)[number];

export interface Asked {
  url: URL;
  headers: IncomingHttpHeaders;
}

interface Answer {
  http?: number;
  headers?: Record<string, string>;
  body: unknown;
}

export interface OddSender {
  /** Of its Tokens. */
  endpoint: string;
  /** Its list, in its order: objects of the version, or whatever else. */
  objects: unknown[];
  paging: Paging;
  pageSize: number;
  /** What it cannot write, and what it answers for a page with such an object. */
  cannotWrite: (object: unknown) => boolean;
  failure: { http?: number; body: string };
  seen: Asked[];
  /** What happens instead of the next answers, in order; an undefined one is answered as usual. */
  instead: ((asked: Asked) => Answer | undefined | Promise<undefined>)[];
  /** Its clock; undefined says no time. */
  timestamp: () => string | undefined;
  stop(): Promise<void>;
}

const stampOf = (object: unknown): string => (object as { last_updated?: string } | null)?.last_updated ?? '';

const atMost = (limit: number, asked: string | null): number => Math.min(limit, Number(asked ?? limit));

function pageOf(sender: OddSender, { url }: Asked): Answer {
  const { objects, paging, pageSize, endpoint } = sender;
  const { searchParams } = url;
  const from = searchParams.get('date_from');
  const matching = from === null ? objects : objects.filter((object) => stampOf(object) >= from);
  const isWhole = paging === 'no header';
  const offset = isWhole ? 0 : Number(searchParams.get(paging === 'cursor' ? 'after' : 'offset') ?? 0);
  const asked = paging === 'ignores limit' ? null : searchParams.get('limit');
  const limit = isWhole ? matching.length : atMost(pageSize, asked);
  const body = matching.slice(offset, offset + limit);
  if (body.some(sender.cannotWrite)) return sender.failure;
  const end = offset + limit;
  const isLast = paging === 'empty last page' ? offset >= matching.length : end >= matching.length;
  const total = { 'x-TOTAL-count': String(matching.length) };
  const room = { 'X-Limit': String(limit) };

  const parameters = new URLSearchParams(searchParams);
  parameters.set(paging === 'cursor' ? 'after' : 'offset', String(end));
  const query = parameters.toString();
  const next: Partial<Record<Paging, string>> = {
    link: `<${endpoint}?${query}>; rel="next"`,
    'relative link': `<?${query}>; rel="next"`,
    'bare link': `<${endpoint}?${query}>;rel=next`,
    'link by a proxy': `<http://10.0.0.7:8080${new URL(endpoint).pathname}?${query}>; rel="next"`,
    'link among others': `<${endpoint}>; rel="first", <${endpoint}?${query}>; title="a, b"; rel="next"`,
    cursor: `<${endpoint}?${query}>; rel="next"`,
    'caps limit': `<${endpoint}?${query}>; rel="next"`,
    'empty last page': `<${endpoint}?${query}>; rel="next"`,
  };
  const link = next[paging];
  const headers = {
    ...(paging !== 'limit' && !isWhole && total),
    ...(paging !== 'total' && !isWhole && room),
    ...(link !== undefined && !isLast && { Link: link }),
  };
  return { headers, body };
}

/** @param path of its Tokens, with a slash at the end or without one */
export async function startOddSender(path = '/ocpi/sender/tokens'): Promise<OddSender> {
  const server = createServer(async (request, response) => {
    const asked = { url: new URL(request.url ?? '', sender.endpoint), headers: request.headers };
    sender.seen.push(asked);
    const { http = 200, headers, body } = (await sender.instead.shift()?.(asked)) ?? pageOf(sender, asked);
    const envelope = { data: body, status_code: 1000, timestamp: sender.timestamp() };
    response.writeHead(http, headers).end(typeof body === 'string' ? body : JSON.stringify(envelope));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const sender: OddSender = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`,
    objects: [],
    paging: 'link',
    pageSize: 3,
    cannotWrite: () => false,
    failure: { body: '{"data":[],"status_code":3000,"timestamp":"2026-03-01T12:00:00Z"}' },
    seen: [],
    instead: [],
    timestamp: () => '2026-03-01T12:00:00Z',
    async stop() {
      server.closeAllConnections();
      server.close();
    },
  };
  return sender;
}
