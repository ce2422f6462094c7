/** `npm start`: everything on this machine, with demo data to try it on. */
import { parseArgs } from 'node:util';
import { cliCommand, startWith } from '../commands.ts';
import { versionsUrl } from '../ocpi/urls.ts';
import { usualDataDir } from '../operator/local-note.ts';
import type { Config } from '../runtime/config.ts';
import { demoCommands, demoPeers } from './demo.ts';
import { type LocalServer, startLocal } from './server.ts';

const usage = `Usage: ${startWith('[--reset] [--demo]')}

  --reset      start with an empty database
  --demo       bring demo partners and Tokens into a storage of your own too; ours always has them
  --help       show this

Environment: PORT (3000), HOST (127.0.0.1), DATA_DIR (.data), DYNAMODB_ENDPOINT, and the configuration of the functions.`;

const { PORT = '3000', HOST = '127.0.0.1', DATA_DIR = usualDataDir } = process.env;

const options = {
  reset: { type: 'boolean' },
  demo: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

function readArguments(): { reset: boolean; demo: boolean } {
  try {
    const { values } = parseArgs({ options });
    if (values.help) leave(usage, 0);
    return { reset: values.reset ?? false, demo: values.demo ?? false };
  } catch (error) {
    return leave(`${(error as Error).message}\n\n${usage}`, 1);
  }
}

function leave(message: string, code: number): never {
  (code === 0 ? console.log : console.error)(message);
  process.exit(code);
}

function readPort(): number {
  const port = Number(PORT);
  if (!/^\d+$/.test(PORT) || port > 65_535) leave(`PORT: "${PORT}" is not a port`, 1);
  return port;
}

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'EADDRINUSE') return `Port ${PORT} is in use. Choose another: PORT=${Number(PORT) + 1} ${startWith()}`;
  return message;
}

/** What only a role of ours serves is not shown when we do not have it. */
const serves = ({ parties }: Config) => ({
  CPO: parties.some(({ role }) => role === 'CPO'),
  EMSP: parties.some(({ role }) => role === 'EMSP'),
});

function versionsLine(config: Config): string {
  const { CPO, EMSP } = serves(config);
  const legacy = [CPO && versionsUrl(config, 'CPO'), EMSP && versionsUrl(config, 'EMSP')].filter(Boolean);
  return `Versions URL: ${versionsUrl(config, undefined)}, in 2.1.1 ${legacy.join(' or ')}`;
}

/** What to type to look at it all in a browser. */
const consoleCommand = `${cliCommand} ${DATA_DIR === usualDataDir ? '' : `--data-dir "${DATA_DIR}" `}console`;

function describe({ config, storage, functions, hasDemo, documents }: LocalServer): string {
  const ours = serves(config);
  const isOurs = (route: string) => (ours.CPO || !route.includes('/cpo/')) && (ours.EMSP || !route.includes('/emsp/'));
  const routes = functions
    .filter(({ routes: [first = '$'] }) => !/^\$| \/operator\//.test(first) && isOurs(first))
    .map(({ name, routes: [first = ''] }) => `  ${first.padEnd(46)} ${name}`);
  const peers = demoPeers.map(
    ({ role, country_code, party_id, credentialsToken }) =>
      `  ${role.padEnd(4)} ${country_code} ${party_id}   ${credentialsToken}`,
  );
  const commands = demoCommands(config, new Date()).map(({ what, command }) => `${what}\n  ${command}`);
  const parties = config.parties.map(({ role, country_code, party_id }) => `${role} ${country_code} ${party_id}`);
  return [
    `OCPI Tokens at ${config.publicUrl}, as ${parties.join(' and ')}. Ctrl-C stops it.`,
    `Data: ${storage}`,
    versionsLine(config),
    'Sync: connected partners hear of a change within seconds; every minute it looks for what else is due.',
    `A page to look at it all: ${consoleCommand}`,
    ...(documents ? [`Documents for partners' developers, to read and to try: ${documents}`] : []),
    `\nEndpoints, for version 2.1.1, 2.2.1 and 2.3.0:\n${routes.join('\n')}`,
    ...(hasDemo
      ? [`\nDemo partners and their credentials tokens:\n${peers.join('\n')}`, `\n${commands.join('\n\n')}\n`]
      : [`\nThere are no partners but yours: ${cliCommand} peers list\n`]),
  ].join('\n');
}

const server = await startLocal({ port: readPort(), host: HOST, dataDir: DATA_DIR, ...readArguments() }).catch(
  (error) => leave(explain(error), 1),
);
let isStopping = false;
async function stop() {
  // Who asks twice does not want to wait.
  if (isStopping) process.exit(1);
  isStopping = true;
  await server.stop();
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);

// npm hands on SIGINT and SIGTERM; what else ends it would leave us behind. Who starts us without npm may leave.
const parent = process.ppid;
if (process.env.npm_lifecycle_event) {
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    void stop();
  }, 250);
}

console.log(describe(server));
