/** The credentials tokens that we gave to a peer: which still count, and which go. */
import type { TokenUse } from '../crud/crud.ts';
import type { AccessToken } from './peer.ts';

/** Each is an item of the transaction that writes the peer. */
export const mostTokens = 5;

export const isExpired = ({ expiresAt }: AccessToken, now: Date): boolean =>
  expiresAt !== undefined && expiresAt <= now.toISOString();

/** A token that the peer takes over from an older one by using it. What was only sent, or is for registration, ends nothing. */
const mayReplace = ({ isForRegistration, isPending }: AccessToken): boolean => !isForRegistration && !isPending;

const indexOf = (tokens: readonly AccessToken[], sha256: string | undefined): number =>
  tokens.findIndex((token) => token.sha256 === sha256);

/** Whether it takes the peer's last use to know whether this token still counts. */
export const hasSuccessor = (tokens: readonly AccessToken[], sha256: string): boolean =>
  tokens.slice(indexOf(tokens, sha256) + 1).some(mayReplace);

/**
 * Whether a later token of the peer has been used, which ends this one (CRED-30).
 * @param lastUse the newest token that the peer has used
 */
export const isReplaced = (tokens: readonly AccessToken[], sha256: string, lastUse: TokenUse | undefined): boolean =>
  indexOf(tokens, sha256) < indexOf(tokens, lastUse?.sha256);

/**
 * As many of the tokens as are kept. The oldest go first; the newest stays, and so does the newest that the peer has used: it has
 * no other of which we know that it arrived.
 */
export function fewTokens(tokens: readonly AccessToken[], lastUse: TokenUse | undefined): AccessToken[] {
  const newest = tokens.at(-1)?.sha256;
  const surplus = tokens
    .filter(({ sha256 }) => sha256 !== newest && sha256 !== lastUse?.sha256)
    .slice(0, Math.max(0, tokens.length - mostTokens));
  return tokens.filter((token) => !surplus.includes(token));
}
