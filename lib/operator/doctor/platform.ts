/** What the doctor looks at on our own side. */
import { ownTokensCall, peersCall } from '../../crud/calls.ts';
import type { Backend } from '../../crud/crud.ts';
import { type OwnParty, type PartyId, partiesOf } from '../../ocpi/versions.ts';
import { isRegistered, type Peer } from '../../peers/peer.ts';
import { adviceFor } from '../../peers/state.ts';
import type { Config } from '../../runtime/config.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import type { examinePlatform } from '../api/doctor.ts';
import type { Run } from '../run.ts';
import { compareClocks } from './clock.ts';
import { conflictAdvice, conflictsOf } from './conflicts.ts';
import { type Check, examine, type Finding, fail, ok, shared, skip, warn } from './finding.ts';
import { askRoutes, type RouteAnswer } from './routes.ts';
import { checkAllSync } from './sync.ts';

/** What works on our own side, what does not, and what to do. */
export const platform: Run<typeof examinePlatform, PeerRuntime> = (_input, runtime, { deadline }) =>
  examine(platformChecks(runtime, deadline), { now: runtime.now, deadline });

export function platformChecks(runtime: PeerRuntime, deadline: number): Check[] {
  const { config, backend, vault, now } = runtime;
  const routes = shared(() => askRoutes(config, { now, deadline }));
  const peers = shared(async () => (await backend.credentials.list(peersCall)).map(({ data }) => data));
  return [
    { name: 'configuration', run: () => checkConfiguration(config) },
    { name: 'parties', run: () => checkParties(config) },
    { name: 'public URL', run: () => checkPublicUrl(config) },
    { name: 'storage', run: () => checkStorage(backend) },
    { name: 'own Tokens', run: () => checkOwnTokens(backend, config) },
    { name: 'secrets key', run: () => checkSecretsKey(vault) },
    { name: 'peers', run: async () => checkPeers(await peers(), now()) },
    { name: 'secrets of peers', run: async () => checkSecrets(runtime, await peers()) },
    { name: 'parties of peers', run: async () => checkConflicts(runtime, await peers()) },
    { name: 'push and pull', run: async () => checkAllSync(runtime, await peers()) },
    { name: 'routes', run: async () => checkRoutes(await routes()) },
    { name: 'clock', run: async () => checkClock(await routes()) },
  ];
}

export function checkConfiguration({ peerUrls, publicUrl, isLambda }: Config): Finding {
  const message = `complete; PUBLIC_URL ${publicUrl}`;
  if (peerUrls === 'local' && isLambda) {
    return warn(`${message}; PEER_URLS is local, so that peers may send us into this network`, 'Unset PEER_URLS');
  }
  return ok(message);
}

const nameOf = ({ role, country_code, party_id }: OwnParty): string => `${role} ${country_code} ${party_id}`;

export function checkParties(config: Pick<Config, 'parties' | 'business'>): Finding {
  const { parties, business } = config;
  const names = parties.map(nameOf);
  const message = `we are ${names.join(', ')}${business.name ? ` (${business.name})` : ''}`;
  const isFirst = (own: OwnParty) => parties.find(({ role }) => role === own.role) === own;
  const extra = parties.find((own) => !isFirst(own));
  return extra
    ? ok(`${message}; in 2.1.1 only the first of a role is announced, so not ${nameOf(extra)}`)
    : ok(message);
}

const loopback = /^(localhost|.*\.localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

export function checkPublicUrl({ publicUrl, peerUrls, isLambda }: Config): Finding {
  const { protocol, hostname, pathname, search, hash, username } = new URL(publicUrl);
  const isOnThisMachine = loopback.test(hostname);
  if (search || hash || username)
    return fail(`${publicUrl} has more than a host and a path`, 'Set PUBLIC_URL without it');
  if (/\/ocpi$/i.test(pathname)) {
    return fail(`${publicUrl} ends in /ocpi, which is appended to it anyway`, 'Set PUBLIC_URL without /ocpi');
  }
  if (protocol === 'https:' && !isOnThisMachine) return ok(`peers are given ${publicUrl}/ocpi/…`);
  if (isLambda) return fail(`${publicUrl} is no https URL that peers reach`, 'Set PUBLIC_URL as where it is deployed');
  if (peerUrls === 'local' && isOnThisMachine) return ok(`${publicUrl}, for peers on this machine only`);
  return warn(`${publicUrl} is not what peers elsewhere can use`, 'Let PUBLIC_URL be https, in front of this server');
}

/** As an id and as a hash: nobody's. */
const nobody = 'doctor';

/** One read of each module, of what is not there. */
async function checkStorage({ tokens, credentials, records }: Backend): Promise<Finding> {
  const reads: [module: string, read: () => Promise<unknown>][] = [
    ['tokens', () => tokens.get({ ...ownTokensCall, id: nobody, token_type: 'RFID' })],
    ['credentials', () => credentials.authenticate({ ...peersCall, sha256: [nobody] })],
    ['records', () => records.get({ collection: nobody, id: nobody })],
  ];
  for (const [module, read] of reads) {
    try {
      await read();
    } catch (error) {
      const { name, message } = error as Error;
      return fail(
        `${module} cannot be read: ${name}: ${message}`,
        'Is the storage there, and may this function read it?',
      );
    }
  }
  return ok(`${reads.map(([module]) => module).join(', ')} answer`);
}

/** A list is right if its first and its last Token are where the counter says (LIST-05, LIST-10). */
export async function checkOwnTokens(backend: Pick<Backend, 'tokens'>, config: Config): Promise<Finding> {
  const parties = partiesOf(config, 'EMSP');
  if (parties.length === 0) return skip('none, because no party of ours is an EMSP');
  const found: string[] = [];
  for (const party of parties) {
    const counted = await countOwn(backend, party);
    if (typeof counted !== 'number') return counted;
    found.push(`${counted} of ${party.country_code} ${party.party_id}`);
  }
  return ok(found.join(', '));
}

async function countOwn({ tokens }: Pick<Backend, 'tokens'>, party: PartyId): Promise<number | Finding> {
  const { country_code, party_id } = party;
  const at = async (offset: number) => {
    const filters = { date_from: undefined, date_to: undefined, offset, limit: 1 };
    const { items, total = 0 } = await tokens.list({ ...ownTokensCall, country_code, party_id, filters });
    return { isThere: items.length === 1, total };
  };
  const first = await at(0);
  const last = first.total > 1 ? await at(first.total - 1) : first;
  if (first.total === 0 || (first.isThere && last.isThere)) return first.total;
  return fail(
    `${country_code} ${party_id} should have ${first.total} Tokens, and the ${first.isThere ? 'last' : 'first'} is not in the list`,
    'Wait a second and look again. If it stays away, restore the storage to an earlier point in time',
  );
}

async function checkSecretsKey(vault: PeerRuntime['vault']): Promise<Finding> {
  const opened = await vault.unseal(await vault.seal('a probe', nobody), nobody);
  return opened === 'a probe' ? ok('seals and opens') : fail('opens to something else than was sealed');
}

function checkPeers(peers: readonly Peer[], now: Date): Finding {
  const message = `${peers.length} known, ${peers.filter(isRegistered).length} registered`;
  const [first, ...others] = peers.flatMap((peer) => adviceFor(peer, now).map((text) => `${peer.id}: ${text}`));
  if (!first) return ok(message);
  const more = others.length > 0 ? `; and ${others.length} more: peers list` : '';
  return warn(`${message}; some need attention`, `${first}${more}`);
}

async function checkSecrets({ vault }: Pick<PeerRuntime, 'vault'>, peers: readonly Peer[]): Promise<Finding> {
  const connected = peers.filter(isRegistered);
  if (connected.length === 0) return skip('none, because no peer is registered');
  for (const { id, connection } of connected) {
    try {
      await vault.unseal(connection?.sealedToken ?? '', id);
    } catch {
      return fail(
        `the token that ${id} gave us cannot be opened, so it was sealed with another key`,
        `Set SECRETS_KEY to the key of then, or unregister ${id} by force and register again`,
      );
    }
  }
  return ok(`${connected.length} can be opened`);
}

async function checkConflicts(
  { backend, config }: Pick<PeerRuntime, 'backend' | 'config'>,
  peers: readonly Peer[],
): Promise<Finding> {
  const [first, ...others] = await conflictsOf(backend, config, peers);
  if (!first) return ok('each is of one peer alone');
  return fail(`${first}${others.length > 0 ? `; and ${others.length} more` : ''}`, conflictAdvice);
}

function checkRoutes(answers: readonly RouteAnswer[]): Finding {
  const bad = answers.filter(({ problem }) => problem);
  const [first] = bad;
  if (!first) return ok(`all ${answers.length} URLs that we announce answer, and ask for a token`);
  const more = bad.length > 1 ? `; and ${bad.length - 1} of ${answers.length} more` : '';
  return fail(
    `${first.url} ${first.problem}${more}`,
    'Does PUBLIC_URL lead to this system? If it has just been deployed, wait a minute',
  );
}

function checkClock(answers: readonly RouteAnswer[]): Finding {
  const clock = answers.find((answer) => answer.clock)?.clock;
  return clock ? compareClocks(clock, 'the clock of what answers there') : skip('not checked, because nothing answers');
}
