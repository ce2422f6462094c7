/** The whole command line. A group of commands is a file of its own: another one is added here. */
import { Command, CommanderError } from 'commander';
import { addDoctor } from './doctor.ts';
import { exitCodes, toFailure } from './failure.ts';
import { addPeers } from './peers.ts';
import type { Terminal } from './terminal.ts';
import { addTokens } from './tokens.ts';

/** Runs one command. Never rejects. @returns the exit code */
export async function run(args: string[], terminal: Terminal): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(args, { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    // Help and what is wrong with the usage have been printed.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    const failure = toFailure(error);
    terminal.stderr.write(`error: ${failure.message}\n`);
    if (terminal.env.DEBUG) terminal.stderr.write(`${explain(failure)}\n`);
    return failure.exitCode;
  }
}

const explain = (error: Error): string =>
  error.cause instanceof Error ? `${error.stack}\nCaused by: ${explain(error.cause)}` : `${error.stack}`;

/** How the examples of the help call it: npm says which of its scripts is running. */
const nameOf = (env: NodeJS.ProcessEnv): string =>
  env.npm_lifecycle_event === 'cli' ? 'npm run cli --' : 'ocpi-tokens';

function createProgram(terminal: Terminal): Command {
  const { env, stdout, stderr } = terminal;
  // Settings go to the commands that are added after them.
  const program = new Command(nameOf(env))
    .description('Works on the peers and the Tokens of this OCPI platform: of the local server, or of a deployed one.')
    .exitOverride()
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .configureHelp({ showGlobalOptions: true })
    .option('--json', 'print one JSON object instead of text (with npm: npm run -s cli -- …)')
    .option('--tokens-table <name>', 'table of a deployed system (TOKENS_TABLE)')
    .option('--peers-table <name>', 'table of a deployed system (PEERS_TABLE)')
    .option('--endpoint <url>', 'another DynamoDB than the one of AWS_REGION (DYNAMODB_ENDPOINT)')
    .option('--data-dir <folder>', "the local server's data, if no tables are named (DATA_DIR, default .data)")
    .addHelpText(
      'after',
      `
Without tables it works on the data of the local server, whether that is running or not.
Own parties are those of OCPI_PARTIES (default on local data: CPO NL LCP, EMSP NL LMS).

What talks to partners needs PUBLIC_URL, OCPI_PARTIES and SECRETS_KEY too; on local data they are those of the local server.

Exit codes: 0 done; 1 something is wrong with the data or not there, or a partner refuses; 2 wrong usage; 3 the database
cannot be used; 4 a partner cannot be reached, or does not speak OCPI; 130 interrupted. DEBUG=1 shows where an error comes
from, and each exchange with a partner.`,
    );
  addPeers(program, terminal);
  addTokens(program, terminal);
  addDoctor(program, terminal);
  return program;
}
