/**
 * Goal 4: what a cold start adds to that of a bare function, for each function as it is deployed. The bare function of the goal
 * makes one request; beside it stands one that makes as many as ours, because what is left then is all that is ours.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { type Bundle, bundle } from '../../lib/build/bundle.ts';
import { type LambdaFunction, readServerlessYml } from '../../lib/local/serverless-yml.ts';
import { v2_2_1 } from '../../lib/wire/v2_2_1.ts';
import { foreignParty, receivedCreation } from '../support/builders.ts';
import type { ColdCall, ColdCallOptions } from './cold-call.ts';
import { type BenchDatabase, fill, startDatabase } from './database.ts';
import { environmentWith } from './environment.ts';
import { atMost, type Bench, count, type Figure, time } from './figures.ts';
import { meter } from './meter.ts';
import { note } from './note.ts';
import { ask, inDynamodb, type Request, requests, startPlatform, toEvent } from './platform.ts';
import { pathOf } from './processes.ts';
import { tokenOfNumber } from './tokens.ts';

const tokens = 1_000;
const received = { ...tokenOfNumber(0, tokens), ...foreignParty };
const own = tokenOfNumber(1, tokens);

/** Those that ask a partner are not among them: what they wait for is the partner. */
const requestOf: Record<string, Request> = {
  'get-token': requests.getToken(received.uid),
  'put-token': requests.putToken(received.uid, v2_2_1.encodeToken(received)),
  'patch-token': requests.patchToken(received.uid, { valid: true, last_updated: received.last_updated }),
  'list-tokens': requests.listTokens({ limit: '100' }),
  'authorize-token': requests.authorize(own.uid),
  'list-versions': requests.listVersions(),
  'get-version': requests.getVersion(),
  'get-credentials': requests.getCredentials(),
};

type Bundled = Pick<LambdaFunction, 'name' | 'file' | 'export' | 'environment'>;

const bare: Bundled = {
  name: 'bare function',
  file: 'test/bench/bare-function.ts',
  export: 'handler',
  environment: {},
};

/** A function, and what it is called with. */
interface Start extends Bundled {
  request: Request;
  /** To the database, in its first call. */
  databaseRequests: number;
}

const bareStart = (databaseRequests: number): Start => ({
  ...bare,
  name: `bare function, ${databaseRequests} requests`,
  request: requests.listTokens({ requests: String(databaseRequests) }),
  databaseRequests,
});

export const cold: Bench = async ({ isShort }) => {
  const { functions, runtime } = readServerlessYml();
  const target = runtime.replace(/^nodejs(\d+)\.x$/, 'node$1');
  const bundles = await bundle([bare, ...functions], target);
  const sizes = bundles.map(({ name, codeBytes, budgetBytes }) =>
    count(`${name}: bundle`, codeBytes / 1024, 'KB', name === bare.name ? undefined : atMost(budgetBytes / 1024)),
  );
  return [...sizes, ...(await coldStarts(functions, bundles, isShort ? 2 : 25))];
};

async function coldStarts(functions: LambdaFunction[], bundles: Bundle[], rounds: number): Promise<Figure[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ocpi-bench-'));
  const database = await startDatabase();
  try {
    const ours = await prepare(database, functions);
    for (const each of bundles) await write(each, folder);
    const amounts = new Set([1, ...ours.map(({ databaseRequests }) => databaseRequests)]);
    const starts = [...[...amounts].sort((a, b) => a - b).map(bareStart), ...ours];

    note(`${rounds} cold starts of ${starts.length} functions, in turn`);
    const measured = new Map<string, ColdCall[]>(starts.map(({ name }) => [name, []]));
    for (let round = 0; round < rounds; round += 1) {
      for (const each of starts) measured.get(each.name)?.push(await coldCall(each, folder, database));
    }
    return starts.flatMap((each) => figuresOf(each, measured));
  } finally {
    await database.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** Stores what the calls are about, and counts the requests of the first call of each function. */
async function prepare(database: BenchDatabase, functions: LambdaFunction[]): Promise<Start[]> {
  await fill(database, tokens);
  const metered = meter(database.db);
  const backend = inDynamodb(metered.db);
  await backend.tokens.create(receivedCreation(received));
  const platform = await startPlatform(backend);
  const starts: Start[] = [];
  for (const { name, file, export: exported, environment } of functions) {
    const request = requestOf[name];
    if (!request) continue;
    metered.read();
    await ask(platform, request);
    starts.push({ name, file, export: exported, environment, request, databaseRequests: metered.read().length });
  }
  return starts;
}

async function write({ files }: Bundle, folder: string): Promise<void> {
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), content);
  }
}

async function coldCall(
  { name, file, export: exported, request }: Start,
  folder: string,
  { endpoint }: BenchDatabase,
): Promise<ColdCall> {
  const options: ColdCallOptions = {
    bundle: join(folder, file.replace(/\.ts$/, '.mjs')),
    export: exported,
    event: toEvent(request),
  };
  // Its log is its standard output.
  const { stderr } = await promisify(execFile)(process.execPath, [pathOf('cold-call.ts'), JSON.stringify(options)], {
    env: environmentWith({ DYNAMODB_ENDPOINT: endpoint, AWS_LAMBDA_FUNCTION_NAME: name }),
  });
  const call = JSON.parse(stderr) as ColdCall;
  if (call.statusCode !== 200) throw new Error(`${name} answered ${call.statusCode}`);
  return call;
}

function figuresOf({ name, databaseRequests }: Start, measured: Map<string, ColdCall[]>): Figure[] {
  const calls = measured.get(name) ?? [];
  const ratioTo = (requests: number, part: (call: ColdCall) => number) => {
    const others = measured.get(bareStart(requests).name) ?? [];
    return calls.map((call, i) => part(call) / part(others[i] ?? call));
  };
  const whole = (call: ColdCall) => call.whole;
  const ratios = [
    time(`${name}: whole / that of the bare function`, ratioTo(1, whole), '', atMost(1.15)),
    time(`${name}: import and answer / those of the bare function`, ratioTo(1, importAndAnswer), ''),
    time(
      `${name}: whole / that of the bare function with ${databaseRequests} requests`,
      ratioTo(databaseRequests, whole),
      '',
    ),
  ];
  const parts = (['import', 'answer', 'whole'] as const).map((part) =>
    time(
      `${name}: ${part}`,
      calls.map((call) => call[part]),
      'ms',
    ),
  );
  return name.startsWith(bare.name) ? parts : [...parts, ...ratios];
}

const importAndAnswer = (call: ColdCall): number => call.import + call.answer;
