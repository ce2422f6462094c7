/**
 * Goal 5: the local server under load from this process, on the memory CRUD and, as `npm start` runs it, on DynamoDB. Beside
 * it stands what a bare server of node:http reaches with answers of the same size: the limit of machine and client.
 */
import autocannon from 'autocannon';
import { demoPeers } from '../../lib/local/demo.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import { changePeerSettings } from '../../lib/operator/api/peers.ts';
import { v2_2_1 } from '../../lib/wire/v2_2_1.ts';
import { foreignParty } from '../support/builders.ts';
import { startLocalServer } from '../support/local-server.ts';
import './environment.ts';
import { atLeast, atMost, type Bench, count, exactly, type Figure, type Goal, median, time } from './figures.ts';
import type { HttpServerOptions } from './http-server.ts';
import { note } from './note.ts';
import { cpoToken, emspToken } from './platform.ts';
import { memoryOf, start } from './processes.ts';
import { tokenOfNumber } from './tokens.ts';

const manyConnections = 64;
const ownTokens = 1_000;
/** Of what a partner can be allowed. */
const mostPerSecond = 10_000;
const received: Token = { ...tokenOfNumber(0, ownTokens), ...foreignParty };

interface Server {
  url: string;
  pid: number | undefined;
  credentials: { emsp: string; cpo: string };
  stop(): Promise<void>;
}

interface Pressure {
  seconds: number;
  connections: number[];
}

const short: Pressure = { seconds: 1, connections: [16] };
const long: Pressure = { seconds: 10, connections: [16, manyConnections] };

interface Load {
  name: string;
  path: string;
  by: 'emsp' | 'cpo';
  goal: Goal;
}

const getToken: Load = {
  name: 'GET a Token',
  path: `/ocpi/cpo/2.2.1/tokens/${foreignParty.country_code}/${foreignParty.party_id}/${received.uid}`,
  by: 'emsp',
  goal: atLeast(20_000),
};
const listTokens: Load = {
  name: 'list 100',
  path: '/ocpi/emsp/2.2.1/tokens/?limit=100',
  by: 'cpo',
  goal: atLeast(2_000),
};

export const http: Bench = async ({ isShort, minutes }) => {
  const pressure = isShort ? short : long;
  return [
    ...(await withServer(startOnMemory, (server) => underLoad('memory', server, pressure, true))),
    ...(isShort ? [] : await withServer(startOnMemory, (server) => growth(server, minutes))),
    ...(await withServer(startLocal, (server) => underLoad('DynamoDB', server, pressure, false))),
  ];
};

async function withServer(
  begin: () => Promise<Server>,
  measure: (server: Server) => Promise<Figure[]>,
): Promise<Figure[]> {
  const server = await begin();
  try {
    return await measure(server);
  } finally {
    await server.stop();
  }
}

async function startScript(options: HttpServerOptions): Promise<Server> {
  const { child, ready: port } = await start<number>('http-server.ts', options, { LOG_LEVEL: 'info' });
  return {
    url: `http://127.0.0.1:${port}`,
    pid: child.pid,
    credentials: { emsp: emspToken, cpo: cpoToken },
    async stop() {
      child.kill();
    },
  };
}

const startOnMemory = () => startScript({ kind: 'memory', tokens: ownTokens, bytes: 0 });

/** `npm start` itself; what a partner may ask in a second is not what is measured. */
async function startLocal(): Promise<Server> {
  const server = await startLocalServer();
  for (const { role } of demoPeers) {
    const settings = { incomingPerSecond: mostPerSecond };
    await server.client.call(changePeerSettings, { id: `demo-${role.toLowerCase()}`, settings });
  }
  const [emsp, cpo] = demoPeers;
  return {
    url: server.url,
    pid: server.pid,
    credentials: { emsp: emsp.credentialsToken, cpo: cpo.credentialsToken },
    stop: () => server.stop(),
  };
}

const headersOf = ({ credentials }: Server, by: 'emsp' | 'cpo') => ({
  authorization: `Token ${Buffer.from(credentials[by]).toString('base64')}`,
});

/** Puts the Token that is asked for. @returns the size of each answer */
async function prepare(server: Server, load: Load): Promise<number> {
  const headers = { ...headersOf(server, 'emsp'), 'content-type': 'application/json' };
  await fetch(server.url + getToken.path, {
    method: 'PUT',
    headers,
    body: JSON.stringify(v2_2_1.encodeToken(received)),
  });
  const answer = await fetch(server.url + load.path, { headers: headersOf(server, load.by) });
  const text = await answer.text();
  if (!text.includes('"status_code":1000')) throw new Error(`${load.name} answered ${answer.status} ${text}`);
  return Buffer.byteLength(text);
}

const fire = (server: Server, load: Load, concurrency: number, seconds: number): Promise<autocannon.Result> =>
  autocannon({
    url: server.url + load.path,
    headers: headersOf(server, load.by),
    connections: concurrency,
    duration: seconds,
  });

/** Its own average is of samples, which come late while the client is busy, and then hold too much. */
const rateOf = ({ requests, duration }: autocannon.Result): number => requests.total / duration;

/** @param hasGoals only in memory are the goals ours to meet; else they are the database's */
async function underLoad(
  name: string,
  server: Server,
  { seconds, connections }: Pressure,
  hasGoals: boolean,
): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const load of [getToken, listTokens]) {
    const bytes = await prepare(server, load);
    const limit = await bareRate(load, bytes, seconds);
    // Compiles what is hot, and lets the heap find its size.
    await fire(server, load, manyConnections, Math.min(seconds, 3));
    for (const concurrency of connections) {
      note(`${name}, ${load.name}: ${concurrency} connections for ${seconds} s`);
      const before = memoryOf(server.pid, 'VmRSS') ?? 0;
      const result = await fire(server, load, concurrency, seconds);
      const { latency, errors, non2xx, timeouts } = result;
      const label = `${name}, ${load.name}, ${concurrency} connections`;
      figures.push(
        time(`${label}: requests a second`, rateOf(result), '', hasGoals ? load.goal : undefined),
        time(`${label}: requests a second / those of a bare server`, rateOf(result) / limit, ''),
        time(`${label}: p50`, latency.p50, 'ms'),
        time(`${label}: p99`, latency.p99, 'ms'),
        count(`${label}: errors`, errors + non2xx + timeouts, '', exactly(0)),
        time(`${label}: memory before`, before, 'MB'),
        time(`${label}: memory after`, memoryOf(server.pid, 'VmRSS') ?? 0, 'MB'),
      );
    }
  }
  return figures;
}

const bareRate = async (load: Load, bytes: number, seconds: number): Promise<number> => {
  const server = await startScript({ kind: 'bare', tokens: 0, bytes });
  try {
    return rateOf(await fire(server, load, manyConnections, seconds));
  } finally {
    await server.stop();
  }
};

/** The lowest memory of a while is what is really held; above it is garbage. */
async function growth(server: Server, minutes: number): Promise<Figure[]> {
  note(`watching the memory for ${minutes} min`);
  const seconds = minutes * 60;
  await prepare(server, getToken);
  const samples: number[] = [];
  const timer = setInterval(() => samples.push(memoryOf(server.pid, 'VmRSS') ?? 0), 250);
  const half = Math.ceil(seconds / 2);
  // Both kinds of load, because each has garbage of its own.
  await Promise.all([fire(server, getToken, manyConnections / 2, 2 * half), fire(server, listTokens, 8, 2 * half)]);
  clearInterval(timer);
  const quarter = Math.floor(samples.length / 4);
  const early = Math.min(...samples.slice(quarter, 2 * quarter));
  const late = Math.min(...samples.slice(-quarter));
  return [
    time(`memory, ${minutes} min of load: memory`, samples, 'MB'),
    time(`memory, ${minutes} min of load: least of the last quarter / of the second`, late / early, '', atMost(1.1)),
    time(`memory, ${minutes} min of load: median of the last quarter`, median(samples.slice(-quarter)), 'MB'),
  ];
}
