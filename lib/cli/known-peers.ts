/** Peers in words for people. */
import type { OutputOf } from '../operator/api/operation.ts';
import type { addPeer, PeerView } from '../operator/api/peers.ts';
import { listing, table } from './terminal.ts';
import { spellParty } from './tokens.ts';

const longestSummary = 4;

type Party = PeerView['roles'][number];

/** @param max how many parties to name */
export function spell(roles: Party[], max = Number.POSITIVE_INFINITY): string {
  const named = roles.slice(0, max).map(({ role, country_code, party_id }) => `${role} ${country_code} ${party_id}`);
  return [...named, ...(roles.length > max ? [`and ${roles.length - max} more`] : [])].join(', ');
}

/** A line for each peer. */
export function summary(peers: PeerView[]): string {
  if (peers.length === 0) return 'No peers yet.';
  const rows = peers.map(({ id, state, version = '', lastUsedAt = '', roles }) => [
    id,
    state,
    version,
    lastUsedAt,
    spell(roles, longestSummary),
  ]);
  return table([['ID', 'STATE', 'VERSION', 'LAST CONTACT', 'PARTIES'], ...rows]);
}

const dayMs = 86_400_000;

function ago(instant: string, now: Date): string {
  const days = Math.floor((now.getTime() - Date.parse(instant)) / dayMs);
  return days > 0 ? `${instant}, ${days} ${days === 1 ? 'day' : 'days'} ago` : instant;
}

const spellToken = ({ purpose, expiresAt, isExpired }: PeerView['tokens'][number]): string =>
  `${purpose}${expiresAt ? `, ${isExpired ? 'expired' : 'until'} ${expiresAt}` : ''}`;

const spellNamed = ({ name, ...party }: Party): string => `${spell([party])}${name ? ` (${name})` : ''}`;

function hubOf({ isHub, hub_party_id = 'yes', listedParties }: PeerView): string | undefined {
  if (!isHub) return undefined;
  return listedParties === undefined ? hub_party_id : `${hub_party_id}, with ${listedParties} parties`;
}

/** What was agreed on with a peer, for whoever has just made a connection with it and may have meant less, or more. */
export const agreement = (peer: PeerView): string => [agreedOn(peer), whatItReads(peer)].join('\n');

const spellAll = (parties: Parameters<typeof spellParty>[0][]): string =>
  parties.map((party) => spellParty(party)).join(', ');

function agreedOn({ isHub, settings }: PeerView): string {
  const { expectedRoles = [], expectedParties, hubParties = [] } = settings;
  if (isHub) {
    const listed = expectedParties
      ? `${spellAll(expectedParties)} where it lists them`
      : 'any party that it lists and that is nobody else’s';
    const parties = hubParties.length > 0 ? `${spellAll(hubParties)}, and of ${listed}` : listed;
    return `Agreed on: a hub, which pushes Tokens of ${parties}.`;
  }
  const whose = expectedParties ? spellAll(expectedParties) : 'any party that is nobody else’s';
  return `Agreed on: ${expectedRoles.join(' and ')}, of ${whose}. What else it announces counts for nothing.`;
}

export function whatItReads({ id, isHub, settings: { expectedRoles = [] } }: PeerView): string {
  const readers = isHub ? ['a hub'] : expectedRoles.filter((role) => role !== 'EMSP');
  if (readers.length === 0) return `It reads none of our Tokens; a CPO does: peers settings ${id} --expected-role CPO`;
  const narrower = isHub ? '--own-party' : '--expected-role EMSP';
  return `As ${readers.join(' or ')} IT READS OUR TOKENS. If it is not to: peers settings ${id} ${narrower}`;
}

/** All of a peer. */
export function describe(peer: PeerView, now: Date): string {
  const { id, state, version, ourRole, roles, versionsUrl, exchangedAt, rotatesAt, lastUsedAt, settings, advice } =
    peer;
  const { endpoints = [], authorizationEncoding, ignoredRoles = [] } = peer;
  const blocks = [
    listing({
      id,
      state,
      version,
      'our role': ourRole,
      parties: roles.map(spellNamed).join(', ') || undefined,
      'not agreed on': ignoredRoles.length > 0 ? spell(ignoredRoles) : undefined,
      hub: hubOf(peer),
      'versions URL': versionsUrl,
      'they read': authorizationEncoding && `Authorization: Token in ${authorizationEncoding}`,
      'tokens exchanged': exchangedAt && ago(exchangedAt, now),
      'exchanged next': rotatesAt && `by schedule, ${rotatesAt}`,
      'last contact': lastUsedAt ? ago(lastUsedAt, now) : versionsUrl && 'none yet',
      'tokens we gave': peer.tokens.map(spellToken).join('; ') || 'none',
      settings: Object.keys(settings).length > 0 ? settings : undefined,
    }),
    endpoints.length > 0 &&
      table([
        ['ENDPOINT', 'ROLE', 'URL'],
        ...endpoints.map(({ identifier, role = '', url }) => [identifier, role, url]),
      ]),
    advice.map((text) => `Advice: ${text}`).join('\n'),
  ];
  return blocks.filter(Boolean).join('\n\n');
}

/** What the requests of a peer carry, for people. */
export const authorizationLines = ({ base64, raw }: OutputOf<typeof addPeer>['authorization']): string[] => [
  'Its requests to us carry one of these headers:',
  '',
  `  Authorization: ${base64}    (OCPI 2.2 and later)`,
  `  Authorization: ${raw}    (OCPI 2.1.1)`,
];
