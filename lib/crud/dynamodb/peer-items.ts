/** Every key and attribute of the Peers table; serverless.yml declares it, and names the keys that each function may reach. */
import type { PeerAccess } from '../../peers/access.ts';
import type { Peer } from '../../peers/peer.ts';
import type { KnownPeer, TokenUse } from '../crud.ts';

/** A peer as a whole, which only the handshake and the operator read. */
export interface PeerItem {
  pk: string;
  peer: Peer;
  /** The claims that it has, so that a write knows which to free. */
  claims: string[];
  revision: string;
}

/** One of a peer's tokens: what a request reads, and nothing more. */
export interface TokenItem {
  pk: string;
  /** The peer's id. */
  holder: string;
  access: PeerAccess;
}

export interface ClaimItem {
  pk: string;
  /** The peer's id. */
  holder: string;
}

/** The latest use. An item of its own, so that functions that only authenticate may write nothing else. */
export interface UseItem {
  pk: string;
  at: string;
  /** The newest of the peer's tokens that it has used. */
  sha256?: string;
}

export const peerKey = (id: string) => ({ pk: `PEER#${id}` });
export const tokenKey = (sha256: string) => ({ pk: `TOKEN#${sha256}` });
export const claimKey = (claim: string) => ({ pk: `CLAIM#${claim}` });
export const useKey = (id: string) => ({ pk: `USE#${id}` });

export const useOf = ({ at, sha256 }: UseItem): TokenUse => ({ at, ...(sha256 !== undefined && { sha256 }) });

/** @param items peers and uses, in any order */
export function knownPeers(items: (PeerItem | UseItem)[]): KnownPeer[] {
  const uses = new Map(items.filter((item) => 'at' in item).map((item) => [item.pk, useOf(item)]));
  return items
    .filter((item) => 'peer' in item)
    .map(({ peer, revision }) => {
      const lastUse = uses.get(useKey(peer.id).pk);
      return { data: peer, revision, ...(lastUse && { lastUse }) };
    });
}
