/** The embedded DynamoDB on disk, with the tables of serverless.yml, in a folder that is gone afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownTokensCall } from '../../lib/crud/calls.ts';
import type { TokensStorage } from '../../lib/crud/crud.ts';
import { maxTokensAtOnce } from '../../lib/crud/crud.ts';
import { openClient, openDatabase } from '../../lib/crud/dynamodb/client.ts';
import { dynamodbTokens } from '../../lib/crud/dynamodb/tokens.ts';
import { startEngine } from '../../lib/local/engine.ts';
import { readServerlessYml } from '../../lib/local/serverless-yml.ts';
import { createTables } from '../../lib/local/tables.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import { ambient, tables } from './environment.ts';
import { note } from './note.ts';
import { tokenOfNumber } from './tokens.ts';

export interface BenchDatabase {
  endpoint: string;
  db: ReturnType<typeof openDatabase>;
  tokens: TokensStorage;
  stop(): Promise<void>;
}

/** @throws Error if there is no engine for this machine */
export async function startDatabase(): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ocpi-bench-'));
  const engine = await startEngine({ dataDir });
  if ('reason' in engine) throw new Error(engine.reason);

  const client = openClient(engine.endpoint);
  await createTables(client, readServerlessYml().tables, {
    Tokens: tables.tokens,
    Peers: tables.peers,
    Records: tables.records,
  });
  client.destroy();
  const db = openDatabase(engine.endpoint);
  return {
    endpoint: engine.endpoint,
    db,
    tokens: dynamodbTokens({ db, table: tables.tokens, ...ambient }),
    async stop() {
      db.destroy();
      await engine.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Creates Tokens of ours, in this order. */
export async function createAll({ tokens }: Pick<BenchDatabase, 'tokens'>, all: readonly Token[]): Promise<void> {
  for (let i = 0; i < all.length; i += maxTokensAtOnce) {
    const data = all.slice(i, i + maxTokensAtOnce).map((token) => ({ data: token, settings: {} }));
    const outcomes = await tokens.actions?.WriteTokens?.({ ...ownTokensCall, action: 'WriteTokens', data });
    if (!outcomes?.every((outcome) => outcome === 'done')) throw new Error(`Not all were created: ${outcomes?.join()}`);
  }
}

/** Many transactions, and little garbage between them. */
const chunk = maxTokensAtOnce * 20;

/** Creates the Tokens 0 … count-1, in this order, as an import does. */
export async function fill(database: BenchDatabase, count: number): Promise<void> {
  note(`creating ${count} Tokens`);
  for (let start = 0; start < count; start += chunk) {
    const length = Math.min(chunk, count - start);
    const all = Array.from({ length }, (_, i) => tokenOfNumber(start + i, count));
    await createAll(database, all);
  }
}
