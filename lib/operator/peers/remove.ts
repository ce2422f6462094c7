import { removePeer as forget } from '../../peers/store.ts';
import type { removePeer } from '../api/peers.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { findPeer, inWords } from './common.ts';
import { auditView, viewOf } from './view.ts';

/** Forgets a peer without telling it. */
export const remove: Run<typeof removePeer, Pick<TokensRuntime, 'backend' | 'now'>> = async (
  { id },
  runtime,
  { audit },
) => {
  const known = await findPeer(runtime, id);
  await inWords(forget(runtime.backend, id));
  audit({ what: 'peer', peer: id, before: auditView(known.data, runtime.now()) });
  return { removed: viewOf(known, runtime.now()) };
};
