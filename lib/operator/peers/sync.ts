import { lanesOf } from '../../sync/lanes.ts';
import type { showSync } from '../api/sync.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { findPeer } from './common.ts';
import { detailsOf, readLanes, viewOfLane } from './lanes.ts';
import { pageOfPeers } from './page.ts';

/** How far push and pull are, of one peer or of all. */
export const sync: Run<typeof showSync, TokensRuntime> = async ({ id, after }, runtime) => {
  if (id !== undefined) return { lanes: await detailsOf(runtime, (await findPeer(runtime, id)).data) };
  const { peers, ...next } = await pageOfPeers(runtime, after, (peer) => lanesOf(runtime.config, peer).length > 0);
  const lanes = await Promise.all(peers.map((peer) => readLanes(runtime, peer)));
  return { lanes: lanes.flat().map((lane) => viewOfLane(lane, runtime.now())), ...next };
};
