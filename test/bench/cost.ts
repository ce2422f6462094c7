/** Goal 7: dollars for a million calls of each endpoint, and for a full pull of a million Tokens, from what is counted here. */
import { performance } from 'node:perf_hooks';
import type { Token } from '../../lib/ocpi/token.ts';
import { v2_2_1 } from '../../lib/wire/v2_2_1.ts';
import { foreignParty } from '../support/builders.ts';
import { fill, startDatabase } from './database.ts';
import { tables } from './environment.ts';
import { atMost, type Bench, count, type Figure, median, time } from './figures.ts';
import { type Meter, meter, readUnitsOf, writeUnitsOf } from './meter.ts';
import { ask, inDynamodb, type Platform, type Request, requests, startPlatform } from './platform.ts';
import { assumptions, prices } from './prices.ts';
import { tokenOfNumber } from './tokens.ts';

const ownTokens = 2_000;
const own = tokenOfNumber(1, ownTokens);
const received: Token = { ...tokenOfNumber(0, ownTokens), ...foreignParty };
const million = 1_000_000;
const pageSize = 1_000;

interface Endpoint {
  name: string;
  request: (i: number) => Request;
  /** Requests to the database after the one that authenticates the caller: the budget of docs/architecture.md. */
  budget: number;
}

const gzip = { 'accept-encoding': 'gzip' };
const wireToken = (uid: string) => v2_2_1.encodeToken({ ...received, uid });
const pageOf = (limit: number): Request => requests.listTokens({ limit: String(limit) });

const page1000: Endpoint = { name: 'list 1000', budget: 2, request: () => pageOf(pageSize) };
const page1000Gzip: Endpoint = {
  name: 'list 1000, gzip',
  budget: 2,
  request: () => ({ ...pageOf(pageSize), headers: gzip }),
};

const endpoints: Endpoint[] = [
  { name: 'GET a Token', budget: 1, request: () => requests.getToken(received.uid) },
  { name: 'PUT a known Token', budget: 2, request: () => requests.putToken(received.uid, wireToken(received.uid)) },
  { name: 'PUT a new Token', budget: 2, request: (i) => requests.putToken(`NEW${i}`, wireToken(`NEW${i}`)) },
  {
    name: 'PATCH a Token',
    budget: 2,
    request: (i) => requests.patchToken(received.uid, { valid: i % 2 === 0, last_updated: received.last_updated }),
  },
  { name: 'authorize', budget: 2, request: () => requests.authorize(own.uid) },
  { name: 'list 100', budget: 2, request: () => pageOf(100) },
  { name: 'list 100, gzip', budget: 2, request: () => ({ ...pageOf(100), headers: gzip }) },
  page1000,
  page1000Gzip,
  { name: 'GET the versions', budget: 0, request: requests.listVersions },
  { name: 'GET a version', budget: 0, request: requests.getVersion },
  { name: 'GET the credentials', budget: 0, request: requests.getCredentials },
];

/** What one call takes. */
interface Usage {
  requestsAfterAuthentication: number;
  readUnits: number;
  writeUnits: number;
  /** Requests to the database that wait for one another. */
  rounds: number;
  /** Of this machine, milliseconds. */
  cpu: number;
  bytesOut: number;
  bytesLogged: number;
}

interface Instance {
  platform: Platform;
  metered: Meter;
  logged: string[];
}

export const cost: Bench = async ({ isShort }) => {
  const database = await startDatabase();
  try {
    await fill(database, ownTokens);
    const metered = meter(database.db);
    const logged: string[] = [];
    const instance: Instance = {
      metered,
      logged,
      platform: await startPlatform(inDynamodb(metered.db), (line) => logged.push(line)),
    };
    await ask(instance.platform, requests.putToken(received.uid, wireToken(received.uid)));
    await ask(instance.platform, pageOf(1));

    const figures: Figure[] = [];
    const pulls: Figure[] = [];
    for (const endpoint of endpoints) {
      const usage = await usageOf(instance, endpoint, isShort ? 5 : 100);
      figures.push(...figuresOf(endpoint, usage));
      if (endpoint === page1000 || endpoint === page1000Gzip) {
        const dollars = (dollarsPerMillion(usage) * (million / pageSize)) / million;
        pulls.push(
          time(`full pull of a million Tokens, ${endpoint.name}`, dollars, `$ (${prices.region}, ${prices.date})`),
        );
      }
    }
    return [...figures, ...pulls];
  } finally {
    await database.stop();
  }
};

async function usageOf({ platform, metered, logged }: Instance, { request }: Endpoint, times: number): Promise<Usage> {
  const busy = () => performance.eventLoopUtilization().active;
  const usages: Usage[] = [];
  for (let i = 0; i < times; i += 1) {
    metered.read();
    logged.length = 0;
    const begun = busy();
    const { body = '', headers, isBase64Encoded } = await ask(platform, request(i));
    const cpu = busy() - begun;
    const readings = metered.read();
    usages.push({
      requestsAfterAuthentication: readings.filter(({ table }) => table === tables.tokens).length,
      readUnits: readUnitsOf(readings),
      writeUnits: writeUnitsOf(readings),
      rounds: readings.filter(({ isBesideOthers }) => !isBesideOthers).length,
      cpu,
      bytesOut: Buffer.from(body, isBase64Encoded ? 'base64' : 'utf8').length + JSON.stringify(headers).length,
      bytesLogged: logged.join('').length + assumptions.lambdaLogBytes,
    });
  }
  const last = usages.at(-1) as Usage;
  return { ...last, cpu: median(usages.map(({ cpu }) => cpu)) };
}

const billedMs = ({ cpu, rounds }: Usage): number =>
  Math.ceil(cpu / assumptions.cpuShare + rounds * assumptions.dynamodbRoundTrip);

function dollarsPerMillion(usage: Usage): number {
  const { readUnits, writeUnits, bytesOut, bytesLogged } = usage;
  const { dynamodb, lambda, httpApi, perGigabyteOut, perGigabyteLogged } = prices;
  const gigabyteSeconds = (billedMs(usage) / 1000) * assumptions.memoryGigabytes;
  return (
    readUnits * dynamodb.perMillionReadUnits +
    writeUnits * dynamodb.perMillionWriteUnits +
    lambda.perMillionRequests +
    gigabyteSeconds * lambda.perGigabyteSecond * million +
    Math.ceil(bytesOut / httpApi.meteredBytes) * httpApi.perMillionRequests +
    ((bytesOut * perGigabyteOut + bytesLogged * perGigabyteLogged) * million) / 1e9
  );
}

const figuresOf = ({ name, budget }: Endpoint, usage: Usage): Figure[] => [
  count(`${name}: requests after authentication`, usage.requestsAfterAuthentication, '', atMost(budget)),
  count(`${name}: read units`, usage.readUnits, 'RRU'),
  ...(usage.writeUnits > 0 ? [count(`${name}: write units`, usage.writeUnits, 'WRU')] : []),
  count(`${name}: answer`, usage.bytesOut / 1024, 'KB'),
  time(`${name}: billed time, estimated`, billedMs(usage), 'ms'),
  time(`${name}: a million calls`, dollarsPerMillion(usage), '$'),
];
