/** Which lanes a peer has, from what it announced and from what is set for it. */
import { hasTreePerRole, type OwnParty, type Platform, partiesOf } from '../ocpi/versions.ts';
import { accessOf, mayReadOurTokens, partiesForPeer } from '../peers/access.ts';
import { isRegistered, type Peer } from '../peers/peer.ts';
import { tokensUrlOf } from '../peers/tokens-url.ts';
import { mayHaveTokens } from './pull/parties.ts';
import { type Direction, directions } from './runtime.ts';

type Parties = Pick<Platform, 'parties'>;

/** The parties of ours whose Tokens a peer gets. */
export const partiesPushed = (config: Parties, { settings = {}, version = '2.3.0' }: Peer): OwnParty[] =>
  partiesForPeer(config, settings, { hasRoutingHeaders: !hasTreePerRole(version) });

/** @returns why nothing is ever done with a peer in a direction, in words for the owner; undefined if something is */
export function whyNoLane(config: Parties, peer: Peer, direction: Direction): string | undefined {
  if (!isRegistered(peer)) return 'it is not registered';
  return direction === 'push' ? whyNoPush(config, peer) : whyNoPull(config, peer);
}

function whyNoPush(config: Parties, peer: Peer): string | undefined {
  const { settings = {} } = peer;
  if (settings.pushes === false) return 'its settings say that nothing is pushed';
  if (tokensUrlOf(peer, 'RECEIVER') === undefined) return 'it takes no Tokens';
  if (!mayReadOurTokens(accessOf(peer))) return 'it is an eMSP and nothing else';
  if (partiesPushed(config, peer).length === 0) return 'there are no Tokens of ours for it';
  return undefined;
}

function whyNoPull(config: Parties, peer: Peer): string | undefined {
  if (peer.settings?.pulls === false) return 'its settings say that nothing is pulled';
  if (tokensUrlOf(peer, 'SENDER') === undefined) return 'it lists no Tokens';
  if (!mayHaveTokens(peer)) return 'it has no Tokens';
  if (partiesOf(config, 'CPO').length === 0) return 'no party of ours is a CPO';
  return undefined;
}

export const lanesOf = (config: Parties, peer: Peer): Direction[] =>
  directions.filter((direction) => whyNoLane(config, peer, direction) === undefined);
