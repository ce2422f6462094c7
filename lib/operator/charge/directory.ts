/** The peers, seen from a charger: who speaks for the owner of a card, and who may be asked about one that nobody has told us. */
import { peersCall } from '../../crud/calls.ts';
import type { PartyId } from '../../ocpi/versions.ts';
import { claimsOf, tokensClaimOf } from '../../peers/claims.ts';
import { isListed } from '../../peers/listed.ts';
import { isHub, isRegistered, type Peer } from '../../peers/peer.ts';
import type { TokensRuntime } from '../run.ts';

/** A driver waits, and who our peers are changes seldom: what is set for one counts after so long at the latest. */
const keptMs = 10_000;

export interface Directory {
  /** The other way round than `ownsTokensOf`: who has the party for itself, else the first hub that lists it (COO-07). */
  speakerFor(party: PartyId): Promise<Peer | undefined>;
  /** In the order of their settings; those of the same place in it are asked side by side. */
  askedAboutUnknown(): Promise<Peer[][]>;
}

interface Known {
  at: number;
  peers: Peer[];
  byClaim: Map<string, Peer>;
}

const placeOf = ({ settings }: Peer): number => settings?.askUnknown ?? Number.POSITIVE_INFINITY;

export function createDirectory({
  backend,
  config,
  now,
}: Pick<TokensRuntime, 'backend' | 'config' | 'now'>): Directory {
  let reading: Promise<Known> | undefined;

  async function read(): Promise<Known> {
    const peers = (await backend.credentials.list(peersCall)).map(({ data }) => data);
    const claims = peers.flatMap((peer) => claimsOf(peer, config).claims.map((claim): [string, Peer] => [claim, peer]));
    return { at: now().getTime(), peers, byClaim: new Map(claims) };
  }

  /** One read for all who ask meanwhile; one that failed is not kept. */
  async function known(): Promise<Known> {
    const last = await reading?.catch(() => undefined);
    if (last && now().getTime() - last.at < keptMs) return last;
    reading = read();
    return reading;
  }

  return {
    async speakerFor(party) {
      const { peers, byClaim } = await known();
      const holder = byClaim.get(tokensClaimOf(party));
      if (holder) return holder;
      for (const hub of peers.filter(isHub)) {
        if (hub.listed && (await isListed(backend.records, hub.listed.collection, party))) return hub;
      }
      return undefined;
    },

    async askedAboutUnknown() {
      const { peers } = await known();
      const asked = peers.filter((peer) => isRegistered(peer) && Number.isFinite(placeOf(peer)));
      const groups = Map.groupBy(asked, placeOf);
      return [...groups].sort(([a], [b]) => a - b).map(([, group]) => group);
    },
  };
}
