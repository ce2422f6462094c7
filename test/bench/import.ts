/** Goal 2: Tokens come in through the command line in bounded memory, at the rate of the engine, and survive any kill. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { GetCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { counterKey, segmentKey, segmentSize } from '../../lib/crud/dynamodb/items.ts';
import { memoryStorage } from '../../lib/crud/memory.ts';
import { backendOn } from '../../lib/runtime/backend.ts';
import { startInstance } from '../support/instance.ts';
import { startOwnerApi } from '../support/owner-api.ts';
import { type BenchDatabase, startDatabase } from './database.ts';
import { environmentWith, tables } from './environment.ts';
import { atLeast, atMost, type Bench, count, exactly, type Figure, time } from './figures.ts';
import { note } from './note.ts';
import { memoryOf, pathOf } from './processes.ts';
import { numberOf, ownParty, tokenOfNumber } from './tokens.ts';

const commandLine = pathOf('../../lib/cli/main.ts');
const bareLoop = pathOf('bare-import.ts');

/** Enough to be past the start of a process, few enough to repeat. */
const tokensOfRound = 100_000;
const memoryPollMs = 20;

export const imports: Bench = async ({ tokens, isShort }) => {
  const folder = await mkdtemp(join(tmpdir(), 'ocpi-bench-'));
  try {
    const file = join(folder, 'tokens.ndjson');
    note(`writing ${tokens} Tokens to a file`);
    await writeTokens(file, tokens);
    const some = Math.min(tokensOfRound, tokens);
    const shortFile = join(folder, 'some-tokens.ndjson');
    await writeTokens(shortFile, some);
    return [
      ...(await wholeImport(file, tokens)),
      ...(await killedImport(shortFile, some, isShort ? 2 : 10)),
      ...(isShort ? [] : await rate(shortFile, some, 3)),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

async function writeTokens(file: string, tokens: number): Promise<void> {
  function* lines() {
    for (let i = 0; i < tokens; i += 1) yield `${JSON.stringify(tokenOfNumber(i, tokens))}\n`;
  }
  await pipeline(Readable.from(lines()), createWriteStream(file));
}

/** The owner's API on a database of its own, which the command line is a client of. */
interface Served extends BenchDatabase {
  /** Where the command line finds it. */
  dataDir: string;
}

async function serve(): Promise<Served> {
  const database = await startDatabase();
  const instance = await startInstance({
    parties: 'EMSP NL LMS',
    openBackend: (own) => backendOn({ ...memoryStorage(own), tokens: database.tokens }, own),
  });
  const api = await startOwnerApi(instance.runtime);
  return {
    ...database,
    dataDir: api.dataDir,
    async stop() {
      await api.stop();
      await instance.stop();
      await database.stop();
    },
  };
}

const startImport = (file: string, { dataDir }: Served): ChildProcess =>
  spawn(process.execPath, [commandLine, '--data-dir', dataDir, 'tokens', 'import', file, '--json'], {
    env: environmentWith({}),
    stdio: ['ignore', 'ignore', 'inherit'],
  });

/** @throws Error if it fails */
async function succeed(child: ChildProcess): Promise<void> {
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`An import ended with code ${code}`);
}

async function wholeImport(file: string, tokens: number): Promise<Figure[]> {
  note('importing it through the command line');
  const database = await serve();
  try {
    const child = startImport(file, database);
    let peak = 0;
    const timer = setInterval(() => {
      peak = Math.max(peak, memoryOf(child.pid, 'VmHWM') ?? 0);
    }, memoryPollMs);
    const begun = performance.now();
    await succeed(child);
    const seconds = (performance.now() - begun) / 1000;
    clearInterval(timer);
    return [
      count('import: peak memory of the process', peak, 'MB', atMost(250)),
      time('import: rate', tokens / seconds, 'Tokens/s'),
      ...(await soundness('import', database, tokens)),
    ];
  } finally {
    await database.stop();
  }
}

async function killedImport(file: string, tokens: number, kills: number): Promise<Figure[]> {
  note(`importing ${tokens} Tokens, killed ${kills} times`);
  const database = await serve();
  try {
    let progress = 0;
    for (let i = 0; i < kills; i += 1) {
      const child = startImport(file, database);
      // On a fast machine it may end before it is killed.
      const ended = once(child, 'exit');
      // Wherever it is: while it starts, compares what is there, or writes.
      await delay(200 + Math.random() * 2_000);
      child.kill('SIGKILL');
      await ended;
      progress = await totalOf(database);
    }
    await succeed(startImport(file, database));
    return [
      count('import killed: kills', kills, ''),
      time('import killed: Tokens that were in before the last run', progress, ''),
      ...(await soundness('import killed', database, tokens)),
    ];
  } finally {
    await database.stop();
  }
}

async function totalOf({ db }: BenchDatabase): Promise<number> {
  const { Item } = await db.send(new GetCommand({ TableName: tables.tokens, Key: counterKey(ownParty) }));
  return Number(Item?.total ?? 0);
}

/** Every ordinal has a Token, every Token has one ordinal, and the total says how many. */
async function soundness(name: string, database: BenchDatabase, tokens: number): Promise<Figure[]> {
  const times = new Uint8Array(tokens);
  let next = 0;
  let holes = 0;
  for (let segment = 0; segment * segmentSize < tokens; segment += 1) {
    const query = {
      TableName: tables.tokens,
      IndexName: 'by-ordinal',
      KeyConditionExpression: 'seg = :segment',
      ExpressionAttributeValues: { ':segment': segmentKey(ownParty, segment) },
      ProjectionExpression: 'n, contract_id',
    };
    for await (const { Items = [] } of paginateQuery({ client: database.db }, query)) {
      for (const { n, contract_id } of Items as { n: number; contract_id: string }[]) {
        if (n !== next) holes += 1;
        next = n + 1;
        const number = numberOf({ contract_id });
        times[number] = (times[number] ?? 0) + 1;
      }
    }
  }
  return [
    count(`${name}: holes in the ordinals`, holes, '', exactly(0)),
    count(`${name}: ordinals, less the Tokens of the file`, next - tokens, '', exactly(0)),
    count(`${name}: Tokens that are not there`, times.filter((each) => each === 0).length, '', exactly(0)),
    count(`${name}: Tokens that are there twice`, times.filter((each) => each > 1).length, '', exactly(0)),
    count(`${name}: total, less the Tokens of the file`, (await totalOf(database)) - tokens, '', exactly(0)),
  ];
}

/** In turn, so that a machine that gets slower gets slower for both. */
async function rate(file: string, tokens: number, rounds: number): Promise<Figure[]> {
  const ratios: number[] = [];
  const bareRates: number[] = [];
  const ownRates: number[] = [];
  for (let i = 0; i < rounds; i += 1) {
    note(`importing ${tokens} Tokens, beside a bare loop, ${i + 1} of ${rounds}`);
    const bare = await secondsOf((database) =>
      spawn(process.execPath, [bareLoop, JSON.stringify({ endpoint: database.endpoint, tokens })], {
        env: environmentWith({}),
        stdio: ['ignore', 'ignore', 'inherit'],
      }),
    );
    const own = await secondsOf((database) => startImport(file, database));
    bareRates.push(tokens / bare);
    ownRates.push(tokens / own);
    ratios.push(bare / own);
  }
  return [
    time(`import of ${tokens}: rate`, ownRates, 'Tokens/s'),
    time(`import of ${tokens}: rate of a bare loop with the same transactions`, bareRates, 'Tokens/s'),
    time(`import of ${tokens}: rate / rate of the bare loop`, ratios, '', atLeast(0.8)),
  ];
}

async function secondsOf(startWork: (database: Served) => ChildProcess): Promise<number> {
  const database = await serve();
  try {
    const begun = performance.now();
    await succeed(startWork(database));
    return (performance.now() - begun) / 1000;
  } finally {
    await database.stop();
  }
}
