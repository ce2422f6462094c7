/** What the doctor looks at with a partner, end to end: with our own token, at the partner's real endpoints. */
import type { PeerRequest } from '../../client/ask-peer.ts';
import { joinUrl } from '../../client/join-url.ts';
import { PeerError } from '../../client/peer-error.ts';
import { type Config, partiesOf } from '../../config.ts';
import {
  credentialsUrlOf,
  latestMutual,
  missingModules,
  readEndpoints,
  readVersions,
} from '../../credentials/discover.ts';
import { accessTo } from '../../credentials/initiate.ts';
import { askPeer, defaultTimeoutMs } from '../../credentials/peer-access.ts';
import type { KnownPeer } from '../../crud/crud.ts';
import type { ModuleEndpoint } from '../../ocpi/credentials.ts';
import { fold } from '../../ocpi/values.ts';
import type { PartyId, VersionNumber } from '../../ocpi/versions.ts';
import type { PartnerRuntime } from '../../partner-runtime.ts';
import { type Connection, isRegistered, type Peer, type PeerParty } from '../../peers/peer.ts';
import { wires } from '../../wire/wire.ts';
import type { Place } from '../database.ts';
import { adviceFor, findPeer, spell, stateOf } from '../known-peers.ts';
import type { Session } from '../session.ts';
import {
  type Check,
  type ClockReading,
  compareClocks,
  type Finding,
  fail,
  ok,
  shared,
  skip,
  Unchecked,
  warn,
} from './finding.ts';

interface Partner {
  runtime: PartnerRuntime;
  peer: Peer;
  connection: Connection;
  /** A secret. */
  token: string;
  version: VersionNumber;
}

type Answer = Awaited<ReturnType<typeof askPeer>>;

/** @param place where the database is */
export function partnerChecks(session: Session, id: string, place: () => Promise<Place>): Check[] {
  const known = shared(async () => {
    await place();
    return findPeer(session, id);
  });
  const partner = shared(async () => openPartner(session, await known()));
  const clocks: ClockReading[] = [];
  /** Who cannot be reached is asked no more, because each time takes as long as it may. */
  let isUnreachable = false;

  async function timed<T extends { headers: Answer['headers']; timestamp: string | undefined }>(
    ask: () => Promise<T>,
  ): Promise<T> {
    if (isUnreachable) throw new Unchecked('not checked, because they cannot be reached');
    const askedAt = Date.now();
    try {
      const answer = await ask();
      clocks.push({ shown: answer.headers.date ?? answer.timestamp, askedAt, answeredAt: Date.now() });
      return answer;
    } catch (error) {
      isUnreachable = error instanceof PeerError && error.kind === 'unreachable' && error.http === undefined;
      throw error;
    }
  }

  const configuration = (
    { runtime, peer, connection, token, version }: Partner,
    module_id: 'versions' | 'credentials',
    url: string,
  ) =>
    timed(() =>
      askPeer(
        runtime,
        { id, token, settings: peer.settings ?? {}, seenEncoding: connection.authorizationEncoding },
        { module_id, method: 'GET', url, wire: wires[version] },
      ),
    );

  const versions = shared(async () => {
    const them = await partner();
    return readVersions((await configuration(them, 'versions', them.connection.versionsUrl)).data);
  });

  return [
    { name: `${id}: state`, run: async () => checkState(await known(), session.terminal.now()) },
    {
      name: `${id}: our token`,
      run: async () => {
        const { connection } = await partner();
        return ok(`can be opened; they read it ${connection.authorizationEncoding}`);
      },
    },
    {
      name: `${id}: versions`,
      run: async () => {
        const { version } = await partner();
        return checkVersions(await versions(), version, id);
      },
    },
    {
      name: `${id}: endpoints`,
      run: async () => {
        const them = await partner();
        const url = (await versions()).find((entry) => entry.version === them.version)?.url;
        if (!url) return skip(`not checked, because they do not list ${them.version}`);
        const { data } = await configuration(them, 'versions', url);
        return checkEndpoints(readEndpoints(data), them, id);
      },
    },
    {
      name: `${id}: credentials`,
      run: async () => {
        const them = await partner();
        const url = credentialsUrlOf(them.connection.endpoints);
        if (!url)
          return fail('they announce no credentials endpoint', `peers rotate ${id} reads their endpoints again`);
        return checkCredentials((await configuration(them, 'credentials', url)).data, them);
      },
    },
    {
      name: `${id}: their Tokens`,
      run: async () => {
        const them = await partner();
        const probe = pullProbe(them);
        if ('status' in probe) return probe;
        const { data, headers } = await timed(() => them.runtime.client.ask(probe));
        if (!Array.isArray(data)) return fail(`they answer with something else than a list`, 'Tell them');
        const total = headers['x-total-count'];
        return ok(`can be pulled; ${typeof total === 'string' ? `${total} in all` : 'they do not say how many'}`);
      },
    },
    {
      name: `${id}: our Tokens`,
      run: async () => {
        const them = await partner();
        const probe = pushProbe(them);
        if ('status' in probe) return probe;
        return timed(() => them.runtime.client.ask(probe)).then(
          () => ok('their receiver answers'),
          (error: unknown) => {
            // Nobody has such a Token, so that it is not there is what should be said.
            if (error instanceof PeerError && error.kind === 'refused' && isNotFound(error))
              return ok('their receiver answers');
            throw error;
          },
        );
      },
    },
    {
      name: `${id}: clock`,
      run: () => {
        const [clock] = clocks;
        return clock ? compareClocks(clock, 'their clock') : skip('not checked, because nothing answered');
      },
    },
  ];
}

const isNotFound = ({ http, status_code = 0 }: PeerError): boolean =>
  http === 404 || (http === 200 && status_code >= 2000 && status_code <= 2999);

async function openPartner(session: Session, { data: peer }: KnownPeer): Promise<Partner> {
  if (!isRegistered(peer)) throw new Unchecked('not checked, because there is no handshake, and so no token of theirs');
  const { partners } = await session.database();
  const runtime = partners();
  const { connection, token } = await accessTo(runtime, peer);
  return { runtime, peer, connection, token, version: peer.version ?? '2.3.0' };
}

export function checkState({ data: peer, lastUsedAt }: KnownPeer, now: Date): Finding {
  const state = stateOf(peer, now);
  const since = lastUsedAt ? `last contact ${lastUsedAt}` : 'they have not come yet';
  const message = `${state}${peer.version ? `, OCPI ${peer.version}` : ''}${peer.roles.length > 0 ? `, ${spell(peer.roles, 4)}` : ''}; ${since}`;
  const [advice] = adviceFor(peer, now);
  if (state === 'unregistered') return fail(message, `peers invite ${peer.id}, or peers register`);
  if (state === 'invited')
    return warn(message, 'Wait for them to register; if they have lost the invitation, invite them again');
  if (state === 'invitation expired' || state === 'registering') return fail(message, advice);
  return advice ? warn(message, advice) : ok(message);
}

export function checkVersions(versions: { version: string; url: string }[], inUse: VersionNumber, id: string): Finding {
  const listed = versions.map(({ version }) => version).join(', ');
  const newest = latestMutual(versions);
  if (!versions.some(({ version }) => version === inUse)) {
    const advice = newest ? `peers upgrade ${id}` : 'Ask them: they serve no version that we do';
    return fail(`${inUse} is in use, and they list only ${listed || 'none'}`, advice);
  }
  if (newest && newest !== inUse)
    return warn(`they list ${listed}; ${inUse} is in use`, `peers upgrade ${id} moves to ${newest}`);
  return ok(`they list ${listed}; ${inUse} is in use`);
}

const spellEndpoint = ({ identifier, role, url }: ModuleEndpoint): string => `${identifier} ${role ?? ''} ${url}`;

export function checkEndpoints(
  announced: ModuleEndpoint[],
  { connection, peer }: Pick<Partner, 'connection' | 'peer'>,
  id: string,
): Finding {
  const missing = missingModules(announced, peer.settings ?? {});
  if (missing.length > 0) {
    return fail(
      `they announce no ${missing.join(' and no ')}`,
      missing.includes('credentials')
        ? 'Tell them: the credentials module is mandatory'
        : `Tell them, or if they need not have it: peers settings ${id} --requires-tokens no`,
    );
  }
  if (!areSame(connection.endpoints.map(spellEndpoint), announced.map(spellEndpoint))) {
    return warn('they are not those that we have stored', `peers rotate ${id} takes over the new ones`);
  }
  return ok(`${announced.length}, as stored`);
}

const partyNames = (roles: PeerParty[]): string[] => roles.map((role) => fold(spell([role])));

/** Whether these are the same, in any order. */
const areSame = (some: string[], others: string[]): boolean =>
  JSON.stringify([...new Set(some)].toSorted()) === JSON.stringify([...new Set(others)].toSorted());

function checkCredentials(data: unknown, { peer, connection, token, version }: Partner): Finding {
  const rotate = `peers rotate ${peer.id}`;
  const { roles, url, token: answered } = wires[version].decodeCredentials(data, peer.ourRole);
  // Of what a hub announces we keep only whom it may speak for (CRED-04).
  if (!peer.settings?.isHub && !areSame(partyNames(peer.roles), partyNames(roles))) {
    return warn(`they are now ${spell(roles, 4)}`, `${rotate} takes that over`);
  }
  if (url !== connection.versionsUrl) return warn(`their versions URL is now ${url}`, `${rotate} takes that over`);
  if (answered !== token) return warn('they answer with another token than the one that we came with', rotate);
  return ok(`our token is taken, and they are whom we know`);
}

/** A request of the Tokens module, as the functions would make it. */
function question({ peer, connection, token, version }: Partner, url: string, from: PartyId | undefined): PeerRequest {
  const { sendsRoutingHeaders = true, timeoutMs = defaultTimeoutMs } = peer.settings ?? {};
  const [to] = peer.roles.filter(({ role }) => role !== 'HUB');
  return {
    peer: {
      id: peer.id,
      credentialsToken: token,
      authorizationEncoding: connection.authorizationEncoding,
      sendRoutingHeaders: sendsRoutingHeaders,
    },
    module: { kind: 'functional', module_id: 'tokens', wire: wires[version], routing: { from, to } },
    method: 'GET',
    url,
    timeoutMs,
  };
}

const firstParty = (config: Config, role: 'CPO' | 'EMSP'): PartyId | undefined => partiesOf(config, role)[0];

/** The endpoint of an interface. In 2.1.1 it names no role, but the connection is about one. */
function tokensEndpoint({ connection, peer, version }: Partner, role: 'SENDER' | 'RECEIVER'): string | undefined {
  const endpoints = connection.endpoints.filter(({ identifier }) => identifier === 'tokens');
  if (!wires[version].hasTreePerRole) return endpoints.find((each) => each.role === role)?.url;
  return (peer.ourRole === 'CPO') === (role === 'SENDER') ? endpoints[0]?.url : undefined;
}

function pullProbe(them: Partner): PeerRequest | Finding {
  const url = tokensEndpoint(them, 'SENDER');
  const from = firstParty(them.runtime.config, 'CPO');
  if (!from) return skip('none for us, because no party of ours is a CPO');
  if (!url) return skip('they offer none');
  return { ...question(them, url, from), query: { limit: 1 } };
}

/** As a uid: nobody's. */
const probeUid = 'DOCTOR-PROBE';

function pushProbe(them: Partner): PeerRequest | Finding {
  const url = tokensEndpoint(them, 'RECEIVER');
  const from = firstParty(them.runtime.config, 'EMSP');
  if (!from) return skip('none, because no party of ours is an EMSP');
  if (!url) return skip('they take none');
  return question(them, joinUrl(url, from.country_code, from.party_id, probeUid), from);
}
