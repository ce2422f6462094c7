/** What the doctor asks of a peer's modules. */
import type { PeerRequest } from '../../client/ask-peer.ts';
import { joinUrl } from '../../client/join-url.ts';
import { PeerError } from '../../client/peer-error.ts';
import { credentialsUrlOf, readEndpoints } from '../../credentials/discover.ts';
import type { VersionEntry } from '../../ocpi/credentials.ts';
import { type PartyId, partiesOf } from '../../ocpi/versions.ts';
import { defaultTimeoutMs } from '../../peers/settings.ts';
import { addresseeOf, wireOfPeer } from '../../peers/tokens-line.ts';
import { type Side, tokensUrlOf } from '../../peers/tokens-url.ts';
import type { Config } from '../../runtime/config.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import { wires } from '../../wire/registry.ts';
import { readLane } from '../peers/lanes.ts';
import { type Finding, fail, ok, skip, warn } from './finding.ts';
import type { Line } from './line.ts';
import { checkCredentials, checkEndpoints } from './peer-state.ts';

export async function askEndpoints(
  line: Line,
  versions: readonly VersionEntry[],
  { peerUrls }: Pick<Config, 'peerUrls'>,
): Promise<Finding> {
  const url = versions.find((entry) => entry.version === line.version)?.url;
  if (!url) return skip(`not checked, because they do not list ${line.version}`);
  const { data } = await line.configuration('versions', url);
  return checkEndpoints(readEndpoints(data, wires[line.version], peerUrls), line);
}

export async function askCredentials(line: Line): Promise<Finding> {
  const { peer, connection, version } = line;
  const url = credentialsUrlOf(connection.endpoints);
  if (!url) return fail('they announce no credentials endpoint', `peers rotate ${peer.id} reads their endpoints again`);
  const { data } = await line.configuration('credentials', url);
  return checkCredentials(wires[version].decodeCredentials(data, peer.ourRole), line);
}

/** A request of the Tokens module, as the functions would make it. */
function question(line: Line, side: Side, url: string, from: PartyId): PeerRequest {
  const { peer, connection, token } = line;
  const { sendsRoutingHeaders = true, timeoutMs = defaultTimeoutMs } = peer.settings ?? {};
  return {
    peer: {
      id: peer.id,
      credentialsToken: token,
      authorizationEncoding: connection.authorizationEncoding,
      sendRoutingHeaders: sendsRoutingHeaders,
    },
    module: {
      kind: 'functional',
      module_id: 'tokens',
      wire: wireOfPeer(peer),
      routing: { from, to: addresseeOf(peer, side) },
    },
    method: 'GET',
    url,
    timeoutMs,
  };
}

/** A page of one of their Tokens. */
export async function pull(line: Line, config: Config): Promise<Finding> {
  const [from] = partiesOf(config, 'CPO');
  if (!from) return skip('none for us, because no party of ours is a CPO');
  const url = tokensUrlOf(line.peer, 'SENDER');
  if (!url) return skip('they offer none');
  const { data, headers } = await line.ask({ ...question(line, 'SENDER', url, from), query: { limit: 1 } });
  if (!Array.isArray(data)) return fail('they answer with something else than a list', 'Tell them');
  const total = headers['x-total-count'];
  return ok(`can be pulled; ${typeof total === 'string' ? `${total} in all` : 'they do not say how many'}`);
}

/** As a uid: nobody's. */
const probeUid = 'DOCTOR-PROBE';

/** What is said of a Token that is not there, in OCPI and without it. */
const isUnknown = ({ http, status_code = 0 }: PeerError): boolean =>
  http === 404 || (http === 200 && status_code >= 2000 && status_code <= 2999);

/** @returns when they last took one of our Tokens, if nothing has failed since */
async function lastTaken({ backend }: Pick<PeerRuntime, 'backend'>, { peer }: Pick<Line, 'peer'>) {
  const { state } = await readLane(backend, peer, 'push');
  return state?.failing ? undefined : state?.succeededAt;
}

/** Many servers have no good answer for a Token that is not there, and take a PUT all the same. */
const mayBeOfTheToken = (error: PeerError): boolean => isUnknown(error) || error.http === 500;

/** Asks their receiver for a Token that nobody has, so that it is not there is what should be said. */
export async function push(line: Line, runtime: Pick<PeerRuntime, 'backend' | 'config'>): Promise<Finding> {
  const [from] = partiesOf(runtime.config, 'EMSP');
  if (!from) return skip('none, because no party of ours is an EMSP');
  const url = tokensUrlOf(line.peer, 'RECEIVER');
  if (!url) return skip('they take none');
  try {
    await line.ask(question(line, 'RECEIVER', joinUrl(url, from.country_code, from.party_id, probeUid), from));
  } catch (error) {
    if (!(error instanceof PeerError) || !mayBeOfTheToken(error)) throw error;
    if (error.kind === 'refused' && isUnknown(error) && error.status_code !== undefined)
      return ok('their receiver answers');
    const takenAt = await lastTaken(runtime, line);
    if (takenAt) return ok(`they took the last at ${takenAt}; asked for one that they do not have, ${error.message}`);
    if (error.kind !== 'refused' || !isUnknown(error)) throw error;
    return warn(`${error.message}; so it may be that nothing is at their endpoint`, 'Ask them for its URL');
  }
  return ok('their receiver answers');
}
