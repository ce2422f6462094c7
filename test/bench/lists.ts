/** Goal 1: a page costs the same wherever it starts, and a walk loses nothing while others write. */
import type { Token } from '../../lib/ocpi/token.ts';
import { type BenchDatabase, createAll, fill, startDatabase } from './database.ts';
import { tables } from './environment.ts';
import { atMost, type Bench, count, exactly, type Figure, time } from './figures.ts';
import { type Meter, meter, type Reading, readUnitsOf } from './meter.ts';
import { note } from './note.ts';
import { ask, inDynamodb, type Platform, requests, startPlatform } from './platform.ts';
import { whileWriting } from './processes.ts';
import { largestToken, lastUpdatedOfRank, numberOf, rankOf } from './tokens.ts';
import type { Written } from './writer.ts';

/** What one read unit carries of an eventually consistent read, as all queries of an index are. */
export const bytesPerReadUnit = 8_192;

const pageSizes = [100, 1_000];
const largestCount = 2_500;

/** Few enough for the delta to stay one of about ten thousand while it is read. */
const pauseInDeltaMs = 5;

interface ListSource {
  platform: Platform;
  metered: Meter;
}

interface Instance extends ListSource {
  database: BenchDatabase;
  tokens: number;
}

export const lists: Bench = async ({ tokens, isShort }) => {
  const deltaSize = isShort ? 1_000 : 10_000;
  const database = await startDatabase();
  try {
    const metered = meter(database.db);
    const platform = await startPlatform(inDynamodb(metered.db));
    const instance: Instance = { platform, metered, database, tokens };
    await fill(database, tokens);
    return [
      ...(await pages(instance, isShort ? 2 : 15)),
      ...(await mixes(instance)),
      // Before the walks, because what they update meanwhile would be in every delta.
      ...(await delta(instance, deltaSize)),
      ...(await walkAll(instance, 'walk along Link', alongLink)),
      ...(await walkAll(instance, 'walk by bare offsets', byOffset)),
      ...(await largestPages()),
    ];
  } finally {
    await database.stop();
  }
};

interface ListPage {
  tokens: Token[];
  total: number;
  limit: number;
  /** The query of the next page, from the Link. */
  next: Record<string, string> | undefined;
  /** Without the one that authenticates the caller. */
  sent: Reading[];
}

async function readPage({ platform, metered }: ListSource, query: Record<string, string>): Promise<ListPage> {
  metered.read();
  const { body = '', headers = {} } = await ask(platform, requests.listTokens(query));
  const [, url] = /<(.*)>; rel="next"/.exec(String(headers.Link ?? '')) ?? [];
  return {
    tokens: (JSON.parse(body) as { data: Token[] }).data,
    total: Number(headers['X-Total-Count']),
    limit: Number(headers['X-Limit']),
    next: url === undefined ? undefined : Object.fromEntries(new URL(url).searchParams),
    sent: metered.read().filter(({ table }) => table === tables.tokens),
  };
}

/** As DynamoDB counts an item: names and values, and no punctuation. */
const itemBytesOf = (token: Token): number =>
  Object.entries(token).reduce((sum, [name, value]) => sum + name.length + valueBytes(value), 0);

const valueBytes = (value: unknown): number => {
  if (typeof value === 'string') return Buffer.byteLength(value);
  return typeof value === 'object' && value !== null ? 3 + itemBytesOf(value as Token) : 1;
};

/** One page, read once for what it consumes and then over and over for the time. */
interface PageCost {
  requests: number;
  units: number;
  counterUnits: number;
  jsonBytes: number;
  itemBytes: number;
  leastMs: number;
}

async function costOfPage(instance: Instance, offset: number, limit: number, repetitions: number): Promise<PageCost> {
  const query = { offset: String(offset), limit: String(limit) };
  const { tokens, sent } = await readPage(instance, query);
  if (tokens.length !== limit) throw new Error(`A page of ${limit} at ${offset} held ${tokens.length}`);
  return {
    requests: sent.length,
    units: readUnitsOf(sent.filter(({ command }) => command === 'QueryCommand')),
    counterUnits: readUnitsOf(sent.filter(({ command }) => command !== 'QueryCommand')),
    jsonBytes: Buffer.byteLength(JSON.stringify(tokens)),
    itemBytes: tokens.reduce((sum, token) => sum + itemBytesOf(token), 0),
    leastMs: Math.min(...(await timesOf(() => readPage(instance, query), repetitions))),
  };
}

async function pages(instance: Instance, repetitions: number): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const limit of pageSizes) {
    const offsets = [0, instance.tokens / 2, instance.tokens - 1_000];
    const costs: PageCost[] = [];
    for (const offset of offsets) costs.push(await costOfPage(instance, offset, limit, repetitions));
    figures.push(...figuresOf(`page of ${limit}`, costs));
  }
  return figures;
}

/** @param costs at the beginning, in the middle, and at the end */
function figuresOf(page: string, costs: PageCost[]): Figure[] {
  const all = (of: (cost: PageCost) => number) => costs.map(of);
  const units = all((cost) => cost.units);
  const perJson = all(({ units, jsonBytes }) => units / (jsonBytes / bytesPerReadUnit));
  const perItem = all(({ units, itemBytes }) => units / (itemBytes / bytesPerReadUnit));
  const [first = Number.NaN, middle = Number.NaN, end = Number.NaN] = all(({ leastMs }) => leastMs);
  return [
    count(`${page}: requests, most of three offsets`, Math.max(...all(({ requests }) => requests)), '', exactly(2)),
    count(`${page}: read units at offset 0`, units[0] ?? 0, 'RRU'),
    count(
      `${page}: read units, most / least of three offsets`,
      Math.max(...units) / Math.min(...units),
      '',
      atMost(1.05),
    ),
    // An item also carries the keys of two indexes and the settings, which no page shows.
    count(`${page}: read units / (bytes of its Tokens as JSON / 8192)`, Math.max(...perJson), '', atMost(1.25)),
    count(`${page}: read units / (bytes of its Tokens as DynamoDB counts / 8192)`, Math.max(...perItem), ''),
    count(`${page}: read units of the counter, not in the above`, Math.max(...all((cost) => cost.counterUnits)), 'RRU'),
    time(`${page}: time at offset N/2 / at offset 0`, middle / first, ''),
    time(`${page}: time at offset N-1000 / at offset 0`, end / first, ''),
  ];
}

async function timesOf(work: () => Promise<unknown>, repetitions: number): Promise<number[]> {
  const times: number[] = [];
  for (let i = 0; i < repetitions; i += 1) {
    const begun = performance.now();
    await work();
    times.push(performance.now() - begun);
  }
  return times;
}

/** Which Tokens a walk has delivered, how often, and in which order. */
function createLedger(tokens: number) {
  // Room for all that the other process can create meanwhile.
  const times = new Uint8Array(tokens * 3 + 100_000);
  let last = -1;
  let misplaced = 0;
  return {
    add(page: Token[]) {
      for (const number of page.map(numberOf)) {
        times[number] = (times[number] ?? 0) + 1;
        if (number < last) misplaced += 1;
        last = number;
      }
    },
    /** @param isMeant which of the Tokens of the start */
    lost: (isMeant: (number: number) => boolean = () => true) =>
      times.subarray(0, tokens).reduce((sum, each, number) => (each === 0 && isMeant(number) ? sum + 1 : sum), 0),
    repeated: () => times.filter((each) => each > 1).length,
    misplaced: () => misplaced,
  };
}

type Ledger = ReturnType<typeof createLedger>;
type Walk = (source: ListSource, query: Record<string, string>, onPage: (page: ListPage) => void) => Promise<void>;

const alongLink: Walk = async (source, query, onPage) => {
  for (let next: ListPage['next'] = query; next; ) {
    const page = await readPage(source, next);
    onPage(page);
    next = page.next;
  }
};

const byOffset: Walk = async (source, query, onPage) => {
  for (let offset = 0, total = 1; offset < total; ) {
    const page = await readPage(source, { ...query, offset: String(offset) });
    onPage(page);
    offset += page.limit;
    total = page.total;
  }
};

async function walkAll(instance: Instance, name: string, walk: Walk): Promise<Figure[]> {
  note(`${name} while another process writes`);
  const ledger = createLedger(instance.tokens);
  const { written } = await whileWriting(writerOptions(instance), () =>
    walk(instance, { limit: '1000' }, (page) => ledger.add(page.tokens)),
  );
  const { total } = await readPage(instance, { limit: '1' });
  instance.tokens += written.created;
  return [
    ...verdict(name, ledger),
    count(`${name}: X-Total-Count at the end, less the Tokens there are`, total - instance.tokens, '', exactly(0)),
    time(`${name}: writes of the other process meanwhile`, sumOf(written), ''),
  ];
}

const writerOptions = ({ database, tokens }: Instance, pauseMs = 0) => ({
  endpoint: database.endpoint,
  tokens,
  pauseMs,
});

const sumOf = (written: Written): number => Object.values(written).reduce((sum, each) => sum + each, 0);

const verdict = (walk: string, ledger: Ledger): Figure[] => [
  count(`${walk}: Tokens of the start that were lost`, ledger.lost(), '', exactly(0)),
  count(`${walk}: Tokens that came twice`, ledger.repeated(), '', exactly(0)),
  count(`${walk}: Tokens out of the order of creation`, ledger.misplaced(), '', exactly(0)),
];

/** How many of the Tokens match: all, one in a hundred, one in ten thousand. */
const shares = [1, 100, 10_000];
const mixLimit = 1_000;
const pagesAtOnce = 200;

/** Deltas that are wide and narrow, held against a walk over all. */
async function mixes(instance: Instance): Promise<Figure[]> {
  const plain = await costOfWalk(instance, {});
  const figures: Figure[] = [];
  for (const share of shares) {
    const matching = Math.floor(instance.tokens / share);
    const name = `delta of ${share === 1 ? 'all' : `one in ${share}`}`;
    const query = { date_from: lastUpdatedOfRank(instance.tokens - matching) };
    const delta = await costOfWalk(instance, query);
    figures.push(
      count(`${name}: Tokens, less those that match`, delta.tokens - matching, '', exactly(0)),
      time(`${name}: time of the first page`, delta.firstMs / 1000, 's', atMost(2)),
      count(`${name}: requests of the first page`, delta.firstRequests, ''),
    );
    if (delta.pages === 0) continue;
    const isWide = share === 1;
    figures.push(
      count(`${name}: requests of a page behind the first`, delta.requests / delta.pages, ''),
      count(
        `${name}: requests / those of a page of all`,
        ratio(delta, plain, 'requests'),
        '',
        isWide ? atMost(1.2) : {},
      ),
      count(
        `${name}: read units / those of a page of all`,
        ratio(delta, plain, 'units'),
        '',
        isWide ? atMost(1.2) : {},
      ),
      time(`${name}: time / that of a page of all`, ratio(delta, plain, 'ms'), '', isWide ? atMost(1.4) : {}),
    );
  }
  const date_from = lastUpdatedOfRank(0);
  const { next = {} } = await readPage(instance, { date_from, limit: '100' });
  const read = await Promise.all(Array.from({ length: pagesAtOnce }, () => readPage(instance, next)));
  figures.push(
    count(
      `${pagesAtOnce} pages of a delta at once: full ones`,
      read.filter(({ tokens }) => tokens.length === 100).length,
      '',
      exactly(pagesAtOnce),
    ),
  );
  return figures;
}

interface WalkCost {
  tokens: number;
  firstMs: number;
  firstRequests: number;
  /** Of the pages behind the first. */
  pages: number;
  requests: number;
  units: number;
  ms: number;
}

const ratio = (walk: WalkCost, plain: WalkCost, of: 'requests' | 'units' | 'ms'): number =>
  walk[of] / walk.pages / (plain[of] / plain.pages);

async function costOfWalk(instance: Instance, query: Record<string, string>): Promise<WalkCost> {
  const cost: WalkCost = { tokens: 0, firstMs: 0, firstRequests: 0, pages: 0, requests: 0, units: 0, ms: 0 };
  let begun = performance.now();
  let isFirst = true;
  await alongLink(instance, { ...query, limit: String(mixLimit) }, ({ tokens, sent }) => {
    const ms = performance.now() - begun;
    cost.tokens += tokens.length;
    if (isFirst) Object.assign(cost, { firstMs: ms, firstRequests: sent.length });
    else {
      cost.pages += 1;
      cost.requests += sent.length;
      cost.units += readUnitsOf(sent);
      cost.ms += ms;
    }
    isFirst = false;
    begun = performance.now();
  });
  return cost;
}

/** An update moves a Token into the delta, in front of what a client has read: then it sees one twice, and must lose none. */
async function delta(instance: Instance, deltaSize: number): Promise<Figure[]> {
  const { tokens } = instance;
  const oldestRank = tokens - deltaSize;
  note(`reading a delta of ${deltaSize} out of ${tokens} while another process writes`);
  const date_from = lastUpdatedOfRank(oldestRank);
  const atStart = await readPage(instance, { date_from, limit: '1' });
  const ledger = createLedger(tokens);
  let requests = 0;
  let misplaced = 0;
  let pages = 0;
  let units = 0;
  const { written } = await whileWriting(writerOptions(instance, pauseInDeltaMs), () =>
    alongLink(instance, { date_from, limit: '1000' }, (page) => {
      ledger.add(page.tokens);
      pages += 1;
      requests = Math.max(requests, page.sent.length);
      units += readUnitsOf(page.sent);
      misplaced += page.tokens.filter(
        (token, i) => i > 0 && numberOf(token) <= numberOf(page.tokens[i - 1] as Token),
      ).length;
    }),
  );
  instance.tokens += written.created;
  return [
    count('delta: Tokens in it at the start', atStart.total, '', exactly(deltaSize)),
    count('delta: requests, most of all pages', requests, ''),
    count(
      'delta: Tokens of the start that were lost',
      ledger.lost((number) => rankOf(number, tokens) >= oldestRank),
      '',
      exactly(0),
    ),
    count('delta: Tokens out of the order of creation in a page', misplaced, '', exactly(0)),
    time('delta: Tokens that came twice, having been moved by an update', ledger.repeated(), ''),
    time('delta: writes of the other process meanwhile', sumOf(written), ''),
    time('delta: pages', pages, ''),
    time('delta: read units for each Token in it', units / atStart.total, 'RRU'),
  ];
}

/** Pages of the largest Tokens are more than one answer of DynamoDB holds. */
async function largestPages(): Promise<Figure[]> {
  note(`walking through ${largestCount} Tokens of the largest size`);
  const database = await startDatabase();
  try {
    const metered = meter(database.db);
    const source = { metered, platform: await startPlatform(inDynamodb(metered.db)) };
    await createAll(
      database,
      Array.from({ length: largestCount }, (_, i) => largestToken(i)),
    );
    const figures: Figure[] = [];
    for (const [name, walk] of [
      ['largest Tokens, along Link', alongLink],
      ['largest Tokens, by bare offsets', byOffset],
    ] as const) {
      const ledger = createLedger(largestCount);
      let requests = 0;
      await walk(source, { limit: '1000' }, (page) => {
        ledger.add(page.tokens);
        requests = Math.max(requests, page.sent.length);
      });
      figures.push(...verdict(name, ledger), count(`${name}: requests, most of all pages`, requests, ''));
    }
    return figures;
  } finally {
    await database.stop();
  }
}
