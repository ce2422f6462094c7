/**
 * `npm run prism`: Prism, which somebody else has written, judges the OpenAPI documents too. It runs as a validating proxy for every
 * exchange of the end-to-end tests: they are recorded first, or come from the file that is named; then each goes through Prism once
 * more, before a server that answers as it was answered. npx brings Prism, because it weighs more than all that is tested here.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { freePort } from '../../lib/local/hold-port.ts';
import { type VersionNumber, versionNumbers } from '../../lib/ocpi/versions.ts';
import { partnersDocument } from '../../lib/openapi/partners/document.ts';
import { wires } from '../../lib/wire/registry.ts';
import { type Document, type Exchange, type Found, finderOf, versionIn } from '../support/documented.ts';
import { config } from '../support/runtime.ts';

const prism = '@stoplight/prism-cli@5.16.0';

interface Recorded extends Omit<Exchange, 'requestBody' | 'body'> {
  /** In Base64. */
  requestBody: string;
  body: string;
}

interface Violation {
  location: string[];
  /** Of what is only deprecated it warns. */
  severity: string;
  message: string;
}

const documents = new Map(
  versionNumbers.map((version) => [version, partnersDocument(wires[version], config) as unknown as Document]),
);
const finders = new Map([...documents].map(([version, document]) => [version, finderOf(document)]));

/** Prism does not read what is compressed. */
function unzipped({ headers: { 'content-encoding': encoding, ...headers }, body, ...rest }: Recorded): Recorded {
  const bytes = Buffer.from(body, 'base64');
  return { ...rest, headers, body: encoding === 'gzip' ? gunzipSync(bytes).toString('base64') : body };
}

function record(file: string): void {
  const env = { ...process.env, EXCHANGES_FILE: file };
  execFileSync('npx', ['vitest', 'run', 'test/e2e'], { env, stdio: 'inherit' });
}

/** Answers each request as the exchange was answered whose number it carries. */
async function startReplay(exchanges: readonly Recorded[]) {
  const server = createServer((incoming, outgoing) => {
    const exchange = exchanges[Number(incoming.headers['x-exchange'])];
    const { 'content-length': _, connection: __, 'keep-alive': ___, ...headers } = exchange?.headers ?? {};
    incoming.resume().on('end', () => {
      outgoing.writeHead(exchange?.status ?? 500, headers);
      outgoing.end(Buffer.from(exchange?.body ?? '', 'base64'));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, close: () => server.close() };
}

async function startPrism(folder: string, version: VersionNumber, upstream: number) {
  const file = join(folder, `${version}.json`);
  writeFileSync(file, JSON.stringify(documents.get(version)));
  const port = await freePort();
  const args = [
    '--yes',
    prism,
    'proxy',
    file,
    `http://127.0.0.1:${upstream}`,
    '--host',
    '127.0.0.1',
    '--port',
    `${port}`,
  ];
  // What it depends on tells somebody that it was installed, unless no script runs.
  const env = { ...process.env, npm_config_ignore_scripts: 'true' };
  const child = spawn('npx', args, { env, detached: true, stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`Prism ended: ${said}`)));
    child.stdout.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2_000);
      if (said.includes('Prism is listening')) resolve();
    });
  });
  return { port, stop: () => void (child.pid && process.kill(-child.pid, 'SIGTERM')) };
}

/** Prism never answers who sends it what is no JSON, object or list. Such a request was refused, or it was blank and asked like none. */
function jsonIn(bytes: Buffer): Buffer {
  const text = bytes.toString().replace(/^\ufeff/, '');
  try {
    const isComposed = JSON.parse(text) instanceof Object;
    return Buffer.from(isComposed ? text : '');
  } catch {
    return Buffer.alloc(0);
  }
}

/** Prism knows no tolerance: the path as the document has it, and the Content-Type that we do not look at. */
function sentAgain(
  { method, target, requestHeaders, requestBody }: Recorded,
  { path, parameters }: Found,
  number: number,
) {
  const query = target.includes('?') ? target.slice(target.indexOf('?')) : '';
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(parameters[name] ?? ''));
  const { host: _, connection: __, 'content-length': ___, 'transfer-encoding': ____, ...headers } = requestHeaders;
  const body = jsonIn(Buffer.from(requestBody, 'base64'));
  const ofBody = {
    ...(body.length > 0 && { 'content-type': 'application/json' }),
    ...(method !== 'GET' && { 'content-length': String(body.length) }),
  };
  return { method, path: `${filled}${query}`, headers: { ...headers, ...ofBody, 'x-exchange': String(number) }, body };
}

/** An exchange that Prism does not get through in this time ends the run. */
const patienceMs = 15_000;

const violationsOf = (port: number, { body, ...options }: ReturnType<typeof sentAgain>): Promise<Violation[]> =>
  new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, ...options, signal: AbortSignal.timeout(patienceMs) }, (response) => {
      const said = response.headers['sl-violations'];
      response.resume().on('end', () => resolve(said ? (JSON.parse(String(said)) as Violation[]) : []));
    })
      .on('error', (cause) => reject(new Error(`No answer to ${options.method} ${options.path}`, { cause })))
      .end(body);
  });

const isAccepted = ({ body }: Recorded): boolean => /"status_code":1000\b/.test(Buffer.from(body, 'base64').toString());

async function judge(exchanges: readonly Recorded[], ports: Map<VersionNumber, number>) {
  const faults: string[] = [];
  const counts = { judged: 0, 'not described, and refused': 0 };
  for (const [i, exchange] of exchanges.entries()) {
    const version = versionIn(exchange.target);
    const found = finders.get(version)?.(exchange);
    if (!found?.operation) {
      counts['not described, and refused'] += 1;
      continue;
    }
    counts.judged += 1;
    const violations = await violationsOf(ports.get(version) ?? 0, sentAgain(exchange, found, i));
    // A request that was refused may be as wrong as it likes.
    const counted = violations.filter(
      ({ severity, location: [where] }) => severity === 'Error' && (where === 'response' || isAccepted(exchange)),
    );
    for (const { location, message } of counted) {
      faults.push(
        `${exchange.method} ${exchange.target}, answered ${exchange.status}: ${location.join('.')} ${message}`,
      );
    }
  }
  return { faults, counts };
}

const folder = mkdtempSync(join(tmpdir(), 'prism-'));
const stops: (() => void)[] = [() => rmSync(folder, { recursive: true })];
try {
  const [file = join(folder, 'exchanges.ndjson')] = process.argv.slice(2);
  if (process.argv.length === 2) record(file);
  const exchanges: Recorded[] = [];
  for await (const line of createInterface({ input: createReadStream(file) })) {
    exchanges.push(unzipped(JSON.parse(line) as Recorded));
  }
  const replay = await startReplay(exchanges);
  stops.push(replay.close);
  const ports = new Map<VersionNumber, number>();
  for (const version of versionNumbers) {
    const { port, stop } = await startPrism(folder, version, replay.port);
    stops.push(stop);
    ports.set(version, port);
  }
  const { faults, counts } = await judge(exchanges, ports);
  console.log(counts);
  for (const fault of new Set(faults)) console.error(fault);
  process.exitCode = faults.length > 0 ? 1 : 0;
} finally {
  for (const stop of stops.reverse()) stop();
}
