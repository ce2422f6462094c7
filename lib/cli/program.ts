/** The whole command line. A group of commands is a file of its own: another one is added here. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { startWith } from '../commands.ts';
import { addCommands, type CommandSpec, option } from './command.ts';
import { errorObject, exitCodes, toFailure } from './failure.ts';
import { repeated, wholeNumber } from './options.ts';
import { peersCommands } from './peers-commands.ts';
import type { Terminal } from './terminal.ts';
import { receivedCommands, tokensCommands } from './tokens-commands.ts';

/** Runs one command. Never rejects. @returns the exit code */
export async function run(args: string[], terminal: Terminal): Promise<number> {
  try {
    // As an option of the program it would be taken from the commands that have one of that name.
    const given = args.length === 1 && args[0] === '--version' ? ['-V'] : args;
    await createProgram(terminal).parseAsync(given, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) return usageExit(error, args, terminal);
    // What --json says of it has been printed by the session.
    const failure = toFailure(error);
    terminal.stderr.write(`error: ${failure.message}\n`);
    if (terminal.env.DEBUG) terminal.stderr.write(`${explain(failure)}\n`);
    return failure.exitCode;
  }
}

/** Help and what is wrong with the usage have been printed, for people. */
function usageExit({ exitCode, code, message }: CommanderError, args: string[], { stdout }: Terminal): number {
  if (exitCode === 0) return exitCodes.ok;
  const said = code === 'commander.help' ? 'The name of a command is missing' : message.replace(/^error: /, '');
  // Whether it is among the options nobody knows if they could not be read.
  if (args.includes('--json')) stdout.write(`${JSON.stringify(errorObject(exitCodes.usage, said))}\n`);
  return exitCodes.usage;
}

const explain = (error: Error): string =>
  error.cause instanceof Error ? `${error.stack}\nCaused by: ${explain(error.cause)}` : `${error.stack}`;

/** How the examples of the help call it: npm says which of its scripts is running. */
const nameOf = (env: NodeJS.ProcessEnv): string =>
  env.npm_lifecycle_event === 'cli' ? 'npm run cli --' : 'ocpi-tokens';

const version = (): string => {
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  return version;
};

const doctor: CommandSpec = {
  name: 'doctor',
  args: [['[id]', 'a peer to try end to end']],
  description: 'check our side, and with an id the connection with that peer: what works, what does not, what to do',
  more: 'It changes nothing. Exit code 1 if a check fails; a warning is no failure.\n',
  examples: ['', 'acme', 'acme --json'],
  load: async () => (await import('./doctor.ts')).doctor,
};

const smokeTest: CommandSpec = {
  name: 'smoke',
  args: [['[url]', 'a deployed system (default: as for all commands)']],
  description: 'after each deployment: try what only the real thing can show, and leave nothing behind',
  more: `It adds a partner of its own (smoke-test, ZZ SMK), pushes as that, and forgets both at the end, also when it is
interrupted. Of ours it changes nothing. Of AWS it asks what your credentials may: the stack, its alarms, queues, streams and
schedules. Exit code 1 if a check fails; a warning is no failure.
`,
  examples: ['', 'https://ab12cd34.execute-api.eu-central-1.amazonaws.com', 'https://ocpi.example.com --json'],
  load: async () => (await import('./smoke/smoke.ts')).smoke,
};

const charge: CommandSpec = {
  name: 'may-charge',
  args: [['<uid>', 'as the charger read it']],
  description: 'whether a card of a partner may charge: from what they pushed, or by asking them',
  options: [
    option('--type <type>', 'its type (default: RFID, or whatever has that uid)'),
    option('--location <id>', 'where, by its id in OCPI'),
    option('--evse <uid>', 'only this EVSE of it; may be repeated', repeated),
    option('--connector <id>', 'only this connector (partners of 2.1.1); may be repeated', repeated),
    option('--party <words...>', 'the CPO party of ours that asks, such as NL LCP (default: the first)'),
    option(
      '--patience <ms>',
      'how long a driver waits, 500 to 20000 milliseconds (default: 3000)',
      wholeNumber(500, 20_000),
    ),
  ],
  more: 'It may open an authorization at the partner. Exit code 1 if the card may not charge.\n',
  examples: ['04E1F2A3B4C5D6', '04E1F2A3B4C5D6 --location LOC1 --evse 3256', '04E1F2A3B4C5D6 --type APP_USER --json'],
  load: async () => (await import('./may-charge.ts')).askMayCharge,
};

const page: CommandSpec = {
  name: 'console',
  description: 'a page in your browser to look at partners and cards, of the local server or of a deployed one',
  options: [option('--write', 'let it also change: block, rotate, and try out what changes')],
  more: 'Only your browser on this machine can use it, and only with the link that it prints. It runs until Ctrl-C.\n',
  examples: ['', '--write', '--url https://ocpi.example.com'],
  load: async () => (await import('./console.ts')).openConsole,
};

const groups: [name: string, description: string, commands: CommandSpec[]][] = [
  ['peers', 'our partners: who they are, and how we are connected', peersCommands],
  ['tokens', 'our own Tokens, and what decides on their authorization', tokensCommands],
  ['received', 'the Tokens that partners have pushed to us', receivedCommands],
];

function createProgram(terminal: Terminal): Command {
  const { env, stdout, stderr } = terminal;
  // Settings go to the commands that are added after them.
  const program = new Command(nameOf(env))
    .description('Works on the peers and the Tokens of this OCPI platform: of the local server, or of a deployed one.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .configureHelp({ showGlobalOptions: true })
    .version(version(), '-V', 'show the version (alone: --version)')
    .option('--json', 'print one JSON object instead of text, also of an error (with npm: npm run -s cli -- …)')
    .option('--url <url>', 'a deployed system (OCPI_TOKENS_URL)')
    .option('--data-dir <folder>', "the local server's data, if no URL is given (DATA_DIR, default .data)")
    .addHelpText(
      'after',
      `
It asks the owner's API: of the local server, which has to run (${startWith()}), or of a deployed one. What is sent to that is
signed with your AWS credentials, which are found as the AWS command line finds them (environment, AWS_PROFILE, SSO); IAM
decides what you may do. AWS_REGION is needed if the URL does not name the region.

Exit codes: 0 done; 1 something is wrong with the data or not there, or a partner refuses; 2 wrong usage; 3 the API
cannot be used; 4 a partner cannot be reached, or does not speak OCPI; 130 interrupted. DEBUG=1 shows where an error comes
from.`,
    );
  for (const [name, description, commands] of groups) {
    addCommands(program.command(name).description(description), `${program.name()} ${name}`, commands, terminal);
  }
  addCommands(program, program.name(), [charge, doctor, smokeTest, page], terminal);
  return program;
}
