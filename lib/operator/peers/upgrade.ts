import { discover } from '../../credentials/discover.ts';
import { accessTo, renew } from '../../credentials/renew.ts';
import type { VersionNumber } from '../../ocpi/versions.ts';
import type { Peer } from '../../peers/peer.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import type { upgradePeer } from '../api/peers.ts';
import type { Run } from '../run.ts';
import { checkRole, findRegistered, inWords } from './common.ts';
import { auditView, viewOf } from './view.ts';

async function newestWith(runtime: PeerRuntime, peer: Peer): Promise<VersionNumber> {
  const { connection, ...access } = await accessTo(runtime, peer);
  const seenEncoding = connection.authorizationEncoding;
  const { wire } = await discover(runtime, { ...access, seenEncoding }, connection.versionsUrl, 'latest');
  return wire.version;
}

/** Moves a connection to the newest version that both serve, or to another. */
export const upgrade: Run<typeof upgradePeer, PeerRuntime> = async ({ id, version, ourRole }, runtime, { audit }) => {
  const before = await findRegistered(runtime, id);
  checkRole(runtime, ourRole);
  const wanted = version ?? (await inWords(newestWith(runtime, before.data)));
  if (wanted === before.data.version) return { peer: viewOf(before, runtime.now()), hasChanged: false };
  const peer = await inWords(renew(runtime, id, wanted, ourRole));
  const now = runtime.now();
  audit({ what: 'peer', peer: id, before: auditView(before.data, now), after: auditView(peer, now) });
  return { peer: viewOf({ ...before, data: peer }, now), hasChanged: true };
};
