/** A page of all peers, for what is read of each. */
import { peersCall } from '../../crud/calls.ts';
import type { Peer } from '../../peers/peer.ts';
import { packCursor, unpackCursor } from '../cursor.ts';
import type { TokensRuntime } from '../run.ts';

/** Each costs a few reads. */
const pageSize = 50;

interface Place {
  after: string;
}

/** @param isMeant which of the peers count */
export async function pageOfPeers(
  { backend }: Pick<TokensRuntime, 'backend'>,
  cursor: string | undefined,
  isMeant: (peer: Peer) => boolean,
): Promise<{ peers: Peer[]; next?: string }> {
  const { after = '' }: Partial<Place> = cursor === undefined ? {} : unpackCursor<Place>(cursor);
  const all = (await backend.credentials.list(peersCall)).map(({ data }) => data);
  const left = all.filter((peer) => peer.id > after && isMeant(peer));
  const peers = left.slice(0, pageSize);
  const place: Place = { after: peers.at(-1)?.id ?? '' };
  return { peers, ...(left.length > pageSize && { next: packCursor(place) }) };
}
