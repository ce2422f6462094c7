import { peersCall } from '../../crud/calls.ts';
import type { listPeers } from '../api/peers.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { viewOf } from './view.ts';

/** All peers. */
export const list: Run<typeof listPeers, Pick<TokensRuntime, 'backend' | 'now'>> = async (
  _input,
  { backend, now },
) => ({
  peers: (await backend.credentials.list(peersCall)).map((known) => viewOf(known, now())),
});
