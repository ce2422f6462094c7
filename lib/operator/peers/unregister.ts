import { unregister as unregisterFrom } from '../../credentials/unregister.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import type { unregisterPeer } from '../api/peers.ts';
import type { Run } from '../run.ts';
import { findPeer, findRegistered, inWords } from './common.ts';
import { auditView, viewOf } from './view.ts';

/** Ends a connection on both sides. */
export const unregister: Run<typeof unregisterPeer, PeerRuntime> = async (
  { id, force = false },
  runtime,
  { audit },
) => {
  const before = await findRegistered(runtime, id);
  await inWords(unregisterFrom(runtime, id, force));
  const after = await findPeer(runtime, id);
  const now = runtime.now();
  audit({ what: 'peer', peer: id, before: auditView(before.data, now), after: auditView(after.data, now) });
  return { peer: viewOf(after, now) };
};
