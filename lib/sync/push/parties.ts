/** Whose Tokens a peer is sent. */
import type { OwnParty } from '../../ocpi/versions.ts';
import { accessOf, partiesForPeer } from '../../peers/access.ts';
import type { Peer } from '../../peers/peer.ts';
import { wireOfPeer } from '../../peers/tokens-line.ts';
import type { Config } from '../../runtime/config.ts';

/** The parties of ours whose Tokens the peer is sent, in the configured order. */
export const partiesPushedTo = (config: Pick<Config, 'parties'>, peer: Peer): OwnParty[] =>
  partiesForPeer(config, accessOf(peer), wireOfPeer(peer));
