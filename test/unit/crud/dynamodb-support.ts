/** What the tests of the DynamoDB storage share: a storage on tables of its own, with a database in between that is watched. */
import { randomUUID } from 'node:crypto';
import type { StoredToken, TokenPage, TokensStorage, TokenWrite } from '../../../lib/crud/crud.ts';
import { dynamodbRecords } from '../../../lib/crud/dynamodb/records.ts';
import type { DynamodbOptions } from '../../../lib/crud/dynamodb/storage.ts';
import { dynamodbTokens } from '../../../lib/crud/dynamodb/tokens.ts';
import type { Token } from '../../../lib/ocpi/token.ts';
import type { PartyId } from '../../../lib/ocpi/versions.ts';
import { emspCall, ownToken } from '../../support/builders.ts';
import type { TestDatabase } from '../../support/dynamodb.ts';
import { type Watched, watch } from '../../support/faults.ts';

export const owner: PartyId = { country_code: 'NL', party_id: 'LMS' };

export const own = (i: number, overrides: Partial<Token> = {}): Token =>
  ownToken(owner, { uid: `CARD${i}`, ...overrides });

export const series = (count: number, overrides: Partial<Token> = {}): Token[] =>
  Array.from({ length: count }, (_, i) => own(i, overrides));

export interface Opened {
  tables: DynamodbOptions['tables'];
  watched: Watched;
  tokens: TokensStorage;
  records: ReturnType<typeof dynamodbRecords>;
}

export async function open(database: TestDatabase): Promise<Opened> {
  const tables = await database.newTables();
  const watched = watch(database.db);
  const options = { db: watched.db, newId: () => randomUUID() };
  return {
    tables,
    watched,
    tokens: dynamodbTokens({ ...options, table: tables.tokens }),
    records: dynamodbRecords({ ...options, table: tables.records }),
  };
}

/** @returns the names of the commands sent meanwhile */
export async function sentBy({ sent }: Watched, run: () => Promise<unknown>): Promise<string[]> {
  sent.length = 0;
  await run();
  return sent.splice(0).sort();
}

interface ListOptions {
  date_from?: string;
  date_to?: string;
  after?: string | undefined;
}

export const list = (
  tokens: TokensStorage,
  offset: number,
  limit: number,
  { date_from, date_to, after }: ListOptions = {},
): Promise<TokenPage> =>
  tokens.list(
    emspCall({ ...owner, filters: { date_from, date_to, offset, limit }, ...(after !== undefined && { after }) }),
  );

export const write = (tokens: TokensStorage, data: TokenWrite[]) =>
  tokens.actions?.WriteTokens?.(emspCall({ action: 'WriteTokens' as const, data })) ??
  Promise.reject(new Error('None'));

export const creates = (all: readonly Token[]): TokenWrite[] => all.map((data) => ({ data, settings: {} }));

/** Creates Tokens of ours in this order, many at a time. */
export async function fill(tokens: TokensStorage, all: readonly Token[]): Promise<void> {
  for (let i = 0; i < all.length; i += 99) await write(tokens, creates(all.slice(i, i + 99)));
}

export const uidsOf = (items: readonly StoredToken[]): string[] => items.map(({ data }) => data.uid);
