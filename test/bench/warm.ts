/**
 * Goal 3: what a warm call costs of our own. In memory nothing waits, so the clock tells what a call takes. With DynamoDB the
 * event loop tells: all of its time but for what it waits. (CPU time proper comes in steps of milliseconds.)
 */
import { performance } from 'node:perf_hooks';
import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from 'aws-lambda';
import type { Backend } from '../../lib/crud/crud.ts';
import type { Database } from '../../lib/crud/dynamodb/client.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import { v2_2_1 } from '../../lib/wire/v2_2_1.ts';
import { foreignParty, ownCreation } from '../support/builders.ts';
import { createAll, startDatabase } from './database.ts';
import { atMost, type Bench, type Figure, type Goal, median, time, timeOfCalls } from './figures.ts';
import { note } from './note.ts';
import {
  ask,
  context,
  inDynamodb,
  inMemory,
  type Platform,
  type Request,
  requests,
  startPlatform,
  toEvent,
} from './platform.ts';
import { tokenOfNumber } from './tokens.ts';

/** As many as the largest page holds. */
const ownTokens = Array.from({ length: 1_000 }, (_, i) => tokenOfNumber(i, 1_000));

const receivedToken: Token = { ...tokenOfNumber(0, 1_000), ...foreignParty, contract_id: 'DE-DMS-C000000001' };
const location = { location_id: 'LOC1', evse_uids: ['EVSE1'] };

export interface Call {
  name: string;
  /** @param i differs with every call */
  request: (i: number) => Request;
  /** Relative to the others: a page takes as long as hundreds of Tokens. */
  weight: number;
  isList?: true;
}

const wireToken = (uid: string): unknown => v2_2_1.encodeToken({ ...receivedToken, uid });
const ownUid = ownTokens[1]?.uid ?? '';

export const calls: Call[] = [
  { name: 'GET a Token', weight: 1, request: () => requests.getToken(receivedToken.uid) },
  {
    name: 'PUT a known Token',
    weight: 1,
    request: () => requests.putToken(receivedToken.uid, wireToken(receivedToken.uid)),
  },
  { name: 'PUT a new Token', weight: 1, request: (i) => requests.putToken(`NEW${i}`, wireToken(`NEW${i}`)) },
  {
    name: 'PATCH a Token',
    weight: 1,
    request: (i) =>
      requests.patchToken(receivedToken.uid, { valid: i % 2 === 0, last_updated: receivedToken.last_updated }),
  },
  { name: 'authorize', weight: 1, request: () => requests.authorize(ownUid) },
  { name: 'authorize at a location', weight: 1, request: () => requests.authorize(ownUid, location) },
  { name: 'list 100', weight: 0.2, request: () => requests.listTokens({ limit: '100' }), isList: true },
  { name: 'list 1000', weight: 0.04, request: () => requests.listTokens({ limit: '1000' }), isList: true },
  { name: 'GET the versions', weight: 1, request: requests.listVersions },
  { name: 'GET a version', weight: 1, request: requests.getVersion },
  { name: 'GET the credentials', weight: 1, request: requests.getCredentials },
];

export const warm: Bench = async ({ isShort }) => [
  ...(await onMemory(isShort ? 1_000 : 20_000)),
  ...(await onDynamodb(isShort ? 300 : 5_000)),
];

export async function fillThroughSeam({ tokens }: Backend): Promise<void> {
  for (const data of ownTokens) await tokens.create(ownCreation(data));
}

/** The Token that most of the calls are about. */
export async function prepare(platform: Platform): Promise<void> {
  await ask(platform, requests.putToken(receivedToken.uid, wireToken(receivedToken.uid)));
}

async function onMemory(repetitions: number): Promise<Figure[]> {
  note('calls on the memory CRUD');
  const stopwatch = createStopwatch(() => performance.now());
  const backend = inMemory();
  const platform = await startPlatform({ ...backend, tokens: watchAll(backend.tokens, stopwatch) });
  await fillThroughSeam(backend);
  await prepare(platform);

  const figures: Figure[] = [];
  for (const call of calls) {
    const answer = await ask(platform, call.request(-1));
    const bare = bareFunction(answer);
    const own: number[] = [];
    const bares: number[] = [];
    const crud: number[] = [];
    await repeat(Math.ceil(repetitions * call.weight), async (i) => {
      const event = toEvent(call.request(i));
      const handler = platform.handlers[call.request(i).endpoint];
      stopwatch.reset();
      const begun = performance.now();
      await handler(event, context);
      const between = performance.now();
      await bare(event);
      const ended = performance.now();
      own.push((between - begun) * 1000);
      bares.push((ended - between) * 1000);
      crud.push(stopwatch.elapsed() * 1000);
    });
    figures.push(...figuresOf(call, own, bares, crud));
  }
  return figures;
}

function figuresOf({ name, isList }: Call, own: number[], bares: number[], crud: number[]): Figure[] {
  const label = `memory, ${name}`;
  const ratioGoal: Goal | undefined = name === 'list 1000' ? atMost(3) : undefined;
  const withoutBare = own.map((each, i) => each - (bares[i] ?? 0));
  return [
    timeOfCalls(`${label}: whole handler`, own, 'µs'),
    timeOfCalls(`${label}: bare function`, bares, 'µs'),
    timeOfCalls(`${label}: of it in the memory CRUD`, crud, 'µs'),
    isList
      ? time(`${label}: handler / bare function`, median(own) / median(bares), '', ratioGoal)
      : timeOfCalls(`${label}: own time`, withoutBare, 'µs', atMost(100)),
  ];
}

/** Parses the same body and spells the same answer: the least that there is to do. */
function bareFunction({ statusCode, headers, body = '' }: APIGatewayProxyStructuredResultV2) {
  const answer: unknown = JSON.parse(body);
  return async (event: APIGatewayProxyEventV2): Promise<APIGatewayProxyStructuredResultV2> => {
    if (event.body) JSON.parse(event.body);
    return { statusCode: statusCode ?? 200, headers: { ...headers }, body: JSON.stringify(answer) };
  };
}

/** The first calls, of code that is not compiled yet, are too few to count in a median. */
async function repeat(times: number, work: (i: number) => Promise<void>): Promise<void> {
  for (let i = 0; i < times; i += 1) await work(i);
}

/** Runs while at least one thing is under way. */
function createStopwatch(clock: () => number) {
  let underWay = 0;
  let begun = 0;
  let elapsed = 0;
  return {
    reset() {
      elapsed = 0;
    },
    elapsed: () => elapsed,
    async during<T>(work: () => Promise<T>): Promise<T> {
      if (underWay === 0) begun = clock();
      underWay += 1;
      try {
        return await work();
      } finally {
        underWay -= 1;
        if (underWay === 0) elapsed += clock() - begun;
      }
    },
  };
}

type Stopwatch = ReturnType<typeof createStopwatch>;

/** The same object, whose methods run under the stopwatch. */
function watchAll<T extends object>(object: T, stopwatch: Stopwatch): T {
  const watched = Object.entries(object as Record<string, (...args: unknown[]) => Promise<unknown>>).map(
    ([name, method]) => [name, (...args: unknown[]) => stopwatch.during(() => method(...args))],
  );
  return Object.fromEntries(watched) as T;
}

async function onDynamodb(repetitions: number): Promise<Figure[]> {
  note('calls on the DynamoDB CRUD');
  const database = await startDatabase();
  try {
    const busy = () => performance.eventLoopUtilization().active;
    const stopwatch = createStopwatch(busy);
    const db = watchAll({ send: database.db.send.bind(database.db) as Send }, stopwatch) as unknown as Database;
    const platform = await startPlatform(inDynamodb(db));
    await createAll(database, ownTokens);
    await prepare(platform);

    const figures: Figure[] = [];
    for (const call of calls) {
      const whole: number[] = [];
      const sdk: number[] = [];
      await repeat(Math.ceil(repetitions * call.weight), async (i) => {
        const event = toEvent(call.request(i));
        const handler = platform.handlers[call.request(i).endpoint];
        stopwatch.reset();
        const begun = busy();
        await handler(event, context);
        whole.push((busy() - begun) * 1000);
        sdk.push(stopwatch.elapsed() * 1000);
      });
      const label = `DynamoDB, ${call.name}`;
      figures.push(
        timeOfCalls(`${label}: whole handler`, whole, 'µs'),
        timeOfCalls(`${label}: of it in the SDK`, sdk, 'µs'),
        time(`${label}: handler / SDK alone`, median(whole) / median(sdk), '', atMost(1.2)),
      );
    }
    return figures;
  } finally {
    await database.stop();
  }
}

type Send = (...args: unknown[]) => Promise<unknown>;
