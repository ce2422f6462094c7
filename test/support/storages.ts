/** Storages for the owner's API to run on, and a look behind it: all that is kept, as text. */
import { randomUUID } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Storage } from '../../lib/crud/crud.ts';
import { dynamodbStorage } from '../../lib/crud/dynamodb/storage.ts';
import { memoryStorage } from '../../lib/crud/memory.ts';
import { type Ambient, backendOn } from '../../lib/runtime/backend.ts';
import { sqliteStorage } from '../contract/sqlite-storage.ts';
import { startDatabase, type TestDatabase } from './dynamodb.ts';
import type { OpenBackend } from './http.ts';

export interface Opened {
  openBackend: OpenBackend;
  /** Undefined where nobody can look behind. */
  contents?: () => Promise<string>;
  close: () => Promise<void>;
}

export type OpenStorage = () => Promise<Opened>;

const opening =
  (storage: (ambient: Ambient) => Storage): OpenBackend =>
  (ambient) =>
    backendOn(storage(ambient), ambient);

const inMemory: OpenStorage = async () => ({ openBackend: opening(memoryStorage), close: async () => {} });

/** In memory that two connections share, because a disk makes a test wait. */
const inSqlite: OpenStorage = async () => {
  const file = `file:${randomUUID()}?mode=memory&cache=shared`;
  const open: { close: () => void }[] = [];
  return {
    openBackend: opening((ambient) => {
      const storage = sqliteStorage(file, ambient);
      open.push(storage);
      return storage;
    }),
    contents: async () => readSqlite(file),
    async close() {
      for (const storage of open) storage.close();
    },
  };
};

function readSqlite(file: string): string {
  const db = new DatabaseSync(file);
  const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").all() as { name: string }[];
  const rows = tables.map(({ name }) => JSON.stringify(db.prepare(`SELECT * FROM ${name}`).all()));
  db.close();
  return rows.join('\n');
}

async function scanAll({ db }: TestDatabase, TableName: string): Promise<unknown[]> {
  const items: unknown[] = [];
  let ExclusiveStartKey: Record<string, unknown> | undefined;
  do {
    const page = await db.send(new ScanCommand({ TableName, ExclusiveStartKey }));
    items.push(...(page.Items ?? []));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey);
  return items;
}

const inDynamodb =
  (database: TestDatabase): OpenStorage =>
  async () => {
    const tables = await database.newTables();
    return {
      openBackend: opening((ambient) => dynamodbStorage({ endpoint: undefined, tables, ...ambient }, database.db)),
      contents: async () =>
        JSON.stringify(await Promise.all(Object.values(tables).map((table) => scanAll(database, table)))),
      close: async () => {},
    };
  };

/** All that there are on this machine. */
export async function startAllStorages() {
  const database = await startDatabase();
  const storages: [name: string, open: OpenStorage][] = [
    ['memory', inMemory],
    ['SQLite', inSqlite],
  ];
  if ('reason' in database) return { storages, missing: database.reason, stop: async () => {} };
  storages.push(['DynamoDB', inDynamodb(database)]);
  return { storages, missing: undefined, stop: () => database.stop() };
}
