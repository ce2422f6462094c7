/**
 * A process that leaves our Tokens no peace: it updates, invalidates and creates them in turn, until it is told to stop.
 * It is told what to do by its arguments, and says by a message what it has done.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { ownTokensCall } from '../../lib/crud/calls.ts';
import { openDatabase } from '../../lib/crud/dynamodb/client.ts';
import { dynamodbTokens } from '../../lib/crud/dynamodb/tokens.ts';
import { retryOnConflict } from '../../lib/crud/retry.ts';
import type { Token } from '../../lib/ocpi/token.ts';
import { ambient, tables } from './environment.ts';
import { tokenOfNumber } from './tokens.ts';

export interface WriterOptions {
  endpoint: string;
  /** How many Tokens there are; those that it creates come after them. */
  tokens: number;
  /** Between two writes. */
  pauseMs: number;
}

export interface Written {
  updated: number;
  invalidated: number;
  created: number;
}

async function write({ endpoint, tokens, pauseMs }: WriterOptions): Promise<void> {
  const storage = dynamodbTokens({ db: openDatabase(endpoint), table: tables.tokens, ...ambient });
  const written: Written = { updated: 0, invalidated: 0, created: 0 };
  let isAsked = false;
  process.once('message', () => {
    isAsked = true;
  });

  const anyToken = () => tokenOfNumber(Math.floor(Math.random() * tokens), tokens);
  const change = ({ uid: id, type: token_type, country_code, party_id }: Token, changes: Partial<Token>) =>
    retryOnConflict(async () => {
      const address = { ...ownTokensCall, country_code, party_id, id, token_type };
      const stored = await storage.get(address);
      if (!stored) return;
      const data = { ...stored.data, ...changes, last_updated: ambient.now().toISOString() };
      await storage.update({ ...address, data, settings: {}, revision: stored.revision });
    });

  const create = (token: Token) =>
    retryOnConflict(() => {
      const data = { ...token, last_updated: ambient.now().toISOString() };
      const { country_code, party_id, type: token_type } = token;
      return storage.create({ ...ownTokensCall, country_code, party_id, token_type, data, settings: {} });
    });

  const steps = [
    async () => {
      await change(anyToken(), { issuer: `Issuer ${written.updated}` });
      written.updated += 1;
    },
    async () => {
      await change(anyToken(), { valid: false });
      written.invalidated += 1;
    },
    async () => {
      await create(tokenOfNumber(tokens + written.created, tokens));
      written.created += 1;
    },
  ];

  process.send?.('ready');
  for (let i = 0; !isAsked; i += 1) {
    await steps[i % steps.length]?.();
    if (pauseMs > 0) await delay(pauseMs);
  }
  process.send?.(written);
  process.disconnect();
}

await write(JSON.parse(process.argv[2] ?? '') as WriterOptions);
