/** What the doctor looks at on our own side. */
import { DescribeTableCommand } from '@aws-sdk/client-dynamodb';
import { type Config, type OwnParty, partiesOf, readConfig } from '../../config.ts';
import type { Backend } from '../../crud/crud.ts';
import { openClient } from '../../crud/dynamodb/client.ts';
import { moduleEndpoints, versionEntries, versionsUrl } from '../../http/urls.ts';
import type { TableDefinition } from '../../local/serverless-yml.ts';
import { isObject } from '../../ocpi/values.ts';
import { type PartyId, type Role, versionNumbers } from '../../ocpi/versions.ts';
import { openVault } from '../../vault.ts';
import { wires } from '../../wire/wire.ts';
import type { Place } from '../database.ts';
import { adviceFor, call as operatorCall } from '../known-peers.ts';
import type { Session } from '../session.ts';
import { type Check, type ClockReading, compareClocks, type Finding, fail, ok, shared, skip, warn } from './finding.ts';

const nameOf = ({ role, country_code, party_id }: OwnParty): string => `${role} ${country_code} ${party_id}`;

/** @param place where the database is */
export function platformChecks(session: Session, place: () => Promise<Place>): Check[] {
  const config = shared(async () => readConfig((await place()).environment));
  const routes = shared(async () => askRoutes(await config()));
  return [
    { name: 'configuration', run: async () => checkConfiguration(await config(), await session.place()) },
    { name: 'parties', run: async () => checkParties(await config()) },
    { name: 'public URL', run: async () => checkPublicUrl(await config(), await session.place()) },
    { name: 'tables', run: async () => checkTables(await place()) },
    { name: 'own Tokens', run: async () => checkOwnTokens((await session.database()).backend, await config()) },
    { name: 'secrets key', run: async () => checkSecretsKey(await config()) },
    { name: 'peers', run: async () => checkPeers(session, await config()) },
    { name: 'routes', run: async () => checkRoutes(await routes(), await session.place()) },
    { name: 'clock', run: async () => checkClock(await routes()) },
  ];
}

export function checkConfiguration(
  { peerUrls, publicUrl }: Config,
  { where, isLocal }: Pick<Place, 'where' | 'isLocal'>,
): Finding {
  const message = `complete; database ${where}; PUBLIC_URL ${publicUrl}`;
  if (peerUrls === 'local' && !isLocal) {
    return warn(
      `${message}; PEER_URLS is local, so that partners may send us to this machine`,
      'Unset PEER_URLS, here and where it is deployed',
    );
  }
  return ok(message);
}

export function checkParties({ parties, business }: Config): Finding {
  const names = parties.map(nameOf);
  const message = `we are ${names.join(', ')}${business.name ? ` (${business.name})` : ''}`;
  const extra = parties.find((own) => partiesOf({ parties } as Config, own.role)[0] !== own);
  return extra
    ? ok(`${message}; in 2.1.1 only the first of a role is announced, so not ${nameOf(extra)}`)
    : ok(message);
}

const loopback = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export function checkPublicUrl(
  config: Pick<Config, 'publicUrl' | 'peerUrls'>,
  { isLocal }: Pick<Place, 'isLocal'>,
): Finding {
  const { publicUrl, peerUrls } = config;
  const { protocol, hostname, pathname, search, hash, username } = new URL(publicUrl);
  const isOnThisMachine = loopback.test(hostname);
  if (search || hash || username)
    return fail(`${publicUrl} has more than a host and a path`, 'Set PUBLIC_URL without it');
  if (/\/ocpi$/i.test(pathname)) {
    return fail(`${publicUrl} ends in /ocpi, which is appended to it anyway`, 'Set PUBLIC_URL without /ocpi');
  }
  if (protocol === 'https:' && !isOnThisMachine) return ok(`partners are given ${publicUrl}/ocpi/…`);
  if (!isLocal)
    return fail(`${publicUrl} is no https URL that partners reach`, 'Set PUBLIC_URL as where it is deployed');
  if (peerUrls === 'local' && isOnThisMachine) return ok(`${publicUrl}, for partners on this machine only`);
  return warn(
    `${publicUrl} is not what partners elsewhere can use`,
    'Let PUBLIC_URL be https, in front of this server',
  );
}

/** @returns undefined where there is no serverless.yml, or nothing to read it with */
async function declaredTables(): Promise<Record<string, TableDefinition> | undefined> {
  try {
    const { readServerlessYml } = await import('../../local/serverless-yml.ts');
    return readServerlessYml().tables;
  } catch {
    return undefined;
  }
}

async function checkTables({ tables, endpoint }: Place): Promise<Finding> {
  const [declared, { isAsDeclared }] = await Promise.all([declaredTables(), import('../../local/tables.ts')]);
  const client = openClient(endpoint);
  try {
    const described = await Promise.all(
      Object.entries({ Tokens: tables.tokens, Peers: tables.peers }).map(async ([logicalId, TableName]) => {
        const { Table } = await client.send(new DescribeTableCommand({ TableName }));
        return { logicalId, TableName, Table };
      }),
    );
    for (const { logicalId, TableName, Table } of described) {
      const definition = declared?.[logicalId];
      if (definition && !isAsDeclared(Table, definition)) {
        return fail(
          `${TableName} has other keys or indexes than serverless.yml declares`,
          'Deploy, or name the right table',
        );
      }
      const parts = [Table, ...(Table?.GlobalSecondaryIndexes ?? [])];
      const status = parts
        .map((part) => (part && 'IndexStatus' in part ? part.IndexStatus : (part as typeof Table)?.TableStatus))
        .find((each) => each !== undefined && each !== 'ACTIVE');
      if (status) return warn(`${TableName} is ${status}`, 'Wait until it is ACTIVE');
    }
    const names = described.map(({ TableName }) => TableName).join(' and ');
    return ok(`${names} are there${declared ? ', with the keys and indexes of serverless.yml' : ''}`);
  } finally {
    client.destroy();
  }
}

/** A list is right if its first and its last Token are where the counter says (LIST-05, LIST-10). */
export async function checkOwnTokens({ tokens }: Pick<Backend, 'tokens'>, config: Config): Promise<Finding> {
  const parties = partiesOf(config, 'EMSP');
  if (parties.length === 0) return skip('none, because no party of ours is an EMSP');
  const found: string[] = [];
  for (const { country_code, party_id } of parties) {
    const party: PartyId = { country_code, party_id };
    const at = (offset: number) =>
      tokens.list({
        module_id: 'tokens',
        role: 'EMSP',
        version: '2.3.0',
        auth_token: '',
        ...party,
        filters: { offset, limit: 1 },
      });
    const { items, total } = await at(0);
    const last = total > 1 ? (await at(total - 1)).items : items;
    const name = `${country_code} ${party_id}`;
    if (total > 0 && (items.length !== 1 || last.length !== 1)) {
      const which = items.length === 1 ? 'last' : 'first';
      return fail(
        `${name} should have ${total} Tokens, and the ${which} is not in the list`,
        'Wait a second and look again. If it stays away, restore the table to an earlier point in time',
      );
    }
    found.push(`${total} of ${name}`);
  }
  return ok(found.join(', '));
}

async function checkSecretsKey({ secretsKey }: Config): Promise<Finding> {
  if (!secretsKey) return fail('SECRETS_KEY is not set', 'Set it to kms:ARN or file:PATH, as where it is deployed');
  const vault = openVault(secretsKey);
  const opened = await vault.open(await vault.seal('a probe', 'doctor'), 'doctor');
  return opened === 'a probe' ? ok('seals and opens') : fail('opens to something else than was sealed');
}

async function checkPeers(session: Session, { secretsKey }: Config): Promise<Finding> {
  const { backend } = await session.database();
  const peers = (await backend.credentials.list(operatorCall)).map(({ data }) => data);
  const connected = peers.filter(({ connection }) => connection);
  const counts = `${peers.length} known, ${connected.length} registered`;
  if (connected.length > 0) {
    const vault = openVault(secretsKey);
    for (const { id, connection } of connected) {
      try {
        await vault.open(connection?.sealedToken ?? '', id);
      } catch {
        return fail(
          `${counts}; the token that ${id} gave us cannot be opened, so it was sealed with another key`,
          `Set SECRETS_KEY to the key of then, or: peers unregister ${id} --force, and register again`,
        );
      }
    }
  }
  const [first, ...others] = peers.flatMap((peer) =>
    adviceFor(peer, session.terminal.now()).map((text) => `${peer.id}: ${text}`),
  );
  if (!first) return ok(counts);
  return warn(
    `${counts}; some need attention`,
    `${first}${others.length > 0 ? `; and ${others.length} more: peers show` : ''}`,
  );
}

/** How an announced URL answers whoever has no token. */
interface RouteAnswer {
  url: string;
  /** Absent if all is well. */
  problem?: string;
  clock?: ClockReading;
}

/** Every URL that a partner is told, of every version. */
export function announcedUrls(config: Config): string[] {
  const roles: (Role | undefined)[] = [undefined, ...new Set(config.parties.map(({ role }) => role))];
  const urls = roles.flatMap((tree) => [
    versionsUrl(config, tree),
    ...versionEntries(config, tree).map(({ url }) => url),
    ...versionNumbers
      .filter((version) => wires[version].hasTreePerRole === (tree !== undefined))
      .flatMap((version) => moduleEndpoints(config, version, tree).map(({ url }) => url)),
  ]);
  return [...new Set(urls)];
}

const routeTimeoutMs = 10_000;

const askRoutes = (config: Config): Promise<RouteAnswer[]> => Promise.all(announcedUrls(config).map(askRoute));

export async function askRoute(url: string): Promise<RouteAnswer> {
  const askedAt = Date.now();
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(routeTimeoutMs) });
    const clock = { shown: response.headers.get('date') ?? undefined, askedAt, answeredAt: Date.now() };
    const envelope = await response.json().catch(() => undefined);
    const isOcpi = isObject(envelope) && typeof envelope.status_code === 'number';
    if (!isOcpi) return { url, clock, problem: `answers HTTP ${response.status} without OCPI's envelope` };
    if (response.status === 401) return { url, clock };
    return { url, clock, problem: `answers HTTP ${response.status} where it should be 401, because there is no token` };
  } catch (error) {
    const { cause, message } = error as Error;
    const { code } = (cause ?? {}) as { code?: string };
    return { url, problem: `does not answer: ${code ?? message}` };
  }
}

function checkRoutes(answers: RouteAnswer[], { isUnserved }: Place): Finding {
  const bad = answers.filter(({ problem }) => problem);
  const [first] = bad;
  if (!first) return ok(`all ${answers.length} URLs that we announce answer, and ask for a token`);
  const message = `${first.url} ${first.problem}${bad.length > 1 ? `; and ${bad.length - 1} of ${answers.length} more` : ''}`;
  if (isUnserved) return fail(message, 'Start the local server: npm start');
  return fail(
    message,
    'Is PUBLIC_URL the one of the deployment, and is it deployed? If it has just been, wait a minute',
  );
}

function checkClock(answers: RouteAnswer[]): Finding {
  const clock = answers.find((answer) => answer.clock)?.clock;
  return clock ? compareClocks(clock, "the deployment's clock") : skip('not checked, because nothing answers');
}
