/** Peers with lanes, and the states of lanes as their workers leave them. */
import type { Peer } from '../../lib/peers/peer.ts';
import type { PeerSettings } from '../../lib/peers/settings.ts';
import type { PullState, PushState } from '../../lib/sync/state.ts';
import { accessToken, peer } from './builders.ts';

interface Made {
  /** By default it takes Tokens and lists them. */
  takes?: true;
  lists?: true;
  party_id?: string;
  settings?: PeerSettings;
}

const at = 'https://peer.example.com/tokens';

/** A peer with whom credentials have been exchanged, of 2.2.1. */
export function syncedPeer(id: string, { takes, lists, party_id, settings = {} }: Made = {}): Peer {
  const isBoth = !takes && !lists;
  const party = { country_code: 'FR', party_id: party_id ?? id.slice(0, 3).toUpperCase() };
  return peer({
    id,
    version: '2.2.1',
    roles: [
      ...(isBoth || takes ? [{ ...party, role: 'CPO' as const }] : []),
      ...(isBoth || lists ? [{ ...party, role: 'EMSP' as const }] : []),
    ],
    tokensWeGave: [accessToken(`${id}-of-the-lane`)],
    connection: {
      versionsUrl: 'https://peer.example.com/versions',
      endpoints: [
        ...(isBoth || takes ? [{ identifier: 'tokens', role: 'RECEIVER' as const, url: at }] : []),
        ...(isBoth || lists ? [{ identifier: 'tokens', role: 'SENDER' as const, url: at }] : []),
      ],
      sealedToken: 'sealed',
      authorizationEncoding: 'base64',
      exchangedAt: '2026-01-31T12:00:00.000Z',
    },
    settings,
  });
}

const common = { begun: 0, met: {}, scope: 'all' };

/** At rest: a full push has been, and all changes until then. @param from a canonical DateTime */
export const pushState = (from: string): PushState => ({
  ...common,
  changes: { from },
  fullAt: '2026-01-31T12:00:00.000Z',
  fresh: {},
  refused: [],
  refusedInARow: 0,
  pageSize: 100,
  taken: 0,
});

/** At rest: pulled in full. @param when a canonical DateTime */
export const pullState = (when: string): PullState => ({
  ...common,
  from: when,
  full: {
    at: when,
    read: 0,
    counts: { created: 0, updated: 0, unchanged: 0, late: 0, duplicate: 0, foreign: 0, invalid: 0 },
  },
  problems: [],
  litter: [],
});
