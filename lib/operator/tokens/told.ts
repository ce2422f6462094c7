import type { StoredToken } from '../../crud/crud.ts';
import type { Platform } from '../../ocpi/versions.ts';
import { isAmong, mayAskAboutType } from '../../peers/access.ts';
import type { Peer } from '../../peers/peer.ts';
import { partiesPushed, whyNoLane } from '../../sync/lanes.ts';
import { readRefused } from '../../sync/refused.ts';
import type { PushState } from '../../sync/state.ts';
import { tokenName } from '../../sync/token-name.ts';
import { toldOf } from '../../sync/told.ts';
import type { OutputOf } from '../api/operation.ts';
import type { showTold } from '../api/sync.ts';
import { readLane, viewOfFailing } from '../peers/lanes.ts';
import { pageOfPeers } from '../peers/page.ts';
import type { Run, TokensRuntime } from '../run.ts';
import { findOwn } from './own-token.ts';

type Told = OutputOf<typeof showTold>['peers'][number];

/** What the peers that are pushed to have been told of one of our Tokens. */
export const told: Run<typeof showTold, TokensRuntime> = async ({ uid, type, after }, runtime) => {
  const stored = await findOwn(runtime, { uid, ...(type !== undefined && { type }) });
  const isPushedTo = (peer: Peer) => whyNoLane(runtime.config, peer, 'push') === undefined;
  const { peers, ...next } = await pageOfPeers(runtime, after, isPushedTo);
  return { peers: await Promise.all(peers.map((peer) => toldTo(runtime, peer, stored))), ...next };
};

async function toldTo({ backend, config }: TokensRuntime, peer: Peer, { data }: StoredToken): Promise<Told> {
  if (!isTheirs(config, peer, data)) return { peer: peer.id, told: 'not theirs' };
  const { state, wishes } = await readLane(backend, peer, 'push');
  const word = toldOf(state as PushState | undefined, tokenName(data), data.last_updated);
  const record = word === 'refused' ? await readRefused(backend.records, peer.id, data) : undefined;
  const { uid: _, type: __, ...refused } = record ?? {};
  return {
    peer: peer.id,
    told: word,
    ...(record && { refused: refused as NonNullable<Told['refused']> }),
    ...(wishes.paused !== undefined && { pausedSince: wishes.paused }),
    ...(state?.failing && { failing: viewOfFailing(state.failing) }),
  };
}

const isTheirs = (config: Platform, peer: Peer, token: StoredToken['data']): boolean =>
  isAmong(partiesPushed(config, peer), token) && mayAskAboutType(peer.settings ?? {}, token.type);
