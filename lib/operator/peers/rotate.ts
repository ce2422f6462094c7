import { renew } from '../../credentials/renew.ts';
import type { PeerRuntime } from '../../runtime/peer-runtime.ts';
import type { rotatePeer } from '../api/peers.ts';
import type { Run } from '../run.ts';
import { findRegistered, inWords } from './common.ts';
import { auditView, viewOf } from './view.ts';

/** Exchanges new tokens with a peer, and reads its endpoints again. */
export const rotate: Run<typeof rotatePeer, PeerRuntime> = async ({ id }, runtime, { audit }) => {
  const before = await findRegistered(runtime, id);
  const peer = await inWords(renew(runtime, id));
  const now = runtime.now();
  audit({ what: 'peer', peer: id, before: auditView(before.data, now), after: auditView(peer, now) });
  return { peer: viewOf({ ...before, data: peer }, now) };
};
