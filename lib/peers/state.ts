/** Where a connection stands, and what an operator might do about it. */

import { type AccessToken, isRegistered, newestToken, type Peer } from './peer.ts';
import { rotationFault } from './rotation.ts';

const dayMs = 86_400_000;
/** New tokens every month are advised (CRED-28). */
const tokensAreOldAfterMs = 31 * dayMs;

/**
 * - `registered`: credentials have been exchanged
 * - `registering`: we sent ours and have seen no answer
 * - `invited`, `invitation expired`: the peer is to register with a token A
 * - `by hand`: the operator gave it a token, and there was no handshake
 * - `unregistered`: nothing of the peer opens any door
 */
export type PeerState = 'registered' | 'registering' | 'invited' | 'invitation expired' | 'by hand' | 'unregistered';

export const isOver = ({ expiresAt }: AccessToken, now: Date): boolean =>
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

export type TokenPurpose = 'in use' | 'replaced' | 'pending' | 'invitation';

export function purposeOf(token: AccessToken, peer: Peer): TokenPurpose {
  if (token.isForRegistration) return 'invitation';
  if (token.isPending) return 'pending';
  return token === newestToken(peer) ? 'in use' : 'replaced';
}

export function adviceFor(peer: Peer, now: Date): string[] {
  const { id, connection, rotation, tokensWeGave } = peer;
  const advice: string[] = [];
  const state = stateOf(peer, now);
  if (connection && now.getTime() - Date.parse(connection.exchangedAt) > tokensAreOldAfterMs) {
    advice.push(`The tokens are older than a month: peers rotate ${id}`);
  }
  const fault = rotationFault(peer, now);
  if (rotation && fault !== undefined) {
    const often = rotation.times > 1 ? ` for the ${rotation.times}th time since ${rotation.since}` : '';
    advice.push(
      `The exchange of tokens by schedule has failed${often}: ${fault}. It is tried again ${rotation.nextAt}; or now: peers rotate ${id}`,
    );
  }
  if (state === 'registering') {
    advice.push('Our registration got no answer: register again, with a new token A if they took the old one');
  }
  if (state === 'registered' && tokensWeGave.some(({ isPending }) => isPending)) {
    advice.push(`The last exchange of tokens got no answer: peers rotate ${id}`);
  }
  // What is set would otherwise be believed to be done.
  if (state === 'by hand' && peer.settings?.rotateEveryDays !== undefined) {
    advice.push(`Its tokens are not exchanged by schedule, because there was no handshake: peers invite ${id}`);
  }
  if (state === 'invitation expired') advice.push(`Nobody has used the invitation: peers invite ${id}`);
  return advice;
}
