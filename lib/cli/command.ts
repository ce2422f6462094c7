/** A command as data: how it is typed, what its help says, and where the code is that runs it. */
import { type Command, Option } from 'commander';
import { inSession, type Work } from './session.ts';
import type { Terminal } from './terminal.ts';

export interface CommandSpec {
  /** Behind the name of its group. */
  name: string;
  /** Such as `<uid>`, each with what the help says of it. */
  args?: [syntax: string, description?: string][];
  description: string;
  options?: Option[];
  /** What else the help says. */
  more?: string;
  /** Behind the name of the command: `DEMO0001 --json`. */
  examples: string[];
  load: () => Promise<Work>;
}

/** @param argParser throws InvalidArgumentError for a value that is none */
export function option<T>(
  flags: string,
  description: string,
  argParser?: (text: string, before?: T) => T,
  byDefault?: T,
): Option {
  const made = new Option(flags, description).default(byDefault);
  return argParser ? made.argParser(argParser as (text: string, before: T) => T) : made;
}

export const choice = (flags: string, description: string, choices: readonly string[]): Option =>
  new Option(flags, description).choices(choices);

/** @param prefix the name of the program, and of the group if there is one */
export function addCommands(group: Command, prefix: string, specs: CommandSpec[], terminal: Terminal): void {
  for (const { name, args = [], description, options = [], more, examples, load } of specs) {
    const command = group.command(name).description(description);
    for (const arg of args) command.argument(...arg);
    for (const each of options) command.addOption(each);
    const lines = examples.map((example) => `  $ ${prefix} ${name} ${example}`.trimEnd());
    command.addHelpText('after', `${more ? `\n${more}` : ''}\nExamples:\n${lines.join('\n')}`);
    command.action(inSession(terminal, load));
  }
}
