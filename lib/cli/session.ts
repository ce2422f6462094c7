/** What all commands share: the global options, the database they open, the answer they print. */
import type { Command } from 'commander';
import { type CliDatabase, type DatabaseOptions, openCliDatabase, openPlace, type Place } from './database.ts';
import { databaseFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

export interface GlobalOptions extends DatabaseOptions {
  json?: true;
}

export interface Session {
  terminal: Terminal;
  /** Finds the database at the first call, and starts it if need be; check the arguments before. @throws Failure */
  place: () => Promise<Place>;
  /** Opens the database of the place. @throws Failure */
  database: () => Promise<CliDatabase>;
  /** Prints the result on standard output: `value` with --json, else `text`. */
  answer: (value: object, text: string) => void;
  /** Says something on standard error. */
  note: (text: string) => void;
}

/**
 * An action of commander: `work` gets the session, the command's arguments and its options. The database is closed behind it.
 */
export function inSession<Args extends unknown[]>(
  terminal: Terminal,
  work: (session: Session, ...args: Args) => Promise<void>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const { json, ...options } = (args.at(-1) as Command).optsWithGlobals<GlobalOptions>();
    let place: Place | undefined;
    let database: CliDatabase | undefined;
    const session: Session = {
      terminal,
      place: async () => {
        place ??= await openPlace(options, terminal);
        return place;
      },
      database: async () => {
        database ??= openCliDatabase(await session.place(), terminal);
        return database;
      },
      answer: (value, text) => {
        terminal.stdout.write(`${json ? JSON.stringify(value) : text}\n`);
      },
      note: (text) => {
        terminal.stderr.write(`${text}\n`);
      },
    };
    try {
      await work(session, ...(args.slice(0, -1) as Args));
    } catch (error) {
      throw place ? databaseFailure(error, place.where) : error;
    } finally {
      await place?.close();
    }
  };
}
