/** How a page proves that whoever opened it saw the link: a key that is good once, exchanged for a session that only the page has. */
import { randomBytes } from 'node:crypto';
import { isSameSecret } from '../operator/local-gate.ts';

export interface Link {
  /** Makes a key that is good once; one that was made before is void. */
  newKey(): string;
  /** @returns the session, which ends the one before; undefined for a key that is not good, or not any more */
  exchange(key: string): string | undefined;
  isSession(given: string): boolean;
}

const newSecret = (): string => randomBytes(32).toString('base64url');

export function createLink(): Link {
  let key: string | undefined;
  let session: string | undefined;
  return {
    newKey() {
      key = newSecret();
      return key;
    },
    exchange(given) {
      if (key === undefined || !isSameSecret(given, key)) return undefined;
      key = undefined;
      session = newSecret();
      return session;
    },
    isSession: (given) => session !== undefined && isSameSecret(given, session),
  };
}
