/** The embedded DynamoDB on disk, with the tables of serverless.yml, in a folder that is gone afterwards. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openClient, openDatabase } from '../../lib/crud/dynamodb/client.ts';
import { createOperator, type Operator } from '../../lib/crud/dynamodb/operator.ts';
import { startEngine } from '../../lib/local/engine.ts';
import { readServerlessYml } from '../../lib/local/serverless-yml.ts';
import { createTables } from '../../lib/local/tables.ts';
import { ambient, tables } from './environment.ts';
import { note } from './note.ts';
import { tokenOfNumber } from './tokens.ts';

export interface BenchDatabase {
  endpoint: string;
  db: ReturnType<typeof openDatabase>;
  operator: Operator;
  stop(): Promise<void>;
}

/** @throws Error if there is no engine for this machine */
export async function startDatabase(): Promise<BenchDatabase> {
  const dataDir = await mkdtemp(join(tmpdir(), 'ocpi-bench-'));
  const engine = await startEngine({ dataDir });
  if ('reason' in engine) throw new Error(engine.reason);

  const client = openClient(engine.endpoint);
  await createTables(client, readServerlessYml().tables, { Tokens: tables.tokens, Peers: tables.peers });
  client.destroy();
  const db = openDatabase(engine.endpoint);
  return {
    endpoint: engine.endpoint,
    db,
    operator: createOperator({ db, table: tables.tokens, ...ambient }),
    async stop() {
      db.destroy();
      await engine.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Many transactions, and little garbage between them. */
const chunk = 99 * 20;

/** Creates the Tokens 0 … count-1, in this order, as an import does. */
export async function fill({ operator }: BenchDatabase, count: number): Promise<void> {
  note(`creating ${count} Tokens`);
  for (let start = 0; start < count; start += chunk) {
    const length = Math.min(chunk, count - start);
    await operator.importTokens(Array.from({ length }, (_, i) => tokenOfNumber(start + i, count)));
  }
}
