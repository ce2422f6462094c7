/** The command line in this process against the real API of the owner's, on memory: what a test of its words needs. */
import { expect } from 'vitest';
import type { PeerRuntime } from '../../lib/runtime/peer-runtime.ts';
import { inSqlite, type OpenBackend } from './http.ts';
import { startInstance } from './instance.ts';
import { type OwnerApi, startOwnerApi } from './owner-api.ts';
import { type Result, runCli, stdinOf } from './terminal.ts';

/** What a command answered in JSON; a test says what it should be. */
type Answer = ReturnType<typeof JSON.parse>;

export interface OwnerCli {
  runtime: PeerRuntime;
  api: OwnerApi;
  /** @param input what stands on standard input */
  cli(args: string[], input?: string): Promise<Result>;
  /** @returns what a command answers that succeeds */
  answerOf(...args: string[]): Promise<Answer>;
  /** The same of a command that reads standard input. */
  answerTo(input: string, ...args: string[]): Promise<Answer>;
  /** All that was printed, to look for secrets in. */
  printed(): string;
  /** Moves the clock. */
  advance(ms: number): void;
  stop(): Promise<void>;
}

export async function startOwnerCli(
  parties = 'CPO NL LCP, EMSP NL LMS',
  wrap?: Parameters<typeof startOwnerApi>[1],
  openBackend: OpenBackend = inSqlite,
): Promise<OwnerCli> {
  // The README's storage: what the command line does must hold on a swapped one.
  const instance = await startInstance({ parties, openBackend });
  const api = await startOwnerApi(instance.runtime, wrap);
  let printed = '';
  const cli = async (args: string[], input = '') => {
    const result = await runCli(args, { DATA_DIR: api.dataDir }, { stdin: stdinOf(input) });
    printed += result.out + result.err;
    return result;
  };
  const answerTo = async (input: string, ...args: string[]) => {
    const result = await cli([...args, '--json'], input);
    expect(result).toMatchObject({ code: 0, err: '' });
    expect(result.out).toMatch(/^\{[^\n]*\}\n$/);
    return JSON.parse(result.out);
  };
  return {
    runtime: instance.runtime,
    api,
    cli,
    answerTo,
    answerOf: (...args) => answerTo('', ...args),
    printed: () => printed,
    advance: (ms) => instance.advance(ms),
    async stop() {
      await api.stop();
      await instance.stop();
    },
  };
}

export const ndjson = (values: unknown[]): string => values.map((value) => `${JSON.stringify(value)}\n`).join('');
