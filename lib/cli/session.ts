/** What all commands share: the global options, the API they ask, the answer they print. */
import { once } from 'node:events';
import type { Command } from 'commander';
import type { OperatorClient } from '../operator/client.ts';
import { errorObject, type Failure, toFailure } from './failure.ts';
import { openPlace, type Place, type PlaceOptions } from './place.ts';
import type { Terminal } from './terminal.ts';

export interface GlobalOptions extends PlaceOptions {
  json?: true;
}

export interface Session {
  terminal: Terminal;
  isJson: boolean;
  /**
   * Which API it asks; found at the first call, so check the arguments before.
   * @param url in place of what the options say
   * @throws Failure
   */
  place: (url?: string) => Promise<Place>;
  /** @throws Failure */
  api: () => Promise<OperatorClient>;
  /** Asks one thing of it. */
  call: OperatorClient['call'];
  /** Prints the result on standard output: `text`, or with --json `value`, to which the command's failure is added if it has one. */
  answer: (value: object, text: string) => void;
  /** Writes lines on standard output, whatever its reader's pace; the answer then goes to standard error. */
  lines: (values: object[]) => Promise<void>;
  /** Says something on standard error. */
  note: (text: string) => void;
}

/** What a command does with its arguments and its options. */
export type Work = (session: Session, ...args: never[]) => Promise<void>;

/** An action of commander, whose code is read when it runs. */
export const inSession =
  (terminal: Terminal, load: () => Promise<Work>) =>
  async (...args: unknown[]): Promise<void> => {
    const { json = false, ...options } = (args.at(-1) as Command).optsWithGlobals<GlobalOptions>();
    let place: Place | undefined;
    let answered: object | undefined;
    let failure: Failure | undefined;
    let out = terminal.stdout;
    const session: Session = {
      terminal,
      isJson: json,
      place: async (url) => {
        place ??= await openPlace({ ...options, ...(url !== undefined && { url }) }, terminal.env);
        return place;
      },
      api: async () => (await session.place()).client,
      call: async (...request) => (await session.api()).call(...request),
      answer: (value, text) => {
        answered = value;
        if (!json) out.write(`${text}\n`);
      },
      lines: async (values) => {
        out = terminal.stderr;
        const isFull = !terminal.stdout.write(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
        if (isFull) await once(terminal.stdout, 'drain');
      },
      note: (text) => {
        terminal.stderr.write(`${text}\n`);
      },
    };
    try {
      await (await load())(session, ...(args.slice(0, -1) as never[]));
    } catch (error) {
      failure = toFailure(error);
      throw failure;
    } finally {
      // Only now, because it is one object whatever becomes of the command.
      const failed = failure && errorObject(failure.exitCode, failure.message);
      if (json) out.write(`${JSON.stringify({ ...answered, ...failed })}\n`);
    }
  };
