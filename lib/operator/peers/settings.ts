import { check } from '../../ocpi/values.ts';
import { profiles } from '../../peers/profiles.ts';
import { type PeerSettings, peerSettings } from '../../peers/settings.ts';
import { changePeer } from '../../peers/store.ts';
import type { changePeerSettings } from '../api/peers.ts';
import { invalidInput } from '../problem.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { checkOwnParties, findPeer, inWords } from './common.ts';
import { auditView, viewOf } from './view.ts';

/** @param changes null takes a setting back */
function merge(settings: PeerSettings, changes: Record<string, unknown>): PeerSettings {
  const merged = Object.entries({ ...settings, ...changes }).filter(([, value]) => value !== null);
  const result = check(peerSettings, Object.fromEntries(merged), 'settings');
  if ('faults' in result) throw invalidInput(result.faults);
  return result.output;
}

/** Changes what is set for a peer. */
export const change: Run<typeof changePeerSettings, TokensRuntime> = async (input, runtime, { audit }) => {
  const { id, profile, settings = {} } = input;
  const before = await findPeer(runtime, id);
  checkOwnParties(runtime, settings);
  const changes = { ...(profile && profiles[profile]), ...settings };
  const peer = await inWords(
    changePeer(runtime, id, (each) => ({ ...each, settings: merge(each.settings ?? {}, changes) })),
  );
  const now = runtime.now();
  audit({ what: 'peer', peer: id, before: auditView(before.data, now), after: auditView(peer, now) });
  return { peer: viewOf({ ...before, data: peer }, now) };
};
