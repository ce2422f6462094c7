/**
 * A process that leaves our Tokens no peace: it updates, invalidates and creates them in turn, until it is told to stop.
 * It is told what to do by its arguments, and says by a message what it has done.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { openDatabase } from '../../lib/crud/dynamodb/client.ts';
import { createOperator } from '../../lib/crud/dynamodb/operator.ts';
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
  const operator = createOperator({ db: openDatabase(endpoint), table: tables.tokens, ...ambient });
  const written: Written = { updated: 0, invalidated: 0, created: 0 };
  let isAsked = false;
  process.once('message', () => {
    isAsked = true;
  });

  const anyToken = () => tokenOfNumber(Math.floor(Math.random() * tokens), tokens);
  const steps = [
    async () => {
      const { uid, type } = anyToken();
      await operator.changeToken(uid, type, ({ token, settings }) => ({
        token: { ...token, issuer: `Issuer ${written.updated}` },
        settings,
      }));
      written.updated += 1;
    },
    async () => {
      const { uid, type } = anyToken();
      await operator.changeToken(uid, type, ({ token, settings }) => ({ token: { ...token, valid: false }, settings }));
      written.invalidated += 1;
    },
    async () => {
      const token = tokenOfNumber(tokens + written.created, tokens);
      await operator.importTokens([{ ...token, last_updated: ambient.now().toISOString() }]);
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
