/** What the doctor says of a peer by what we have stored, and by what it announces. */
import { type Announcement, latestMutual, missingModules, neededFault } from '../../credentials/discover.ts';
import type { KnownPeer } from '../../crud/crud.ts';
import type { Credentials, ModuleEndpoint, PartyRole } from '../../ocpi/credentials.ts';
import { fold } from '../../ocpi/values.ts';
import type { PartyId, VersionNumber } from '../../ocpi/versions.ts';
import { agreedRoles, ignoredRolesOf } from '../../peers/claims.ts';
import { isHub, type Peer } from '../../peers/peer.ts';
import { adviceFor, stateOf } from '../../peers/state.ts';
import { type Finding, fail, ok, warn } from './finding.ts';
import type { Line } from './line.ts';

type PartyInRole = PartyId & { role: PartyRole };

const partyName = ({ role, country_code, party_id }: PartyInRole): string =>
  fold(`${role} ${country_code} ${party_id}`);

const mostShown = 4;

/** The first few of them. */
function spell(parties: readonly PartyInRole[]): string {
  const more = parties.length > mostShown ? ` and ${parties.length - mostShown} more` : '';
  return `${parties.slice(0, mostShown).map(partyName).join(', ')}${more}`;
}

/** Whether these are the same, in any order. */
const areSame = (some: readonly string[], others: readonly string[]): boolean =>
  JSON.stringify([...new Set(some)].toSorted()) === JSON.stringify([...new Set(others)].toSorted());

function describe({ data: peer, lastUse }: Pick<KnownPeer, 'data' | 'lastUse'>, state: string): string {
  const agreed = agreedRoles(peer, peer.roles);
  const ignored = ignoredRolesOf(peer);
  const what = [
    state,
    ...(peer.version ? [`OCPI ${peer.version}`] : []),
    ...(agreed.length > 0 ? [spell(agreed)] : []),
    ...(ignored.length > 0 ? [`not agreed on: ${spell(ignored)}`] : []),
  ];
  return `${what.join(', ')}; ${lastUse ? `last contact ${lastUse.at}` : 'they have not come yet'}`;
}

export function checkState(known: KnownPeer, now: Date): Finding {
  const { data: peer } = known;
  const state = stateOf(peer, now);
  const message = describe(known, state);
  const [advice] = adviceFor(peer, now);
  if (state === 'unregistered') return fail(message, `peers invite ${peer.id}, or peers register`);
  if (state === 'invited')
    return warn(message, 'Wait for them to register; if they have lost the invitation, invite them again');
  if (state === 'invitation expired' || state === 'registering') return fail(message, advice);
  return advice ? warn(message, advice) : ok(message);
}

export function checkVersions(
  versions: readonly { version: string; url: string }[],
  inUse: VersionNumber,
  id: string,
): Finding {
  const listed = versions.map(({ version }) => version).join(', ');
  const newest = latestMutual([...versions]);
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
  announcement: Announcement,
  { connection, peer: { id, settings = {} } }: Pick<Line, 'connection' | 'peer'>,
): Finding {
  const { endpoints: announced } = announcement;
  const fault = neededFault(announcement, settings);
  if (fault) return fail(`their endpoint ${fault.identifier} cannot be used: ${fault.error.message}`, 'Tell them');
  const missing = missingModules(announced, settings);
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

/** Of what a hub announces we keep only whom it may speak for (CRED-04). */
const hasOtherParties = (peer: Peer, { roles }: Credentials): boolean =>
  !isHub(peer) && !areSame(peer.roles.map(partyName), roles.map(partyName));

export function checkCredentials(
  credentials: Credentials,
  { peer, connection, token }: Pick<Line, 'peer' | 'connection' | 'token'>,
): Finding {
  const rotate = `peers rotate ${peer.id}`;
  const { roles, url, token: answered } = credentials;
  if (hasOtherParties(peer, credentials)) return warn(`they are now ${spell(roles)}`, `${rotate} takes that over`);
  if (url !== connection.versionsUrl) return warn(`their versions URL is now ${url}`, `${rotate} takes that over`);
  if (answered !== token) return warn('they answer with another token than the one that we came with', rotate);
  return ok('our token is taken, and they are whom we know');
}
