/** What goes wrong between two requests of the DynamoDB storage, and what its callers then know. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../lib/crud/dynamodb/client.ts';
import { dynamodbTokens } from '../../../lib/crud/dynamodb/tokens.ts';
import {
  addressOf,
  cpoCall,
  emspCall,
  ownCreation,
  ownUpdate,
  receivedCreation,
  receivedUpdate,
  token,
} from '../../support/builders.ts';
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
} from '../../support/faults.ts';
import { creates, fill, list, type Opened, open, own, series, uidsOf, write } from './dynamodb-support.ts';

const database = await startDatabase();

afterAll(async () => {
  if (!('reason' in database)) await database.stop();
});

/** Runs until it succeeds, as the core does, and whoever repeats a request. */
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
  ['throttling', throttled],
  ['a transaction conflict', transactionConflict],
];

describe.skipIf('reason' in database)('the DynamoDB storage', () => {
  let opened: Opened;

  beforeEach(async () => {
    if (!('reason' in database)) opened = await open(database);
  });

  const planAt = (at: number, fault: Fault) => {
    opened.watched.plan.length = 0;
    opened.watched.plan.push(...Array.from({ length: at }, () => undefined), fault);
  };

  describe.each(faults)('%s, at each request in turn', (_name, fault) => {
    test.each([0, 1, 2, 3])('request %i of creates: no hole, no double, exact total', async (at) => {
      const { tokens, watched } = opened;
      planAt(at, fault);
      for (const batch of [series(60), Array.from({ length: 60 }, (_, i) => own(60 + i))]) {
        await untilItSucceeds(async () => {
          const outcomes = await write(tokens, creates(batch));
          if (outcomes.includes('conflict')) throw new Error('conflict');
        });
      }
      watched.plan.length = 0;
      const page = await list(tokens, 0, 1000);
      expect(page.total).toBe(120);
      expect(uidsOf(page.items)).toEqual(series(120).map(({ uid }) => uid));
    });

    test.each([0, 1, 2, 3])('request %i of a received Token written twice: the last state, whole', async (at) => {
      const { tokens, watched } = opened;
      planAt(at, fault);
      const first = token({ language: 'de' });
      await untilItSucceeds(async () => {
        if (!(await tokens.get(cpoCall(addressOf(first))))) await tokens.create(receivedCreation(first));
      });
      const last = token({ valid: false });
      await untilItSucceeds(async () => {
        const stored = await tokens.get(cpoCall(addressOf(last)));
        if (stored?.data.valid) await tokens.update(receivedUpdate(last, stored.revision));
      });
      watched.plan.length = 0;
      expect((await tokens.get(cpoCall(addressOf(last))))?.data).toEqual(last);
    });
  });

  test.each([
    ['a transaction conflict', transactionConflict],
    ['throttling', throttled],
  ])('a write that meets %s is one attempt, and a conflict', async (_name, fault) => {
    const { tokens, watched } = opened;
    await tokens.create(ownCreation(own(1)));
    const { revision = '' } = (await tokens.get(emspCall(addressOf(own(1))))) ?? {};
    for (const attempt of [
      () => tokens.create(ownCreation(own(2))),
      () => tokens.update(ownUpdate(own(1), revision)),
      () => tokens.create(receivedCreation(token())),
    ]) {
      watched.sent.length = 0;
      planAt(0, fault);
      await expect(attempt()).rejects.toMatchObject({ code: 'conflict' });
      expect(watched.sent).toHaveLength(1);
    }
    expect((await list(tokens, 0, 10)).total).toBe(1);
  });

  test('a counter that another process has moved is a conflict once', async () => {
    if ('reason' in database) return;
    const { tokens, watched, tables } = opened;
    const other = dynamodbTokens({ db: database.db, table: tables.tokens, newId: () => 'other' });
    await tokens.create(ownCreation(own(1)));
    await other.create(ownCreation(own(2)));
    await expect(tokens.create(ownCreation(own(3)))).rejects.toMatchObject({ code: 'conflict' });
    watched.sent.length = 0;
    await tokens.create(ownCreation(own(3)));
    expect(watched.sent).toEqual(['TransactWriteCommand']);
    expect(uidsOf((await list(tokens, 0, 10)).items)).toEqual(['CARD1', 'CARD2', 'CARD3']);
  });

  test('of many writes each has its own outcome', async () => {
    const { tokens } = opened;
    await fill(tokens, [own(1), own(2)]);
    const { revision = '' } = (await tokens.get(emspCall(addressOf(own(1))))) ?? {};
    const other = { ...own(7), country_code: 'BE' };
    const outcomes = await write(tokens, [
      ...creates([own(3), own(2), other, own(4)]),
      { data: own(1, { valid: false }), settings: { blocked: true }, revision },
      { data: own(2), settings: {}, revision: 'stale' },
      { data: own(99), settings: {}, revision: 'none' },
    ]);
    expect(outcomes).toEqual(['done', 'already-exists', 'done', 'done', 'done', 'conflict', 'conflict']);
    expect(uidsOf((await list(tokens, 0, 10)).items)).toEqual(['CARD1', 'CARD2', 'CARD3', 'CARD4']);
    expect(await tokens.get(emspCall(addressOf(own(1))))).toMatchObject({
      data: { valid: false },
      settings: { blocked: true },
    });
  });

  test('a create of a received Token whose answer was lost and that was sent again is a create', async () => {
    const { tokens } = opened;
    await tokens.create(receivedCreation(token({ uid: 'first of its party' })));
    planAt(0, sentTwice);
    await expect(tokens.create(receivedCreation(token()))).resolves.toBeUndefined();
  });

  test('a busy table that answers half a batch loses nothing', async () => {
    const { tokens, watched } = opened;
    await fill(tokens, series(95));
    watched.plan.push(undefined, undefined, undefined, undefined, undefined, halfABatch, halfABatch, halfABatch);
    const page = await list(tokens, 0, 80, { date_from: '2026-01-01T00:00:00.000Z' });
    expect(watched.plan).toHaveLength(0);
    expect(uidsOf(page.items)).toEqual(series(80).map(({ uid }) => uid));
  });

  const always = (isMissing: (item: Record<string, unknown>) => boolean) => {
    opened.watched.plan.push(...Array.from({ length: 20 }, () => indexLag(isMissing)));
  };

  describe('an index that lags', () => {
    beforeEach(() => fill(opened.tokens, series(30)));

    test('is asked again', async () => {
      opened.watched.plan.push(indexLag(({ n }) => n === 7));
      expect((await list(opened.tokens, 0, 10)).items).toHaveLength(10);
    });

    test('ends the page before a Token that was there when the walk began, and the next page starts there', async () => {
      always(({ n }) => n === 7);
      const page = await list(opened.tokens, 0, 10);
      expect(page).toMatchObject({ total: 30, isLast: false, limit: 7 });
      expect(uidsOf(page.items)).toEqual(series(7).map(({ uid }) => uid));
      opened.watched.plan.length = 0;
      for (const after of [undefined, page.next]) {
        expect(uidsOf((await list(opened.tokens, 7, 10, { after })).items)[0]).toBe('CARD7');
      }
    });

    test('ends the list before a Token that has come since', async () => {
      const { next } = await list(opened.tokens, 0, 25);
      await fill(opened.tokens, [own(30), own(31)]);
      always(({ n }) => Number(n) >= 31);
      const page = await list(opened.tokens, 25, 10, { after: next });
      expect(page).toMatchObject({ total: 31, isLast: true });
      expect(uidsOf(page.items).at(-1)).toBe('CARD30');
    });

    test('that shows nothing of the page is a failure, never an empty page', async () => {
      always(() => true);
      await expect(list(opened.tokens, 0, 10)).rejects.toThrow('by-ordinal');
    });

    test('that shows a Token twice while another takes its place shows it once', async () => {
      const twice: Fault = async (command, send) => {
        const answer = await send(command);
        const Items = answer.Items as { n: number }[] | undefined;
        return Items ? { ...answer, Items: Items.flatMap((item) => (item.n === 3 ? [item, item] : [item])) } : answer;
      };
      opened.watched.plan.push(twice, twice);
      expect(uidsOf((await list(opened.tokens, 0, 10)).items)).toEqual(series(10).map(({ uid }) => uid));
    });
  });

  describe('an index that lags behind a list by date, of Tokens of which many match', () => {
    const since = { date_from: '2026-01-01T00:00:00.000Z' };
    beforeEach(() => fill(opened.tokens, series(150)));

    test.each([
      ['the first page', 0],
      ['a page behind it', 120],
    ])(
      'ends %s before a Token that was there when the walk began, and the next one starts there',
      async (_, offset) => {
        const { next: after } = offset > 0 ? await list(opened.tokens, 0, offset, since) : {};
        always(({ n }) => n === offset + 7);
        const page = await list(opened.tokens, offset, 10, { ...since, after });
        expect(page).toMatchObject({ total: 150, isLast: false, limit: 7 });
        opened.watched.plan.length = 0;
        const { items } = await list(opened.tokens, offset + 7, 10, { ...since, after: page.next });
        expect(uidsOf([...page.items, ...items])).toEqual(
          series(150)
            .slice(offset, offset + 17)
            .map(({ uid }) => uid),
        );
      },
    );

    test('ends the list before a Token that has come since', async () => {
      const { next: after } = await list(opened.tokens, 0, 145, since);
      await fill(opened.tokens, [own(150), own(151)]);
      always(({ n }) => Number(n) >= 151);
      const page = await list(opened.tokens, 145, 10, { ...since, after });
      expect(page).toMatchObject({ total: 151, isLast: true });
      expect(uidsOf(page.items).at(-1)).toBe('CARD150');
    });
  });
});

describe('the client', () => {
  const serve = async (status: number | undefined) => {
    let requests = 0;
    const server = createServer((_, response) => {
      requests += 1;
      if (status !== undefined) response.writeHead(status).end('{}');
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const db = openDatabase(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const tokens = dynamodbTokens({ db, table: 'tokens', newId: () => 'id' });
    const stop = () => {
      db.destroy();
      server.closeAllConnections();
      server.close();
    };
    return { tokens, requests: () => requests, stop };
  };

  test('repeats a read and a write of a received Token, and never a write of ours', async () => {
    const { tokens, requests, stop } = await serve(500);
    const update = { ...ownUpdate(own(1), 'r') };
    await expect(tokens.update(update)).rejects.toThrow();
    expect(requests()).toBe(1);
    await expect(tokens.get(emspCall(addressOf(own(1))))).rejects.toThrow();
    expect(requests()).toBe(4);
    await expect(tokens.update(receivedUpdate(token(), 'r'))).rejects.toThrow();
    expect(requests()).toBe(7);
    stop();
  });

  test('a database that is silent ends in an error, in less time than a function has', async () => {
    const { tokens, stop } = await serve(undefined);
    await expect(tokens.get(emspCall(addressOf(own(1))))).rejects.toThrow();
    stop();
  }, 9_500);
});
