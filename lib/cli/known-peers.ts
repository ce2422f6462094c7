/** What commands know of peers, and what may be shown of one: never a secret, nor a hash of one. */
import * as v from 'valibot';
import type { CredentialsCall, KnownPeer } from '../crud/crud.ts';
import { type AccessToken, isHub, isRegistered, newestToken, type Peer, type PeerParty } from '../peers/peer.ts';
import { type PeerSettings, peerSettings } from '../peers/settings.ts';
import { Failure } from './failure.ts';
import type { Session } from './session.ts';
import { listing, table } from './terminal.ts';

/** The calls come from us, not from a peer's request, so there is no token to carry. */
export const call: CredentialsCall = { module_id: 'credentials', version: '2.3.0', auth_token: '' };

/** @throws Failure if there is none */
export async function findPeer(session: Session, id: string): Promise<KnownPeer> {
  const { backend } = await session.database();
  const found = await backend.credentials.get({ ...call, id });
  if (!found) throw new Failure('data', `There is no peer ${id}`);
  return found;
}

const dayMs = 86_400_000;
/** New tokens every month are advised (CRED-28). */
const tokensAreOldAfterMs = 31 * dayMs;

/**
 * - `registered`: credentials have been exchanged
 * - `registering`: we sent ours and have seen no answer
 * - `invited`, `invitation expired`: the peer is to register with a token A
 * - `by hand`: `peers add` gave it a token, and there was no handshake
 * - `unregistered`: nothing of the peer opens any door
 */
export type PeerState = 'registered' | 'registering' | 'invited' | 'invitation expired' | 'by hand' | 'unregistered';

const isOver = ({ expiresAt }: AccessToken, now: Date): boolean =>
  expiresAt !== undefined && expiresAt <= now.toISOString();

export function stateOf(peer: Peer, now: Date): PeerState {
  const { tokensWeGave } = peer;
  if (isRegistered(peer)) return 'registered';
  if (tokensWeGave.some(({ isPending }) => isPending)) return 'registering';
  const invitation = tokensWeGave.find(({ isForRegistration }) => isForRegistration);
  if (invitation && !isOver(invitation, now)) return 'invited';
  if (tokensWeGave.some(({ isForRegistration }) => !isForRegistration)) return 'by hand';
  return invitation ? 'invitation expired' : 'unregistered';
}

interface VisibleToken {
  purpose: 'in use' | 'replaced' | 'pending' | 'invitation';
  expiresAt?: string;
  isExpired?: true;
}

function visibleTokens(peer: Peer, now: Date): VisibleToken[] {
  const newest = newestToken(peer);
  return peer.tokensWeGave.map((token) => {
    const purpose = token.isForRegistration
      ? 'invitation'
      : token.isPending
        ? 'pending'
        : token === newest
          ? 'in use'
          : 'replaced';
    const { expiresAt } = token;
    return { purpose, ...(expiresAt && { expiresAt }), ...(isOver(token, now) && { isExpired: true }) };
  });
}

/** What an operator might do about a peer. */
export function adviceFor(peer: Peer, now: Date): string[] {
  const { id, connection, tokensWeGave } = peer;
  const advice: string[] = [];
  const state = stateOf(peer, now);
  if (connection && now.getTime() - Date.parse(connection.exchangedAt) > tokensAreOldAfterMs) {
    advice.push(`The tokens are older than a month: peers rotate ${id}`);
  }
  if (state === 'registering') {
    advice.push('Our registration got no answer: register again, with a new token A if they took the old one');
  }
  if (state === 'registered' && tokensWeGave.some(({ isPending }) => isPending)) {
    advice.push(`The last exchange of tokens got no answer: peers rotate ${id}`);
  }
  if (state === 'invitation expired') advice.push(`Nobody has used the invitation: peers invite ${id}`);
  return advice;
}

/** A database returns members in any order. */
export function settingsInOrder(settings: PeerSettings): PeerSettings {
  const reading = v.safeParse(peerSettings, settings);
  return reading.success ? reading.output : settings;
}

/** With --json: what a peer is, in members that stay. */
export const visible = ({ data: peer, lastUsedAt }: KnownPeer, now: Date) => ({
  id: peer.id,
  state: stateOf(peer, now),
  ...(peer.version && { version: peer.version }),
  ...(peer.ourRole && { ourRole: peer.ourRole }),
  roles: peer.roles.map(({ role, country_code, party_id, name }) => ({
    role,
    country_code,
    party_id,
    ...(name && { name }),
  })),
  isHub: isHub(peer),
  ...(peer.hub_party_id && { hub_party_id: peer.hub_party_id }),
  ...(peer.connection && {
    versionsUrl: peer.connection.versionsUrl,
    endpoints: peer.connection.endpoints.map(({ identifier, role, url }) => ({
      identifier,
      ...(role && { role }),
      url,
    })),
    authorizationEncoding: peer.connection.authorizationEncoding,
    exchangedAt: peer.connection.exchangedAt,
  }),
  ...(lastUsedAt && { lastUsedAt }),
  tokens: visibleTokens(peer, now),
  settings: settingsInOrder(peer.settings ?? {}),
  advice: adviceFor(peer, now),
});

const longestSummary = 4;

/** @param max how many parties to name */
export function spell(roles: PeerParty[], max = Number.POSITIVE_INFINITY): string {
  const named = roles.slice(0, max).map(({ role, country_code, party_id }) => `${role} ${country_code} ${party_id}`);
  return [...named, ...(roles.length > max ? [`and ${roles.length - max} more`] : [])].join(', ');
}

/** A line for each peer. */
export function summary(peers: KnownPeer[], now: Date): string {
  if (peers.length === 0) return 'No peers yet.';
  const rows = peers.map(({ data: peer, lastUsedAt }) => [
    peer.id,
    stateOf(peer, now),
    peer.version ?? '',
    lastUsedAt ?? '',
    spell(peer.roles, longestSummary),
  ]);
  return table([['ID', 'STATE', 'VERSION', 'LAST CONTACT', 'PARTIES'], ...rows]);
}

const ago = (instant: string, now: Date): string => {
  const days = Math.floor((now.getTime() - Date.parse(instant)) / dayMs);
  return days > 0 ? `${instant}, ${days} ${days === 1 ? 'day' : 'days'} ago` : instant;
};

const spellToken = ({ purpose, expiresAt, isExpired }: VisibleToken): string =>
  `${purpose}${expiresAt ? `, ${isExpired ? 'expired' : 'until'} ${expiresAt}` : ''}`;

const spellParty = ({ name, ...party }: PeerParty): string => `${spell([party])}${name ? ` (${name})` : ''}`;

/** All of a peer. */
export function describe(known: KnownPeer, now: Date): string {
  const { data: peer, lastUsedAt } = known;
  const { connection } = peer;
  const { settings, advice, endpoints = [] } = visible(known, now);
  const tokens = visibleTokens(peer, now).map(spellToken);
  const blocks = [
    listing({
      id: peer.id,
      state: stateOf(peer, now),
      version: peer.version,
      'our role': peer.ourRole,
      parties: peer.roles.map(spellParty).join(', ') || undefined,
      hub: isHub(peer) ? (peer.hub_party_id ?? 'yes') : undefined,
      'versions URL': connection?.versionsUrl,
      'they read': connection && `Authorization: Token in ${connection.authorizationEncoding}`,
      'tokens exchanged': connection && ago(connection.exchangedAt, now),
      'last contact': lastUsedAt ? ago(lastUsedAt, now) : connection && 'none yet',
      'tokens we gave': tokens.join('; ') || 'none',
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
