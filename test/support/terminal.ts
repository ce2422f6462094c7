/** The command line in this process, on a terminal that remembers. */
import { EventEmitter } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { run } from '../../lib/cli/program.ts';
import type { Terminal } from '../../lib/cli/terminal.ts';

export interface Result {
  code: number;
  out: string;
  err: string;
}

/** Nothing of the environment of the tests themselves. */
export async function runCli(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  world: Partial<Terminal> = {},
): Promise<Result> {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const [out, err] = [text(stdout), text(stderr)];
  const code = await run(args, {
    env,
    stdin: Readable.from([]),
    stdout,
    stderr,
    signals: new EventEmitter(),
    now: () => new Date(),
    ...world,
  });
  stdout.end();
  stderr.end();
  return { code, out: await out, err: await err };
}

/** Standard input that holds this. */
export const stdinOf = (content: string): Readable => Readable.from([Buffer.from(content)]);
