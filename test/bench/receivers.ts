/** Many CPOs in a process of their own: each can be registered with, and takes Tokens in its own time. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

export interface ReceiversOptions {
  count: number;
  /** By their numbers, how long each takes for a Token, in milliseconds; -1 answers nothing. None is 0. */
  delays: Record<number, number>;
}

/** A Token that has been answered. */
export interface Arrival {
  receiver: number;
  uid: string;
  valid: boolean;
  /** By which the benchmark knows the change. */
  visual_number?: string;
  /** Milliseconds since the epoch. */
  at: number;
}

export interface ReceiversReady {
  url: string;
}

/** What a message asks for: all arrivals since the last time; what each holds, and whether as valid; how many each holds whose uid begins so. */
export type Question = 'arrivals' | 'held' | { prefix: string };

const { count, delays } = JSON.parse(process.argv[2] ?? '') as ReceiversOptions;
const held = Array.from({ length: count }, () => new Map<string, boolean>());
/** Of each, by the first three letters of their uids, how many different Tokens. */
const counts = Array.from({ length: count }, () => new Map<string, number>());
let arrivals: Arrival[] = [];

const partyOf = (receiver: number) => ({ country_code: 'BE', party_id: `B${String(receiver).padStart(2, '0')}` });

function configuration(url: string, receiver: number, path: string): unknown {
  const base = `${url}/${receiver}`;
  if (path === 'versions') return [{ version: '2.2.1', url: `${base}/details` }];
  if (path === 'details') {
    const endpoints = [
      { identifier: 'credentials', role: 'SENDER', url: `${base}/credentials` },
      { identifier: 'tokens', role: 'RECEIVER', url: `${base}/tokens` },
    ];
    return { version: '2.2.1', endpoints };
  }
  const business_details = { name: `Receiver ${receiver}` };
  return {
    token: `token-of-${receiver}`,
    url: `${base}/versions`,
    roles: [{ role: 'CPO', business_details, ...partyOf(receiver) }],
  };
}

async function take(request: IncomingMessage, receiver: number): Promise<void> {
  const body = Buffer.concat(await request.toArray()).toString();
  const { uid, valid, visual_number } = JSON.parse(body);
  const prefix = uid.slice(0, 3);
  const ms = delays[receiver] ?? 0;
  if (ms < 0) await new Promise(() => {});
  if (ms > 0) await delay(ms);
  const ofPrefix = counts[receiver];
  if (!held[receiver]?.has(uid)) ofPrefix?.set(prefix, (ofPrefix.get(prefix) ?? 0) + 1);
  held[receiver]?.set(uid, valid);
  arrivals.push({ receiver, uid, valid, visual_number, at: Date.now() });
}

async function answer(request: IncomingMessage, response: ServerResponse, url: string): Promise<void> {
  const [, number = '', path = '', ...rest] = (request.url ?? '').split(/[/?]/);
  const receiver = Number(number);
  if (path === 'tokens' && rest.length > 0) await take(request, receiver);
  else await request.toArray();
  const data = path === 'tokens' ? undefined : configuration(url, receiver, path);
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ data, status_code: 1000, timestamp: new Date().toISOString() }));
}

const server = createServer((request, response) => {
  const { port } = server.address() as AddressInfo;
  answer(request, response, `http://127.0.0.1:${port}`).catch(() => response.destroy());
});

process.on('message', (question: Question) => {
  if (question === 'held') return process.send?.(held.map((tokens) => Object.fromEntries(tokens)));
  if (typeof question === 'object') return process.send?.(counts.map((ofPrefix) => ofPrefix.get(question.prefix) ?? 0));
  process.send?.(arrivals);
  arrivals = [];
});

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}` } satisfies ReceiversReady);
});
