/** A process that pulls a list of Tokens in full, again and again, slice by slice as deployed, and says what each time took. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { createPeerClient, type PeerClient } from '../../lib/client/ask-peer.ts';
import { createHttpSend } from '../../lib/client/http-send.ts';
import { peersCall } from '../../lib/crud/calls.ts';
import type { Storage } from '../../lib/crud/crud.ts';
import { openDatabase } from '../../lib/crud/dynamodb/client.ts';
import { dynamodbStorage } from '../../lib/crud/dynamodb/storage.ts';
import { accessOf } from '../../lib/peers/access.ts';
import type { Peer } from '../../lib/peers/peer.ts';
import { backendOn } from '../../lib/runtime/backend.ts';
import { readConfig } from '../../lib/runtime/config.ts';
import { keyVault } from '../../lib/runtime/vault.ts';
import type { SyncRuntime, Wake } from '../../lib/sync/runtime.ts';
import { runSlice } from '../../lib/sync/slice.ts';
import { type PullCounts, readState } from '../../lib/sync/state.ts';
import { writeWishes } from '../../lib/sync/wishes.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { sqliteStorage } from '../contract/sqlite-storage.ts';
import { ambient, tables } from './environment.ts';
import { type Meter, meter } from './meter.ts';
import { ownParty } from './tokens.ts';

export interface PullerOptions {
  /** Where the list is. */
  url: string;
  /** What it is stored in: a file of SQLite, which takes no memory of ours, or DynamoDB at an endpoint. */
  storage: { file: string } | { endpoint: string };
  times: number;
}

/** Of one full pull. */
export interface PulledOnce {
  seconds: number;
  read: number;
  counts: PullCounts;
  missing: number | undefined;
  slices: number;
  /** Calls of the Tokens module, by their names. */
  calls: Record<string, number>;
  /** Requests to DynamoDB, where it is that. */
  requests: number | undefined;
  /** What V8 holds after it has collected its garbage, in megabytes: one sample for each twentieth of the list. */
  heaps: number[];
  /** The most that the process has had, megabytes. */
  rss: number;
}

const sliceMs = 45_000;
const samples = 20;
const megabyte = 2 ** 20;
const lane = { peer: 'the-emsp', direction: 'pull' } as const;

function open({ storage }: PullerOptions): { storage: Storage; meter?: Meter } {
  if ('file' in storage) return { storage: sqliteStorage(storage.file, ambient) };
  const metered = meter(openDatabase(storage.endpoint));
  return { storage: dynamodbStorage({ endpoint: undefined, tables, ...ambient }, metered.db), meter: metered };
}

const connected = async (url: string, vault: SyncRuntime['vault']): Promise<Peer> => ({
  id: lane.peer,
  roles: [{ ...ownParty, role: 'EMSP' }],
  version: '2.2.1',
  tokensWeGave: [],
  ourRole: 'CPO',
  connection: {
    versionsUrl: url,
    endpoints: [{ identifier: 'tokens', role: 'SENDER', url }],
    sealedToken: await vault.seal('a token', lane.peer),
    authorizationEncoding: 'base64',
    exchangedAt: ambient.now().toISOString(),
  },
});

/** Counts what is called. */
function counting<T extends object>(inner: T): { calls: T; read(): Record<string, number> } {
  let counts: Record<string, number> = {};
  const calls = new Proxy(inner, {
    get(target, name) {
      const member = Reflect.get(target, name);
      if (typeof member !== 'function' || name === 'has') return member;
      return (...args: unknown[]) => {
        counts[String(name)] = (counts[String(name)] ?? 0) + 1;
        return member.apply(target, args);
      };
    },
  });
  return {
    calls,
    read() {
      const counted = counts;
      counts = {};
      return counted;
    },
  };
}

/** Asks, and looks at the heap now and then. */
function watching(client: PeerClient): PeerClient & { heaps(): number[] } {
  let [heaps, pages]: [number[], number] = [[], 0];
  return {
    async ask(request) {
      pages += 1;
      const answer = await client.ask(request);
      const all = Number(answer.headers['x-total-count']) / Number(answer.headers['x-limit']);
      if (pages % Math.ceil(all / samples) === 0) heaps.push(heapNow());
      return answer;
    },
    heaps() {
      const taken = heaps;
      [heaps, pages] = [[], 0];
      return taken;
    },
  };
}

/** What is left when all garbage is gone. */
function heapNow(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return (heapUsed + external) / megabyte;
}

async function pullOften(options: PullerOptions): Promise<void> {
  const { storage, meter: metered } = open(options);
  const { now, newId } = ambient;
  const backend = backendOn(storage, ambient);
  const tokens = counting(backend.tokens);
  const log = createLog('silent', now);
  const key = randomBytes(32);
  const vault = keyVault(() => key);
  const httpSend = createHttpSend({ policy: 'local' });
  const client = watching(createPeerClient({ policy: 'local', log, now, newId, httpSend }));
  const wakes: Wake[] = [];
  const runtime: SyncRuntime = {
    config: { ...readConfig(process.env), parties: [{ role: 'CPO', country_code: 'NL', party_id: 'LCP' }] },
    log,
    now,
    newId,
    backend: { ...backend, tokens: tokens.calls },
    client,
    vault,
    queue: { send: async (more) => void wakes.push(...more) },
    sleep,
    random: Math.random,
  };
  const data = await connected(options.url, vault);
  await backend.credentials.create({ ...peersCall, data, access: accessOf(data), claims: [] });

  for (let time = 0; time < options.times; time += 1) {
    metered?.read();
    await writeWishes(backend, lane, (wishes) => ({ ...wishes, full: now().toISOString() }));
    const begun = performance.now();
    let slices = 0;
    for (wakes.push({ ...lane, because: 'bench' }); wakes.length > 0; slices += 1) {
      wakes.pop();
      await runSlice(runtime, lane, new Date(now().getTime() + sliceMs));
    }
    const seconds = (performance.now() - begun) / 1_000;
    const state = (await readState(backend, lane))?.data;
    if (!state?.full) throw new Error(`The pull did not come to its end: ${state?.failing?.why}`);
    const { read, missing, counts } = state.full;
    const requests = metered?.read().filter(({ table }) => table === tables.tokens).length;
    const rss = process.resourceUsage().maxRSS / 1_024;
    const pulled = {
      seconds,
      read,
      missing,
      counts,
      slices,
      calls: tokens.read(),
      requests,
      heaps: client.heaps(),
      rss,
    };
    process.send?.(pulled satisfies PulledOnce);
  }
  process.disconnect();
}

await pullOften(JSON.parse(process.argv[2] ?? '') as PullerOptions);
