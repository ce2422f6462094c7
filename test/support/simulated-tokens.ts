/**
 * Our own Tokens of one party as DynamoDB would show them, answered from arrays: for more of them than an engine takes in a test,
 * and for an index that is wrong for a moment. Counts what is asked, and what is read as DynamoDB would read it.
 */
import type { Database } from '../../lib/crud/dynamodb/client.ts';
import { layout, segmentSize } from '../../lib/crud/dynamodb/items.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import type { PartyId } from '../../lib/ocpi/versions.ts';

export const simulatedParty: PartyId = { country_code: 'NL', party_id: 'LMS' };

/** Bytes of an item in the table and by-ordinal, and of an entry of by-last-updated. */
export const tokenBytes = 350;
const keyBytes = 90;
const maxAnswerBytes = 1_048_576;

export interface SimulatedTokens {
  db: Database;
  /** `last_updated` by ordinal, in milliseconds. */
  stamps: number[] | Float64Array;
  /** How many there are. */
  count: number;
  /** Says that stamps have changed. */
  changed(): void;
  /** @returns what was asked since the last time */
  read(): { requests: number; bytes: number };
}

interface Entries {
  stamps: Float64Array;
  ordinals: Int32Array;
}

interface Input {
  TableName?: string;
  IndexName?: string;
  Select?: string;
  Limit?: number;
  ExclusiveStartKey?: { at: number };
  ExpressionAttributeValues: Record<string, string | number>;
  RequestItems?: Record<string, { Keys: { pk: string }[] }>;
}

const instant = (ms: number) => new Date(ms).toISOString();

const simulatedToken = (n: number, stamp: number): Token & { n: number } => ({
  ...simulatedParty,
  uid: `T${n}`,
  type: 'RFID',
  contract_id: 'NL-LMS-C1',
  issuer: 'Lumen',
  valid: true,
  whitelist: 'ALWAYS',
  last_updated: instant(stamp),
  n,
});

export const ordinalOf = ({ uid }: Pick<Token, 'uid'>): number => Number(uid.slice(1));

/** @param shown the stamps under which by-last-updated shows an ordinal right now, if not under its own */
export function simulateTokens(
  stamps: number[] | Float64Array,
  shown: (n: number) => readonly number[] | undefined = () => undefined,
): SimulatedTokens {
  let requests = 0;
  let bytes = 0;
  let cache = new Map<string, Entries>();
  const simulated: SimulatedTokens = {
    stamps,
    count: stamps.length,
    changed() {
      cache = new Map();
    },
    read() {
      const counted = { requests, bytes };
      requests = 0;
      bytes = 0;
      return counted;
    },
    db: { send: (command: { input: Input }) => answer(command.input) } as unknown as Database,
  };

  async function answer(input: Input): Promise<object> {
    requests += 1;
    if (input.RequestItems) return batchGet(input.RequestItems);
    if (input.IndexName === 'by-ordinal') return byOrdinal(input);
    if (input.IndexName === 'by-last-updated') return byLastUpdated(input);
    bytes += keyBytes;
    return { Item: { total: simulated.count, layout } };
  }

  const item = (n: number) => simulatedToken(n, simulated.stamps[n] as number);

  function batchGet(requested: NonNullable<Input['RequestItems']>): object {
    const [table = '', { Keys } = { Keys: [] }] = Object.entries(requested)[0] ?? [];
    bytes += Keys.length * tokenBytes;
    return { Responses: { [table]: Keys.map(({ pk }) => item(Number(pk))) } };
  }

  function byOrdinal({ ExpressionAttributeValues: values, ExclusiveStartKey }: Input): object {
    const first = ExclusiveStartKey?.at ?? Number(values[':first']);
    const end = Math.min(Number(values[':last']) + 1, simulated.count);
    const to = Math.min(end, first + Math.floor(maxAnswerBytes / tokenBytes));
    bytes += Math.max(to - first, 0) * tokenBytes;
    const Items = Array.from({ length: Math.max(to - first, 0) }, (_, i) => item(first + i));
    return { Items, ...(to < end && { LastEvaluatedKey: { at: to } }) };
  }

  function byLastUpdated({ ExpressionAttributeValues: values, ExclusiveStartKey, Limit, Select }: Input): object {
    const entries = entriesOf(String(values[':half']));
    const from = Date.parse(String(values[':from']));
    const to = Date.parse(String(values[':to']));
    let at = ExclusiveStartKey?.at ?? 0;
    while (at < entries.stamps.length && (entries.stamps[at] as number) < from) at += 1;
    const most = Math.min(Limit ?? Number.POSITIVE_INFINITY, Math.floor(maxAnswerBytes / keyBytes));
    const found: number[] = [];
    while (at < entries.stamps.length && (entries.stamps[at] as number) <= to && found.length < most) {
      found.push(entries.ordinals[at] as number);
      at += 1;
    }
    bytes += found.length * keyBytes;
    return {
      Count: found.length,
      ...(Select !== 'COUNT' && { Items: found.map((n) => ({ pk: String(n), sk: 'RFID', n })) }),
      ...(found.length === most && { LastEvaluatedKey: { at } }),
    };
  }

  function entriesOf(key: string): Entries {
    const cached = cache.get(key);
    if (cached) return cached;
    const [, , segment, half] = key.split('#').map(Number);
    const shownStamps: number[] = [];
    const shownOrdinals: number[] = [];
    const first = (segment as number) * segmentSize;
    for (let n = first + (half as number); n < Math.min(first + segmentSize, simulated.count); n += 2) {
      for (const stamp of shown(n) ?? [simulated.stamps[n] as number]) {
        shownStamps.push(stamp);
        shownOrdinals.push(n);
      }
    }
    const order = shownStamps.map((_, i) => i);
    order.sort((a, b) => (shownStamps[a] as number) - (shownStamps[b] as number) || a - b);
    const entries = {
      stamps: Float64Array.from(order, (i) => shownStamps[i] as number),
      ordinals: Int32Array.from(order, (i) => shownOrdinals[i] as number),
    };
    cache.set(key, entries);
    return entries;
  }

  return simulated;
}
