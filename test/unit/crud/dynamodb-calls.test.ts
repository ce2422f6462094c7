/** How many requests each call of the DynamoDB storage takes. */

import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { counterKey, ownItem, segmentSize } from '../../../lib/crud/dynamodb/items.ts';
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
  creates,
  fill,
  list,
  type Opened,
  open,
  own,
  owner,
  sentBy,
  series,
  uidsOf,
  write,
} from './dynamodb-support.ts';

const database = await startDatabase();

afterAll(async () => {
  if (!('reason' in database)) await database.stop();
});

describe.skipIf('reason' in database)('requests of the DynamoDB storage', () => {
  let opened: Opened;

  beforeEach(async () => {
    if (!('reason' in database)) opened = await open(database);
  });

  const sent = (run: () => Promise<unknown>) => sentBy(opened.watched, run);
  const noDates = { date_from: undefined, date_to: undefined, offset: 0 };

  test('a received Token: 1 for each call, the first of its party included', async () => {
    const { tokens } = opened;
    const first = token();
    expect(await sent(() => tokens.create(receivedCreation(first)))).toEqual(['TransactWriteCommand']);
    expect(await sent(() => tokens.create(receivedCreation(token({ uid: 'B' }))))).toEqual(['PutCommand']);
    expect(await sent(() => tokens.get(cpoCall(addressOf(first))))).toEqual(['GetCommand']);
    const { token_type: _, ...anyType } = addressOf(first);
    expect(await sent(() => tokens.get(cpoCall(anyType)))).toEqual(['QueryCommand']);
    const revisionOf = async () => (await tokens.get(cpoCall(addressOf(first))))?.revision ?? '';
    const revision = await revisionOf();
    expect(await sent(() => tokens.update(receivedUpdate(first, revision)))).toEqual(['UpdateCommand']);
    const removal = cpoCall({ ...addressOf(first), revision: await revisionOf() });
    expect(await sent(() => tokens.delete(removal))).toEqual(['DeleteCommand']);
    expect(await tokens.get(cpoCall(addressOf(first)))).toBeUndefined();
  });

  test('a Token of ours: 1 once the counter is known, 2 where it replaces another', async () => {
    const { tokens } = opened;
    expect(await sent(() => tokens.create(ownCreation(own(1))))).toEqual(['GetCommand', 'TransactWriteCommand']);
    expect(await sent(() => tokens.create(ownCreation(own(2))))).toEqual(['TransactWriteCommand']);
    const stored = await tokens.get(emspCall(addressOf(own(1))));
    expect(await sent(() => tokens.update(ownUpdate(own(1), stored?.revision ?? '')))).toEqual(['UpdateCommand']);
    const { revision = '' } = (await tokens.get(emspCall(addressOf(own(1))))) ?? {};
    const replacement = emspCall({ ...addressOf(own(1)), data: own(9), settings: {}, revision });
    expect(await sent(() => tokens.delete(replacement))).toEqual(['GetCommand', 'TransactWriteCommand']);
    expect(uidsOf((await list(tokens, 0, 10)).items)).toEqual(['CARD9', 'CARD2']);
  });

  test('99 Tokens at once: 1 to read them, 1 to create them, 1 for each update', async () => {
    const { tokens } = opened;
    const all = series(99);
    expect(await sent(() => write(tokens, creates(all)))).toEqual(['GetCommand', 'TransactWriteCommand']);
    const data = all.map(({ uid, type }) => ({ id: uid, token_type: type }));
    const read = () => tokens.actions?.ReadTokens?.(emspCall({ action: 'ReadTokens' as const, data }));
    expect(await sent(async () => read())).toEqual(['BatchGetCommand']);
    const stored = (await read()) ?? [];
    const updates = stored.map((each) => ({
      data: each?.data ?? own(0),
      settings: {},
      revision: each?.revision ?? '',
    }));
    expect(await sent(() => write(tokens, updates))).toEqual(updates.map(() => 'UpdateCommand'));
  });

  test('a page: 2, wherever it is; its total alone 1', async () => {
    const { tokens } = opened;
    await fill(tokens, series(250));
    for (const offset of [0, 100, 200, 240, 999_000]) {
      expect(await sent(() => list(tokens, offset, 100))).toEqual(['GetCommand', 'QueryCommand']);
    }
    expect(await sent(() => list(tokens, 0, 0))).toEqual(['GetCommand']);
    expect(await list(tokens, 0, 0)).toEqual({ items: [], total: 250, isLast: false, limit: 0 });
  });

  test.each([
    ['where few match', 90, ['BatchGetCommand', 'GetCommand', 'QueryCommand', 'QueryCommand']],
    ['where many do', 250, ['GetCommand', 'QueryCommand']],
  ])('a page of a delta: counter, counts and Tokens; behind the first no counts; %s', async (_name, count, page) => {
    const { tokens } = opened;
    await fill(tokens, series(count));
    const date_from = '2026-01-01T00:00:00.000Z';
    const counts = ['QueryCommand', 'QueryCommand'];
    expect(await sent(() => list(tokens, 0, 60, { date_from }))).toEqual([...page, ...counts].sort());
    const { next } = await list(tokens, 0, 60, { date_from });
    expect(await sent(() => list(tokens, 60, 60, { date_from, after: next }))).toEqual(page);
  });

  test('received Tokens: 1 by uid, 1 for each shard of a party, 1 for the registry of all', async () => {
    const { tokens } = opened;
    for (const uid of ['A', 'B', '00a']) await tokens.create(receivedCreation(token({ uid })));
    const filters = { ...noDates, limit: 10 };
    const byUid = cpoCall({ id: '0A', filters });
    expect(await sent(() => tokens.list(byUid))).toEqual(['QueryCommand']);
    expect(uidsOf((await tokens.list(byUid)).items).sort()).toEqual(['00a', 'A']);
    const { country_code, party_id } = token();
    const ofParty = cpoCall({ country_code, party_id, filters });
    expect(await sent(() => tokens.list(ofParty))).toHaveLength(4);
    expect(await sent(() => tokens.list(cpoCall({ filters })))).toHaveLength(5);
  });

  test('a record: 1 for each call', async () => {
    const { records } = opened;
    const at = { collection: 'c', id: 'a' };
    expect(await sent(() => records.create({ ...at, data: { a: 1 } }))).toEqual(['PutCommand']);
    expect(await sent(() => records.get(at))).toEqual(['GetCommand']);
    const { revision = '' } = (await records.get(at)) ?? {};
    expect(await sent(() => records.update({ ...at, data: { a: 2 }, revision }))).toEqual(['PutCommand']);
    expect(await sent(() => records.list({ collection: 'c', limit: 5 }))).toEqual(['QueryCommand']);
    expect(await sent(() => records.delete(at))).toEqual(['DeleteCommand']);
  });

  const put = async (Item: object) => {
    if ('reason' in database) return;
    await database.db.send(new PutCommand({ TableName: opened.tables.tokens, Item: { ...Item } }));
  };

  test('a page over a boundary of segments holds the Tokens of both', async () => {
    await put({ ...counterKey(owner), total: segmentSize + 5, layout: 1 });
    for (let n = segmentSize - 5; n < segmentSize + 5; n += 1)
      await put(ownItem({ data: own(n), settings: {} }, n, 'r'));
    const page = await list(opened.tokens, segmentSize - 5, 10);
    expect(page).toMatchObject({ total: segmentSize + 5, isLast: true });
    expect(uidsOf(page.items)).toEqual(Array.from({ length: 10 }, (_, i) => `CARD${segmentSize - 5 + i}`));
  });

  test('a page of more than DynamoDB answers at once is whole', async () => {
    const large = series(80);
    const settings = { block: { why: '€'.repeat(5_000) } };
    for (const data of large) await opened.tokens.create(ownCreation(data, settings));
    const page = await list(opened.tokens, 0, 100);
    expect(page).toMatchObject({ total: 80, isLast: true });
    expect(uidsOf(page.items)).toEqual(large.map(({ uid }) => uid));
  });

  describe('another layout', () => {
    const found = 'has layout 7, and this version reads layout 1';

    test('is said by a list and by a create of our own', async () => {
      await put({ ...counterKey(owner), total: 3, layout: 7 });
      await expect(list(opened.tokens, 0, 10)).rejects.toThrow(found);
      await expect(opened.tokens.create(ownCreation(own(1)))).rejects.toThrow(found);
    });

    test('that comes while a process runs is said by its next create', async () => {
      await opened.tokens.create(ownCreation(own(1)));
      await put({ ...counterKey(owner), total: 1, layout: 7 });
      await expect(opened.tokens.create(ownCreation(own(2)))).rejects.toThrow(found);
    });

    test('is said by the first create of a received Token', async () => {
      await put({ pk: 'R#parties', sk: 'DE#DMS', layout: 7 });
      await expect(opened.tokens.create(receivedCreation(token()))).rejects.toThrow(found);
    });
  });
});
