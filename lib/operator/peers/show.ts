import type { showPeer } from '../api/peers.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { findPeer } from './common.ts';
import { viewOf } from './view.ts';

/** All that we know of one peer, without secrets. */
export const show: Run<typeof showPeer, Pick<TokensRuntime, 'backend' | 'now'>> = async ({ id }, runtime) => ({
  peer: viewOf(await findPeer(runtime, id), runtime.now()),
});
