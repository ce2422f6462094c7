/** Which API a command asks: a deployed one if its URL is given, else that of the local server. */
import { resolve } from 'node:path';
import { startWith } from '../commands.ts';
import { createOperatorClient, type OperatorClient } from '../operator/client.ts';
import { readLocalNote, usualDataDir } from '../operator/local-note.ts';
import { type Authorize, createSend, type Send, withKey } from '../operator/send.ts';
import { Failure } from './failure.ts';

/** What the command line says of it; the environment says the rest. */
export interface PlaceOptions {
  url?: string;
  dataDir?: string;
}

export interface Place {
  client: OperatorClient;
  /** What stands before `/operator/`. */
  url: string;
  /** Sends what the client has no words for, with proof of who asks. */
  send: Send;
  /** For people. */
  where: string;
  isLocal: boolean;
  /** Of AWS; a local server is in none. */
  region?: string;
}

/** @throws Failure if there is none */
export async function openPlace(options: PlaceOptions, env: NodeJS.ProcessEnv): Promise<Place> {
  const url = options.url || env.OCPI_TOKENS_URL;
  return url ? deployed(url, env) : local(resolve(options.dataDir || env.DATA_DIR || usualDataDir));
}

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

async function deployed(given: string, env: NodeJS.ProcessEnv): Promise<Place> {
  const { protocol, hostname, origin, pathname } = URL.parse(given) ?? {};
  const isSafe = protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname ?? ''));
  if (!isSafe) throw new Failure('usage', `"${given}" is no URL such as https://ocpi.example.com (--url)`);
  // Only here: reading it takes longer than most commands against the local server.
  const { regionOf, signed } = await import('../operator/signing.ts');
  const region = regionOf(given) ?? (env.AWS_REGION || env.AWS_DEFAULT_REGION);
  if (!region) {
    // Whoever asks the server of this machine would be sent off to set up AWS.
    const hint = loopback.test(hostname ?? '')
      ? `; a local server needs no URL, but --data-dir if its data is not in ${usualDataDir}`
      : '';
    throw new Failure('usage', `AWS_REGION is not set, and ${hostname} does not name the region it is in${hint}`);
  }
  const url = `${origin}${pathname}`.replace(/\/+$/, '');
  return { ...reached(url, signed(region)), where: url, isLocal: false, region };
}

function local(dataDir: string): Place {
  const { url, key } = readLocalNote(dataDir)?.operator ?? {};
  // The key goes nowhere but to this machine, whatever the file says.
  if (!url || !key || !loopback.test(URL.parse(url)?.hostname ?? '')) {
    throw new Failure(
      'api',
      `No local server runs on the data in ${dataDir}. Start it: ${startWith()}. Or name a deployed one: --url URL`,
    );
  }
  return { ...reached(url, withKey(key)), where: `the local server on ${dataDir}`, isLocal: true };
}

function reached(url: string, authorize: Authorize): Pick<Place, 'client' | 'url' | 'send'> {
  const send = createSend(authorize);
  return { client: createOperatorClient({ url, send }), url, send };
}
