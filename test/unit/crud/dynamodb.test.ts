/** What is DynamoDB's own: the number of requests, and what goes wrong between any two of them. */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { endpoint as authorizeToken } from '../../../functions/tokens/authorize-token.ts';
import { endpoint as getToken } from '../../../functions/tokens/get-token.ts';
import { endpoint as listTokens } from '../../../functions/tokens/list-tokens.ts';
import { endpoint as patchToken } from '../../../functions/tokens/patch-token.ts';
import { endpoint as putToken } from '../../../functions/tokens/put-token.ts';
import type { Backend } from '../../../lib/crud/crud.ts';
import { dynamodbBackend } from '../../../lib/crud/dynamodb/backend.ts';
import { createOperator } from '../../../lib/crud/dynamodb/operator.ts';
import type { Runtime } from '../../../lib/runtime.ts';
import { credentialsCall, emspCall, ownToken, peer, sha256, token } from '../../support/builders.ts';
import { startDatabase } from '../../support/dynamodb.ts';
import {
  answerLost,
  type Fault,
  halfABatch,
  indexLag,
  sentTwice,
  throttled,
  transactionConflict,
  unreachable,
  type Watched,
  watch,
} from '../../support/faults.ts';
import { call, cpoToken, emspToken, testRuntime } from '../../support/runtime.ts';

const database = await startDatabase();
const owner = { country_code: 'NL', party_id: 'LMS' };
const now = () => new Date();
const newId = () => randomUUID();

afterAll(async () => {
  if (!('reason' in database)) await database.stop();
});

const own = (i: number, overrides = {}) => ownToken(owner, { uid: `CARD${i}`, ...overrides });

describe.skipIf('reason' in database)(`DynamoDB${'reason' in database ? `: ${database.reason}` : ''}`, () => {
  let watched: Watched;
  let backend: Backend;
  let runtime: Runtime;
  let importTokens: ReturnType<typeof createOperator>['importTokens'];
  let tables: { tokens: string; peers: string };

  beforeEach(async () => {
    if ('reason' in database) return;
    tables = await database.newTables();
    watched = watch(database.db);
    backend = dynamodbBackend({ endpoint: undefined, tables, emspParties: [owner], now, newId }, watched.db);
    const operator = createOperator({ db: watched.db, table: tables.tokens, now, newId });
    importTokens = (tokens) => operator.importTokens(tokens);
    // Peers live in memory here, so that what is counted is what comes after authentication.
    runtime = await testRuntime({ wrap: ({ credentials }) => ({ tokens: backend.tokens, credentials }) });
  });

  const sentBy = async (run: () => Promise<unknown>): Promise<string[]> => {
    watched.sent.length = 0;
    await run();
    return watched.sent.splice(0);
  };

  const list = (offset: number, limit: number, dates = {}) =>
    backend.tokens.list(emspCall({ filters: { offset, limit, ...dates } }));

  /** What a walk over all pages delivers. */
  async function walk(limit = 40): Promise<{ uids: string[]; total: number }> {
    const uids: string[] = [];
    for (;;) {
      const page = await list(uids.length, limit);
      uids.push(...page.items.map(({ uid }) => uid));
      if (page.isLast) return { uids, total: page.total };
    }
  }

  describe('requests after authentication', () => {
    const path = 'DE/DMS/0A1B2C3D4E5F60';
    const body = token();

    test('GET takes 1, PUT 2, PATCH 2', async () => {
      const request = { path, token: emspToken };
      expect(await sentBy(() => call(putToken, runtime, { ...request, body }))).toEqual(['GetCommand', 'PutCommand']);
      expect(await sentBy(() => call(putToken, runtime, { ...request, body }))).toEqual([
        'GetCommand',
        'UpdateCommand',
      ]);
      expect(await sentBy(() => call(getToken, runtime, request))).toEqual(['GetCommand']);
      const patch = { valid: false, last_updated: '2026-02-02T00:00:00Z' };
      expect(await sentBy(() => call(patchToken, runtime, { ...request, body: patch }))).toEqual([
        'QueryCommand',
        'UpdateCommand',
      ]);
    });

    test('2.1.1 GET without type takes 1 too', async () => {
      expect(await sentBy(() => call(getToken, runtime, { version: '2.1.1', path, token: emspToken }))).toHaveLength(1);
    });

    test('authorize takes 2, or 1 for an unknown Token', async () => {
      await importTokens([own(1)]);
      const authorize = (uid: string) =>
        call(authorizeToken, runtime, { path: `${uid}/authorize`, token: cpoToken, query: { type: 'RFID' } });
      expect(await sentBy(() => authorize('CARD1'))).toEqual(['GetCommand', 'GetCommand']);
      expect(await sentBy(() => authorize('NONE'))).toEqual(['GetCommand']);
    });

    test('a list page takes 2, wherever it is', async () => {
      await importTokens(Array.from({ length: 250 }, (_, i) => own(i)));
      for (const offset of ['0', '100', '200', '240', '999000']) {
        const query = { offset, limit: '100' };
        const sent = await sentBy(() => call(listTokens, runtime, { token: cpoToken, query }));
        expect(sent.sort()).toEqual(['BatchGetCommand', 'QueryCommand']);
      }
    });

    test('a page of a delta takes at most 4', async () => {
      await importTokens(Array.from({ length: 400 }, (_, i) => own(i)));
      const query = { date_from: '2026-01-01T00:00:00Z', limit: '1000' };
      const sent = await sentBy(() => call(listTokens, runtime, { token: cpoToken, query }));
      expect(sent.length).toBeLessThanOrEqual(4);
    });

    test('authenticating takes 1', async () => {
      await backend.credentials.create(credentialsCall({ data: peer() }));
      const data = { sha256: [sha256('x'), sha256('demo-emsp-token')] };
      const authenticate = credentialsCall({ action: 'Authenticate' as const, data });
      expect(await sentBy(() => backend.credentials.do(authenticate))).toEqual(['BatchGetCommand']);
    });
  });

  /** Runs until it succeeds, as a partner that repeats its request does. */
  async function untilItSucceeds(run: () => Promise<unknown>): Promise<void> {
    for (let attempt = 0; attempt < 10; attempt += 1) {
      try {
        await run();
        return;
      } catch {
        // The next attempt meets a database that works.
      }
    }
    throw new Error('It never succeeded');
  }

  const faults: [string, Fault][] = [
    ['a request that never arrives', unreachable],
    ['an answer that is lost', answerLost],
    ['a request that is sent twice', sentTwice],
    ['throttling', throttled],
    ['a transaction conflict', transactionConflict],
  ];

  describe.each(faults)('%s, at each request in turn', (_name, fault) => {
    test.each([0, 1, 2, 3, 4, 5])('request %i of an import: no hole, no double, exact total', async (at) => {
      await importTokens([own(0), own(1)]);
      watched.plan.push(...Array.from({ length: at }, () => undefined), fault);
      const file = Array.from({ length: 150 }, (_, i) =>
        own(i, { valid: i % 2 === 0, last_updated: '2026-05-01T00:00:00.000Z' }),
      );
      await untilItSucceeds(() => importTokens(file));

      const { uids, total } = await walk();
      expect(total).toBe(150);
      expect(uids).toHaveLength(150);
      expect(new Set(uids).size).toBe(150);
      const { items } = await list(0, 1000);
      expect(items.every(({ uid, valid }) => valid === (Number(uid.slice(4)) % 2 === 0))).toBe(true);
    });

    test.each([0, 1, 2, 3])('request %i of PUT, PUT, PATCH: the last state, whole', async (at) => {
      watched.plan.push(...Array.from({ length: at }, () => undefined), fault);
      const request = { path: 'DE/DMS/0A1B2C3D4E5F60', token: emspToken };
      const succeeds = async (run: () => ReturnType<typeof call>) => {
        const { envelope } = await run();
        if (envelope.status_code !== 1000) throw new Error(envelope.status_message);
      };
      await untilItSucceeds(() =>
        succeeds(() => call(putToken, runtime, { ...request, body: token({ language: 'de' }) })),
      );
      await untilItSucceeds(() => succeeds(() => call(putToken, runtime, { ...request, body: token() })));
      const patch = { valid: false, last_updated: '2026-02-02T00:00:00Z' };
      await untilItSucceeds(() => succeeds(() => call(patchToken, runtime, { ...request, body: patch })));

      const { envelope } = await call(getToken, runtime, request);
      expect(envelope.data).toEqual({ ...token(), last_updated: '2026-02-02T00:00:00Z', valid: false });
    });

    test.each([0, 1, 2, 3, 4])(
      'request %i of a rotation: one of the two tokens works, and in the end only the new one',
      async (at) => {
        await backend.credentials.create(credentialsCall({ data: peer() }));
        watched.plan.push(...Array.from({ length: at }, () => undefined), fault);
        const rotated = { ...peer(), tokensWeGave: [{ sha256: sha256('new') }] };
        await untilItSucceeds(async () => {
          const stored = await backend.credentials.get(credentialsCall({ id: 'demo-emsp' }));
          if (stored?.data.tokensWeGave[0]?.sha256 === sha256('new')) return;
          await backend.credentials.update(
            credentialsCall({ id: 'demo-emsp', data: rotated, revision: stored?.revision ?? '' }),
          );
        });
        watched.plan.length = 0;
        const authenticate = (secret: string) =>
          backend.credentials.do(credentialsCall({ action: 'Authenticate', data: { sha256: [sha256(secret)] } }));
        expect(await authenticate('demo-emsp-token')).toBeUndefined();
        expect((await authenticate('new'))?.data).toEqual(rotated);
      },
    );
  });

  test('an update that meets a transaction is tried again, unseen by the partner', async () => {
    const request = { path: 'DE/DMS/0A1B2C3D4E5F60', token: emspToken, body: token() };
    await call(putToken, runtime, request);
    watched.plan.push(undefined, transactionConflict);
    expect((await call(putToken, runtime, request)).envelope.status_code).toBe(1000);
  });

  test('a create whose answer was lost and that was sent again is a create', async () => {
    watched.plan.push(undefined, sentTwice);
    const request = { path: 'DE/DMS/0A1B2C3D4E5F60', token: emspToken, body: token() };
    expect((await call(putToken, runtime, request)).http).toBe(201);
  });

  test('a busy table that answers half a batch loses nothing', async () => {
    await importTokens(Array.from({ length: 300 }, (_, i) => own(i)));
    watched.plan.push(undefined, halfABatch, halfABatch, halfABatch);
    const page = await list(0, 200, { date_from: '2026-01-01T00:00:00.000Z' });
    expect(page.items.map(({ uid }) => uid)).toEqual(Array.from({ length: 200 }, (_, i) => `CARD${i}`));
  });

  describe('an index that lags', () => {
    beforeEach(() => importTokens(Array.from({ length: 30 }, (_, i) => own(i))));

    const always = (isMissing: (item: Record<string, unknown>) => boolean) => {
      watched.plan.push(...Array.from({ length: 20 }, () => indexLag(isMissing)));
    };

    test('is asked again', async () => {
      watched.plan.push(indexLag(({ n }) => n === 7));
      expect((await list(0, 10)).items).toHaveLength(10);
    });

    test('ends the page before the gap, and the next page starts there', async () => {
      always(({ n }) => n === 7);
      const page = await list(0, 10);
      expect(page).toMatchObject({ total: 30, isLast: false, limit: 7 });
      expect(page.items.map(({ uid }) => uid)).toEqual(Array.from({ length: 7 }, (_, i) => `CARD${i}`));
      watched.plan.length = 0;
      expect((await list(7, 10)).items[0]?.uid).toBe('CARD7');
    });

    test('at its end is no last page', async () => {
      always(({ n }) => Number(n) >= 28);
      expect(await list(20, 10)).toMatchObject({ total: 30, isLast: false });
    });

    test('that shows nothing of the page is a failure, never an empty page', async () => {
      always(() => true);
      await expect(list(0, 10)).rejects.toThrow('by-ordinal');
    });
  });

  test('a page over a boundary of segments holds the Tokens of both', async () => {
    if ('reason' in database) return;
    const { PutCommand } = await import('@aws-sdk/lib-dynamodb');
    const { counterKey, ownItem, segmentSize } = await import('../../../lib/crud/dynamodb/items.ts');
    const put = (Item: Record<string, unknown>) => database.db.send(new PutCommand({ TableName: tables.tokens, Item }));
    await put({ ...counterKey(owner), total: segmentSize + 5 });
    for (let n = segmentSize - 5; n < segmentSize + 5; n += 1) await put({ ...ownItem(own(n), n, 'r') });

    const page = await list(segmentSize - 5, 10);
    expect(page).toMatchObject({ total: segmentSize + 5, isLast: true });
    expect(page.items.map(({ uid }) => uid)).toEqual(
      Array.from({ length: 10 }, (_, i) => `CARD${segmentSize - 5 + i}`),
    );
  });

  test('a page of more than DynamoDB answers at once ends early and goes on', async () => {
    const big = '€'.repeat(64);
    const large = Array.from({ length: 2100 }, (_, i) =>
      own(i, { issuer: big, visual_number: big, energy_contract: { supplier_name: big, contract_id: big } }),
    );
    await importTokens(large);
    const { uids, total } = await walk(2100);
    expect(total).toBe(2100);
    expect(uids).toEqual(large.map(({ uid }) => uid));
  }, 60_000);
});

test('a database that is silent ends in an error, in less time than a function has', async () => {
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  const { port } = silent.address() as AddressInfo;
  const tables = { tokens: 'tokens', peers: 'peers' };
  const options = { endpoint: `http://127.0.0.1:${port}`, tables, emspParties: [owner], now, newId };
  await expect(dynamodbBackend(options).tokens.get(emspCall({ id: 'CARD1', token_type: 'RFID' }))).rejects.toThrow();
  silent.close();
  silent.closeAllConnections();
}, 9_000);
