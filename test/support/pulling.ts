/** Pulls from a peer to the end, page by page, as the slices do it: through a state that is kept as JSON, and past deaths. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createPeerClient } from '../../lib/client/ask-peer.ts';
import { createHttpSend } from '../../lib/client/http-send.ts';
import { receivedTokensCall } from '../../lib/crud/calls.ts';
import type { Backend, StoredToken } from '../../lib/crud/crud.ts';
import { memoryStorage } from '../../lib/crud/memory.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import { hasTreePerRole, type PartyId, type VersionNumber } from '../../lib/ocpi/versions.ts';
import type { Peer } from '../../lib/peers/peer.ts';
import type { PeerSettings } from '../../lib/peers/settings.ts';
import { openTokensLine } from '../../lib/peers/tokens-line.ts';
import { backendOn } from '../../lib/runtime/backend.ts';
import { keyVault } from '../../lib/runtime/vault.ts';
import { failingAfter } from '../../lib/sync/backoff.ts';
import { pull } from '../../lib/sync/pull/pull.ts';
import type { SyncRuntime } from '../../lib/sync/runtime.ts';
import type { PullState } from '../../lib/sync/state.ts';
import type { Wishes } from '../../lib/sync/wishes.ts';
import { createOnce } from '../../lib/sync/work.ts';
import { createLog } from '../../lib/telemetry/log.ts';
import { wires } from '../../lib/wire/registry.ts';
import { foreignParty, peer, token } from './builders.ts';
import { config } from './runtime.ts';

export const began = '2026-03-01T12:00:00.000Z';

export interface Puller {
  runtime: SyncRuntime;
  backend: Backend;
  peer: Peer;
  state: PullState;
  wishes: Wishes;
  logged: string[];
  /** Of the last step. */
  failure: Error | undefined;
  /** Of the storage and of the peer, in order: `tokens.get`, `client.ask`. */
  calls: string[];
  /** Called before and after each of them; what it throws ends this life. */
  around: (call: string, when: 'before' | 'after') => void;
  /** How much time each call takes. */
  callMs: number;
  advance(ms: number): void;
  /** One step. @returns what came of it, or undefined if the process died */
  step(deadline?: Date): Promise<'more' | 'rest' | 'failed' | undefined>;
  /** Until there is nothing to do; no more often than the peer fails in this way. */
  run(mostFailures?: number): Promise<void>;
  /** What we have of these parties, by uid. */
  copy(...parties: PartyId[]): Promise<StoredToken[]>;
}

class Death extends Error {}

/** Opening a connection for each page is most of what a page takes here. */
const httpSend = createHttpSend({ policy: 'local' });

/** Each call of an object is counted, and may be the last. */
function watched<T extends object>(name: string, inner: T, call: (name: string, run: () => unknown) => unknown): T {
  return new Proxy(inner, {
    get(target, member) {
      const value = Reflect.get(target, member);
      if (typeof value !== 'function' || member === 'has') return value;
      return (...args: unknown[]) => call(`${name}.${String(member)}`, () => value.apply(target, args));
    },
  });
}

interface Options {
  endpoint: string;
  version?: VersionNumber;
  roles?: Peer['roles'];
  settings?: PeerSettings;
  backend?: Backend;
}

export async function startPuller({
  endpoint,
  version = '2.2.1',
  roles,
  settings = {},
  backend,
}: Options): Promise<Puller> {
  let time = Date.parse(began);
  let life = { isOver: false };
  let once = createOnce();
  const now = () => new Date(time);
  const newId = () => randomUUID();
  const logged: string[] = [];
  const log = createLog('info', now, (line) => logged.push(line));
  const key = randomBytes(32);
  const vault = keyVault(() => key);
  const kept = backend ?? backendOn(memoryStorage({ newId }), { now, newId });

  async function call(name: string, run: () => unknown): Promise<unknown> {
    const own = life;
    const die = (when: 'before' | 'after') => {
      if (own.isOver) throw new Death();
      try {
        puller.around(name, when);
      } catch (error) {
        own.isOver = true;
        throw error;
      }
    };
    die('before');
    puller.calls.push(name);
    time += puller.callMs;
    const result = await run();
    die('after');
    return result;
  }

  const runtime: SyncRuntime = {
    config,
    log,
    now,
    newId,
    backend: { ...kept, tokens: watched('tokens', kept.tokens, call), records: watched('records', kept.records, call) },
    client: watched('client', createPeerClient({ policy: 'local', log, now, newId, httpSend }), call),
    vault,
    queue: { send: async () => {} },
    sleep: async () => {},
    random: () => 0.5,
  };
  const role = !hasTreePerRole(version) && ({ role: 'SENDER' } as const);
  const subject = peer({
    id: 'the-emsp',
    roles: roles ?? [{ ...foreignParty, role: 'EMSP' }],
    version,
    settings,
    ourRole: 'CPO',
    connection: {
      versionsUrl: endpoint,
      endpoints: [{ identifier: 'tokens', ...role, url: endpoint } as never],
      sealedToken: await vault.seal('our-token', 'the-emsp'),
      authorizationEncoding: 'raw',
      exchangedAt: began,
    },
  });

  const puller: Puller = {
    runtime,
    backend: kept,
    peer: subject,
    state: pull.begin({ runtime, peer: subject }, 'scope', undefined),
    wishes: {},
    logged,
    failure: undefined,
    calls: [],
    around: () => {},
    callMs: 0,
    advance(ms) {
      time += ms;
    },
    async step(deadline = new Date(time + 45_000)) {
      life = { isOver: false };
      const line = async () => {
        const opened = await openTokensLine(runtime, puller.peer, 'SENDER');
        if (!opened) throw new Error('There is no sender');
        return opened;
      };
      const before = puller.state;
      try {
        const ground = { runtime, peer: puller.peer, wishes: puller.wishes, deadline, line, once };
        const done = await pull.step(ground, structuredClone(before));
        puller.state = JSON.parse(JSON.stringify(done.state)) as PullState;
        puller.failure = done.failure as Error | undefined;
        if (done.failure === undefined) return done.next;
        puller.state.failing = failingAfter(puller.state.failing, done.failure, now(), 0.5);
        return 'failed';
      } catch (error) {
        if (!(error instanceof Death) && (error as Error).message !== 'death') throw error;
        once = createOnce();
        // As whoever finds the lease of a worker that is no more.
        puller.state = { ...before, begun: before.begun + 1 };
        return undefined;
      } finally {
        life.isOver = true;
      }
    },
    async run(mostFailures = 0) {
      let failures = 0;
      for (let steps = 0; steps < 2_000; steps += 1) {
        const outcome = await puller.step();
        if (outcome === 'rest') return;
        if (outcome === 'failed') failures += 1;
        if (failures > mostFailures) throw puller.failure;
      }
      throw new Error('There is no end of it');
    },
    async copy(...parties) {
      const filters = { date_from: undefined, date_to: undefined, offset: 0, limit: 10_000 };
      const all = parties.length > 0 ? parties : [foreignParty];
      const pages = await Promise.all(
        all.map((party) => kept.tokens.list({ ...receivedTokensCall, ...party, filters })),
      );
      return pages.flatMap(({ items }) => items).sort((a, b) => (a.data.uid < b.data.uid ? -1 : 1));
    },
  };
  return puller;
}

export const uidsIn = (stored: readonly StoredToken[]): string[] => stored.map(({ data }) => data.uid);

/** So many Tokens, as a partner of this version lists them. */
export const listed = (version: VersionNumber, count: number, overrides: Partial<Token> = {}): unknown[] =>
  Array.from({ length: count }, (_, index) =>
    object(version, { uid: `CARD${String(index).padStart(4, '0')}`, ...overrides }),
  );

export const object = (version: VersionNumber, overrides: Partial<Token> = {}): unknown =>
  JSON.parse(JSON.stringify(wires[version].encodeToken(token(overrides))));
